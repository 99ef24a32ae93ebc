"""What a program asks of a table's rows: to read one by its key, and to write one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.migrations.rows.tables import quoted

if TYPE_CHECKING:
    import psycopg

    from suites.migrations.rows.tables import Shape

_KEYS = 2_000


def reading(shape: Shape) -> str:
    """A row by its key, with all columns by name."""
    columns = ", ".join(_name(each.name) for each in shape.fields.values())
    return f"SELECT {columns} FROM {shape.sql} WHERE {_with_key(shape)}"


def writing(shape: Shape) -> list[str]:
    """A row as it is: one column set to what it has; where that can't be, the row once more, in vain."""
    column = _updatable(shape)
    set_one = f"UPDATE {shape.sql} SET {column} = {column} WHERE {_with_key(shape)}"
    given = shape.written
    columns = ", ".join(_name(each.name) for each in given)
    always = " OVERRIDING SYSTEM VALUE" if any(each.identity for each in given) else ""
    row = f"SELECT {columns} FROM {shape.sql} WHERE {_with_key(shape)}"
    again = f"INSERT INTO {shape.sql} ({columns}){always} {row} ON CONFLICT DO NOTHING"
    return [again] if column is None else [set_one, again]


def sampled(connection: psycopg.Connection[Any], shape: Shape, seed: int) -> list[tuple[str, ...]]:
    """Keys of rows, as text, from all over the table; of few rows all of them."""
    key = ", ".join(f"{quoted(name)}::text" for name in shape.primary) or "ctid::text"
    found = connection.execute(
        "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = %s::regclass", [shape.sql]
    ).fetchone()
    rows = found[0] if found else 0
    percent = min(100.0, 100 * 2 * _KEYS / rows) if rows else 100.0
    query = f"SELECT {key} FROM {shape.sql} TABLESAMPLE BERNOULLI ({percent:.6f}) REPEATABLE ({seed}) LIMIT {_KEYS}"
    return [tuple(row) for row in connection.execute(query.encode())]


def _with_key(shape: Shape) -> str:
    if not shape.primary:
        return "ctid = %s::tid"
    return " AND ".join(f"{_name(name)} = %s::{shape.fields[name].full}" for name in shape.primary)


def _updatable(shape: Shape) -> str | None:
    """A column that may be set, best one that no index and no key knows: then a write touches the row alone."""
    indexed = {name for each in shape.uniques for name in each.columns}
    indexed |= {name for key in shape.keys for name in key.columns}
    free = [
        each
        for each in shape.fields.values()
        if each.name not in shape.primary and each.generated is None and each.identity == ""
    ]
    free.sort(key=lambda each: each.name in indexed)
    return _name(free[0].name) if free else None


def _name(name: str) -> str:
    """As an identifier in a statement with parameters."""
    return quoted(name).replace("%", "%%")
