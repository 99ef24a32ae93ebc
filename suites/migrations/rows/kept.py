"""Copies of what tables hold, to say after a revision which rows and values are gone, and what they were.

Copies lie in a schema of ours as texts, so that nothing of them depends on a type or a table of the history that is
replayed. Tables and columns are followed by PostgreSQL's own numbers: a rename is no loss. A table in which nothing was
written since its copy was made is neither compared nor copied again, which is what makes this cheap: PostgreSQL keeps
with each row which transaction wrote it, and gives a table that it rewrites another file.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from suites.migrations.catalog.schema import KEPT, settings
from suites.migrations.rows.digest import FIXED, canonical
from suites.migrations.rows.tables import literal, shapes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import psycopg

    from suites.migrations.rows.tables import Shape

EXAMPLES = 3
_TEXT_MAX = 120


@dataclass(frozen=True)
class Changed:
    """rule: "data-changed" with a column for a name, "rows-lost" with a table, "data-dropped" with either.

    count: how many values or rows. says: what happened, with up to three of them. Names are those from before.
    """

    rule: str
    name: str
    count: int
    says: str


@dataclass(frozen=True)
class Copy:
    """One table's. columns: PostgreSQL's number of each: its name. key: numbers of the primary key's columns.

    file and writer: where the table lay, and the transaction since which something may have been written.
    """

    table: str
    oid: int
    columns: Mapping[int, str]
    types: Mapping[int, str]
    key: tuple[int, ...]
    rows: int
    file: int
    writer: str

    @property
    def sql(self) -> str:
        return f"{KEPT}.t{self.oid}"


def keep(connection: psycopg.Connection[Any], tables: Collection[str]) -> list[Copy]:
    """Copies of these tables' values as they are now; a table that is not there has none."""
    with settings(connection, **FIXED):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {KEPT}".encode())
        there = _there(connection)
        known = shapes(connection)
        return [_kept(connection, known[name], there.get(known[name].oid)) for name in tables if name in known]


def compare(connection: psycopg.Connection[Any], kept: Sequence[Copy]) -> list[Changed]:
    """What became of the values since `keep`, rows by the key that they had."""
    found: list[Changed] = []
    with settings(connection, **FIXED):
        known = shapes(connection)
        by_oid = {shape.oid: shape for shape in known.values()}
        for copy in kept:
            shape = by_oid.get(copy.oid) or known.get(copy.table)
            if not copy.rows:
                continue
            if shape is None:
                says = f"table {copy.table} is gone with its {copy.rows} rows"
                found.append(Changed("data-dropped", copy.table, copy.rows, says))
            elif not _is_as_it_was(connection, copy, shape):
                found += _compared(connection, copy, shape)
    return found


def let_go(connection: psycopg.Connection[Any], kept: Sequence[Copy] = (), *, all_of_them: bool = False) -> None:
    """Drop the copies of tables that are not as they were; the others serve the next `keep`, unless all are to go."""
    if all_of_them:
        with connection.transaction():
            connection.execute("SET LOCAL client_min_messages = warning")
            connection.execute(f"DROP SCHEMA IF EXISTS {KEPT} CASCADE".encode())
        return
    with connection.transaction():
        by_oid = {shape.oid: shape for shape in shapes(connection).values()}
        for copy in kept:
            shape = by_oid.get(copy.oid)
            if shape is None or not _is_as_it_was(connection, copy, shape):
                connection.execute(f"DROP TABLE IF EXISTS {copy.sql}".encode())


def _kept(connection: psycopg.Connection[Any], shape: Shape, there: Copy | None) -> Copy:
    columns = {field.number: name for name, field in shape.fields.items()}
    if there is not None and there.columns == columns and _is_as_it_was(connection, there, shape):
        return there
    row = connection.execute(
        "SELECT pg_current_xact_id()::xid::text, relfilenode::bigint FROM pg_class WHERE oid = %s", [shape.oid]
    ).fetchone()
    assert row is not None
    values = "".join(f", {canonical(field)} AS v{field.number}" for field in shape.fields.values())
    numbers = tuple(shape.fields[name].number for name in shape.primary)
    copy = Copy(
        shape.name, shape.oid, columns, {f.number: f.full for f in shape.fields.values()}, numbers, 0, row[1], row[0]
    )
    connection.execute(f"DROP TABLE IF EXISTS {copy.sql}".encode())
    made = connection.execute(
        f"CREATE UNLOGGED TABLE {copy.sql} AS SELECT {_key(shape, numbers)} AS key{values} FROM {shape.sql}".encode()
    )
    copy = Copy(**{**asdict(copy), "rows": made.rowcount})
    connection.execute(f"COMMENT ON TABLE {copy.sql} IS {literal(json.dumps(asdict(copy)))}".encode())
    return copy


def _there(connection: psycopg.Connection[Any]) -> dict[int, Copy]:
    """The copies that are there, by their table's number."""
    query = (
        "SELECT obj_description(oid, 'pg_class') FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
    )
    found = {}
    for (text,) in connection.execute(query, [KEPT]):
        facts = json.loads(text)
        for name in ("columns", "types"):
            facts[name] = {int(number): value for number, value in facts[name].items()}
        facts["key"] = tuple(facts["key"])
        found[facts["oid"]] = Copy(**facts)
    return found


