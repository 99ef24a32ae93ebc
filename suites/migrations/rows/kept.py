"""Copies of what tables hold, to say after a revision which rows and values are gone, and what they were.

Copies lie in a schema of ours as texts, so that nothing of them depends on a type or a table of the history that is
replayed. Tables and columns are followed by PostgreSQL's own numbers: a rename is no loss. A table in which nothing was
written since its copy was made (`stamps`) is neither compared nor copied again, which is what makes this cheap.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from suites.migrations.catalog.schema import KEPT, settings
from suites.migrations.rows.digest import FIXED, canonical
from suites.migrations.rows.stamps import Stamp, stamped, unwritten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

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
    """One table's. columns: PostgreSQL's number of each: its name. key: numbers of the primary key's columns."""

    table: str
    stamp: Stamp
    columns: Mapping[int, str]
    key: tuple[int, ...]

    @property
    def sql(self) -> str:
        return f"{KEPT}.t{self.stamp.oid}"

    @property
    def rows(self) -> int:
        return self.stamp.rows


@dataclass
class Copies:
    """Those of one database, by their tables' numbers. One owner at a time: two would take each other's for theirs."""

    connection: psycopg.Connection[Any]
    kept: dict[int, Copy] = field(default_factory=dict)

    def keep(self, tables: Iterable[Shape]) -> None:
        """Copies of these tables as they are now; what has one already keeps it, see `forget`."""
        wanted = [shape for shape in tables if shape.oid not in self.kept or self._renamed(shape)]
        if not wanted:
            return
        self.forget([shape.oid for shape in wanted])
        with settings(self.connection, **FIXED):
            self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {KEPT}".encode())
            for shape, stamp in zip(wanted, stamped(self.connection, wanted), strict=True):
                self.kept[shape.oid] = self._made(shape, stamp)

    def compare(self, known: Mapping[str, Shape]) -> list[Changed]:
        """What became of the values, rows by the key that they had. Forgets copies of tables that were written to."""
        found: list[Changed] = []
        with settings(self.connection, **FIXED):
            by_oid = {shape.oid: shape for shape in known.values()}
            same = unwritten(self.connection, [copy.stamp for copy in self.kept.values()], by_oid)
            written = [copy for oid, copy in self.kept.items() if oid not in same]
            for copy in written:
                shape = by_oid.get(copy.stamp.oid) or known.get(copy.table)
                if copy.rows and shape is None:
                    says = f"table {copy.table} is gone with its {copy.rows} rows"
                    found.append(Changed("data-dropped", copy.table, copy.rows, says))
                elif copy.rows and shape is not None:
                    found += _compared(self.connection, copy, shape)
        self.forget([copy.stamp.oid for copy in written])
        return found

    def forget(self, tables: Collection[int]) -> None:
        """Drop copies: something was written to these tables."""
        gone = [self.kept.pop(oid) for oid in tables if oid in self.kept]
        if gone:
            self.connection.execute(f"DROP TABLE {', '.join(copy.sql for copy in gone)}".encode())

    def _renamed(self, shape: Shape) -> bool:
        copy = self.kept[shape.oid]
        return copy.table != shape.name or copy.columns != _columns(shape)

    def _made(self, shape: Shape, stamp: Stamp) -> Copy:
        values = "".join(f", {canonical(each)} AS v{each.number}" for each in shape.fields.values())
        copy = Copy(shape.name, stamp, _columns(shape), tuple(shape.fields[name].number for name in shape.primary))
        rows = f"SELECT {_key(shape, copy.key)} AS key{values} FROM {shape.sql}"
        self.connection.execute(f"CREATE UNLOGGED TABLE {copy.sql} AS {rows}".encode())
        return copy


def _columns(shape: Shape) -> dict[int, str]:
    return {each.number: name for name, each in shape.fields.items()}


def _compared(connection: psycopg.Connection[Any], copy: Copy, shape: Shape) -> list[Changed]:
    by_number = {field.number: field for field in shape.fields.values()}
    if shape.oid == copy.stamp.oid:
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
