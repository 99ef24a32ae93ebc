"""Numbers shown to people: from a sequence of the database, never from the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from reference_impl.core.database import Work

_NEXT = text("SELECT nextval(CAST(:sequence AS regclass)) AS number")


async def next_number(work: Work, prefix: str, sequence: str) -> str:
    """The next number of a sequence, for example `TRI-000042`; those of a rolled-back transaction are lost."""
    found = await work.execute(_NEXT, {"sequence": sequence})
    return f"{prefix}-{found.scalar_one():06d}"
