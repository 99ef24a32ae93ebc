"""The keys of parents, numbered, so that a row can pick one by a join."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from suites.migrations.rows.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from suites.migrations.rows.tables import Key, Shape

_numbers = itertools.count(1)


@dataclass
class Keys:
    """A temporary table with a parent's keys, numbered from 0 in a column "cityos k"."""

    connection: psycopg.Connection[Any]
    table: str
    columns: tuple[str, ...]
    count: int
    made: dict[tuple[str, ...], tuple[str, str]] = field(default_factory=dict)

    def grouped(self, known: Sequence[tuple[str, str]]) -> str:
        """The same keys, numbered anew among those that agree in the columns that are known already."""
        return self._grouped(known)[0]

    def groups(self, known: Sequence[tuple[str, str]]) -> str:
        """How many keys there are for each combination of what is known, as "cityos count"."""
        return self._grouped(known)[1]

    def _grouped(self, known: Sequence[tuple[str, str]]) -> tuple[str, str]:
        by = tuple(sorted({theirs for _, theirs in known}))
        if by not in self.made:
            names, group = (", ".join(map(quoted, each)) for each in (self.columns, by))
            keys = made(
                self.connection,
                f'SELECT row_number() OVER (PARTITION BY {group} ORDER BY "cityos k") - 1 AS "cityos k", {names}'
                f" FROM {self.table}",
            )
            groups = made(
                self.connection, f'SELECT {group}, count(*) AS "cityos count" FROM {self.table} GROUP BY {group}'
            )
            self.made[by] = keys, groups
        return self.made[by]


class KeyStore:
    """Keys by parent for as long as the parent's rows stay as they are."""

    def __init__(self, connection: psycopg.Connection[Any], shapes: Mapping[str, Shape], seed: int) -> None:
        self.connection = connection
        self.shapes = shapes
        self.seed = seed
        self.kept: dict[tuple[str, tuple[str, ...]], Keys] = {}

    def of(self, key: Key, child: Shape, *, unused: bool = False) -> Keys | None:
        """What a foreign key may refer to; None when the parent is empty.

        unused: only what no row of the child refers to yet.
        """
        place = (key.parent, key.parent_columns)
        if place in self.kept and not unused:
            return self.kept[place]
        names = [quoted(name) for name in key.parent_columns]
        text = " || '/' || ".join(f"CAST(p.{name} AS text)" for name in names)
        there = " AND ".join(f"p.{name} IS NOT NULL" for name in names)
        if unused:
            pairs = zip(key.columns, key.parent_columns, strict=True)
            same = " AND ".join(f"c.{quoted(own)} = p.{quoted(theirs)}" for own, theirs in pairs)
            there += f" AND NOT EXISTS (SELECT FROM {child.sql} c WHERE {same})"
        table = made(
            self.connection,
            f'SELECT row_number() OVER (ORDER BY hashtextextended({text}, {self.seed}), {text}) - 1 AS "cityos k",'
            f" {', '.join(f'p.{name}' for name in names)} FROM {self.shapes[key.parent].sql} p WHERE {there}",
        )
        self.connection.execute(f"ANALYZE {table}".encode())  # without it the joins look endless to the planner
        count = counted(self.connection, table)
        keys = Keys(self.connection, table, key.parent_columns, count) if count else None
        if keys is not None and not unused:
            self.kept[place] = keys
        return keys

    def forget(self, parent: str) -> None:
        """A table has other rows now."""
        self.kept = {place: keys for place, keys in self.kept.items() if place[0] != parent}


def made(connection: psycopg.Connection[Any], query: str) -> str:
    """A temporary table of what a query gives; it goes with the transaction."""
    name = f'pg_temp."cityos_{next(_numbers)}"'
    connection.execute(f"CREATE TEMPORARY TABLE {name.removeprefix('pg_temp.')} ON COMMIT DROP AS {query}".encode())
    return name


def counted(connection: psycopg.Connection[Any], table: str) -> int:
    """How many rows a table has."""
    found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert found is not None
    return int(found[0])
