"""Pages of a list: `limit` and `offset` in, `count` (the total), `offset` and `limit` out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

MAX_LIMIT = 100
MAX_OFFSET = 1_000_000_000

Limit = Annotated[int, Query(ge=0, le=MAX_LIMIT, description="How many; 0 answers the count alone")]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET, description="How many to leave out at the start")]
DEFAULT_LIMIT = 20