def _is_as_it_was(connection: psycopg.Connection[Any], copy: Copy, shape: Shape) -> bool:
    """Whether it is certain that nothing was written: same file, same types, as many rows, none of them newer."""
    types = {field.number: field.full for field in shape.fields.values()}
    if shape.oid != copy.oid or any(types.get(number) != type_ for number, type_ in copy.types.items()):
        return False
    newer = f"count(*) FILTER (WHERE age(xmin) <= age('{copy.writer}'::xid))"
    query = (
        f"SELECT (SELECT relfilenode FROM pg_class WHERE oid = {shape.oid})::bigint, count(*), {newer} FROM {shape.sql}"
    )
    row = connection.execute(query.encode()).fetchone()
    return row == (copy.file, copy.rows, 0)


def _compared(connection: psycopg.Connection[Any], copy: Copy, shape: Shape) -> list[Changed]:
    by_number = {field.number: field for field in shape.fields.values()}
    if shape.oid == copy.oid:
        now = {number: by_number.get(number) for number in copy.columns}
    else:  # made anew under the same name
        now = {number: shape.fields.get(name) for number, name in copy.columns.items()}
    found = [
        changed for number, field in now.items() if field is None for changed in _dropped(connection, copy, number)
    ]
    values = {number: canonical(field) for number, field in now.items() if field is not None}
    if not copy.key or any(number not in values for number in copy.key):
        return found + _without_key(connection, copy, shape, values)
    keys = [values[number] for number in copy.key]
    key = keys[0] if len(keys) == 1 else f"CAST(ARRAY[{', '.join(keys)}] AS text)"
    listed = "".join(f", {value} AS v{number}" for number, value in values.items())
    after = f"SELECT {key} AS key, true AS there{listed} FROM {shape.sql} OFFSET 0"
    joined = f"{copy.sql} b LEFT JOIN ({after}) a ON a.key = b.key"
    different = {number: f"a.there AND a.v{number} IS DISTINCT FROM b.v{number}" for number in values}
    counts = "".join(f", count(*) FILTER (WHERE {condition})" for condition in different.values())
    row = connection.execute(
        f"SELECT count(*) FILTER (WHERE a.there IS NULL){counts} FROM {joined}".encode()
    ).fetchone()
    assert row is not None
    if row[0]:
        query = f"SELECT b.key FROM {joined} WHERE a.there IS NULL ORDER BY 1 LIMIT {EXAMPLES}"
        some = ", ".join(_short(text) for (text,) in connection.execute(query.encode()))
        found.append(_lost(copy, row[0], some))
    for number, count in zip(different, row[1:], strict=True):
        if count:
            where = f"{joined} WHERE {different[number]} ORDER BY 1 LIMIT {EXAMPLES}"
            query = f"SELECT b.key, b.v{number}, a.v{number} FROM {where}"
            some = ", ".join(
                f"{_short(b)} → {_short(a)} ({_short(k)})" for k, b, a in connection.execute(query.encode())
            )
            name = f"{copy.table}.{copy.columns[number]}"
            found.append(Changed("data-changed", name, count, f"{name}: {count} of {copy.rows} values changed: {some}"))
    return found


def _dropped(connection: psycopg.Connection[Any], copy: Copy, number: int) -> list[Changed]:
    """A column that is gone with what was in it; an empty one is no loss."""
    values = f"{copy.sql} WHERE v{number} IS NOT NULL"
    row = connection.execute(f"SELECT count(*) FROM {values}".encode()).fetchone()
    if row is None or not row[0]:
        return []
    query = f"SELECT DISTINCT v{number} FROM {values} ORDER BY 1 LIMIT {EXAMPLES}"
    some = ", ".join(_short(text) for (text,) in connection.execute(query.encode()))
    name = f"{copy.table}.{copy.columns[number]}"
    return [Changed("data-dropped", name, row[0], f"column {name} is gone with {row[0]} values: {some}")]


def _without_key(
    connection: psycopg.Connection[Any], copy: Copy, shape: Shape, values: Mapping[int, str]
) -> list[Changed]:
    """Rows that nothing tells apart: those of which there is none like it any more."""
    before = ", ".join(f"v{number}" for number in values) or "1"
    after = ", ".join(values.values()) or "1"
    gone = f"SELECT {before} FROM {copy.sql} EXCEPT ALL SELECT {after} FROM {shape.sql}"
    row = connection.execute(f"SELECT count(*) FROM ({gone}) g".encode()).fetchone()
    if row is None or not row[0]:
        return []
    some = connection.execute(f"{gone} ORDER BY 1 LIMIT {EXAMPLES}".encode()).fetchall()
    return [_lost(copy, row[0], "; ".join(", ".join(map(_short, each)) for each in some))]


def _lost(copy: Copy, count: int, some: str) -> Changed:
    return Changed("rows-lost", copy.table, count, f"{count} of {copy.rows} rows of {copy.table} are gone: {some}")


def _key(shape: Shape, numbers: tuple[int, ...]) -> str:
    """A row's key as one text: one column as it is, several as a list; none: nothing."""
    texts = [canonical(field) for number in numbers for field in shape.fields.values() if field.number == number]
    if len(texts) == 1:
        return texts[0]
    return f"CAST(ARRAY[{', '.join(texts)}] AS text)" if texts else "CAST(NULL AS text)"


def _short(text: str | None) -> str:
    if text is None:
        return "null"
    return json.dumps(text if len(text) <= _TEXT_MAX else text[: _TEXT_MAX - 1] + "…", ensure_ascii=False)
