"""Whether anything was written to a table since a moment, for certain and for many tables in one query.

PostgreSQL keeps with each row which transaction wrote it (xmin), and gives a table that it rewrites another file. So a
table is as it was when its file and its columns' types are the same, it has as many rows, and none of them is newer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from suites.migrations.rows.tables import Shape


@dataclass(frozen=True)
class Stamp:
    """A table at a moment. file: where it lay; writer: the transaction since which something may have been written."""

    oid: int
    file: int
    rows: int
    writer: str
    types: Mapping[int, str]


def stamped(connection: psycopg.Connection[Any], tables: Sequence[Shape]) -> list[Stamp]:
    """Of tables as they are now. Must be asked in the transaction that also reads what is to be compared later."""
    if not tables:
        return []
    row = connection.execute("SELECT pg_current_xact_id()::xid::text").fetchone()
    assert row is not None
    parts = [f"(SELECT count(*) FROM {shape.sql})" for shape in tables]
    counts = connection.execute(f"SELECT ARRAY[{', '.join(parts)}]::bigint[]".encode()).fetchone()
    assert counts is not None
    files = _files(connection, [shape.oid for shape in tables])
    return [
        Stamp(shape.oid, files[shape.oid], rows, row[0], _types(shape))
        for shape, rows in zip(tables, counts[0], strict=True)
    ]


def unwritten(
    connection: psycopg.Connection[Any], stamps: Sequence[Stamp], tables: Mapping[int, Shape]
) -> frozenset[int]:
    """The numbers of the tables that are for certain as they were. tables: as they are now, by number."""
    files = _files(connection, [stamp.oid for stamp in stamps])
    likely = [
        stamp
        for stamp in stamps
        if stamp.oid in tables
        and files.get(stamp.oid) == stamp.file
        # A new column may stand anywhere: what it means for the others is that they are as they were.
        and stamp.types.items() <= _types(tables[stamp.oid]).items()
    ]
    if not likely:
        return frozenset()
    parts = [
        f"(SELECT ARRAY[count(*), count(*) FILTER (WHERE age(xmin) <= age('{stamp.writer}'::xid))]"
        f" FROM {tables[stamp.oid].sql})"
        for stamp in likely
    ]
    row = connection.execute(f"SELECT ARRAY[{', '.join(parts)}]::bigint[]".encode()).fetchone()
    assert row is not None
    return frozenset(stamp.oid for stamp, found in zip(likely, row[0], strict=True) if found == [stamp.rows, 0])


def _files(connection: psycopg.Connection[Any], oids: Sequence[int]) -> dict[int, int]:
    query = "SELECT oid::bigint, relfilenode::bigint FROM pg_class WHERE oid = ANY (%s)"
    return dict(connection.execute(query, [list(oids)]).fetchall())


def _types(shape: Shape) -> dict[int, str]:
    return {each.number: each.full for each in shape.fields.values()}
