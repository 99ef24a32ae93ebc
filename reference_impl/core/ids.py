"""Identifiers: a prefix that says what it names, then a ULID (https://github.com/ulid/spec), as Medusa writes them."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Path
from ulid import ULID

PATTERN = re.compile(r"(?:[a-z]+_)?[0-9A-HJKMNP-TV-Z]{26}")

EntityId = Annotated[str, Path(max_length=64, examples=["wal_01JD0000000000000000000000"])]
"""The id of a row in a path. What is no id at all answers like an id that nobody has: 404."""


def new_id(prefix: str) -> str:
    """A fresh identifier, for example `wal_01JD8Q…`; ids sort by the millisecond they were made in."""
    return f"{prefix}_{ULID()}"


def is_id(text: str) -> bool:
    """Whether the text has the form of one of our ids."""
    return PATTERN.fullmatch(text) is not None
