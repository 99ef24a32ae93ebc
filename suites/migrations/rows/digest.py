"""What a table holds, column by column, as digests that tell which column's values changed.

Digests, and the copies of rows_kept, see values as texts that mean the same whatever the type is called: numbers in
their shortest exact form (1.50 as numeric, 1.5 as a double), times in UTC, JSON as jsonb. So a change of type alone
shows nothing, and a digit that is lost by one does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.migrations.catalog.schema import settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from suites.migrations.rows.tables import Field, Shape

ROWS = "rows"
FIXED = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "search_path": "public",
}
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})


def fingerprints(connection: psycopg.Connection[Any], tables: Iterable[Shape]) -> dict[str, dict[str, int]]:
    """By table and column a number that depends on each row's key and value but not on the rows' order.

    Under "rows" how many there are; a column that is itself called "rows" is in it as "rows ". Without a primary key,
    values count without their rows.
    """
    with settings(connection, **FIXED):
        return {shape.name: _read(connection, shape) for shape in tables}


def _read(connection: psycopg.Connection[Any], shape: Shape) -> dict[str, int]:
    key = " || '/' || ".join(f"coalesce({canonical(shape.fields[name])}, '')" for name in shape.primary) or "''"
    names = list(shape.fields)
    sums = "".join(
        f", coalesce(sum(coalesce(hashtextextended({canonical(shape.fields[name])}, r.h), r.h # 42)), 0)"
        for name in names
    )
    query = f"SELECT count(*){sums} FROM (SELECT *, hashtextextended({key}, 0) AS h FROM {shape.sql} OFFSET 0) r"
    if "h" in shape.fields:
        query = query.replace("r.h", 'r."cityos h"').replace("AS h", 'AS "cityos h"')
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return {
        ROWS: int(row[0]),
        **{name if name != ROWS else "rows ": int(value) for name, value in zip(names, row[1:], strict=True)},
    }


def canonical(each: Field) -> str:
    """A column's value as text, the same for the same value of a related type."""
    name, plain = each.sql, each.type.plain
    if plain in _NUMBERS:
        name = f"trim_scale(CAST(CAST({name} AS text) AS numeric))"
    elif plain == "timestamptz":
        name = f"({name} AT TIME ZONE 'UTC')"
    elif plain == "json":
        name = f"CAST({name} AS jsonb)"
    return f'(CAST({name} AS text) COLLATE "C")'
