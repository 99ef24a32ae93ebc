"""Time on the wire: an instant names its zone and becomes UTC; a day is a day of the calendar, written YYYY-MM-DD."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _instant(value: object) -> datetime:
    """An ISO 8601 text with its zone, in UTC: without one nobody knows which moment is meant."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("must be a time as 2026-03-01T12:00:00Z, with its zone")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{value} is no time") from None


def _day(value: object) -> date:
    """A day that the calendar has: 2026-02-30 is none."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("must be a day as 2026-03-01")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is no day of the calendar") from None


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-03-01T12:00:00Z"]}),
]
"""A moment in a request, in UTC from here on."""

Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-01"]}),
]
"""A day of the calendar in a request."""


def _beginning(value: object) -> datetime:
    """A moment with its zone, or a day, which begins at midnight in UTC."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return datetime.combine(_day(value), time(), UTC)
    return _instant(value)


Beginning = Annotated[
    datetime,
    BeforeValidator(_beginning),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-03-01"]}),
]
"""When something begins, in a request: a day, or a moment; in UTC from here on."""
