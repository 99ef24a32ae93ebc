"""The database as it stands between two revisions, as far as lint asks: which tables there are, and where they lie.

A table or an index that lies in another file than before was written anew: PostgreSQL does so even when it holds no
row, so an empty database tells exactly which ALTER rewrites.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suites.migrations.statements.effects import joined

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_RELATIONS = """
    SELECT n.nspname, c.relname, c.relkind::text, c.relfilenode, tn.nspname, t.relname
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
    LEFT JOIN pg_class t ON t.oid = i.indrelid
    LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE c.relkind IN ('r', 'p', 'i', 'I', 'v', 'm')
        AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
_CONSTRAINTS = """
    SELECT n.nspname, t.relname, k.conname, k.contype = 'c' AND k.convalidated, pg_get_constraintdef(k.oid)
    FROM pg_constraint k
    JOIN pg_class t ON t.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
"""
_COLUMNS = """
    SELECT n.nspname, t.relname, a.attname, a.attnotnull
    FROM pg_attribute a
    JOIN pg_class t ON t.oid = a.attrelid AND t.relkind IN ('r', 'p')
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""
_NOT_NULL = re.compile(r'CHECK \(\((?:"(?P<quoted>.+)"|(?P<plain>\w+)) IS NOT NULL\)\)')


@dataclass(frozen=True)
class Standing:
    """By name, as `statements` writes them; a column or constraint with its table."""

    tables: Mapping[str, int]  # → the number of its file
    indexes: Mapping[str, tuple[str, int]]  # → its table, and the number of its file
    views: frozenset[str]
    columns: Mapping[tuple[str, str], bool]  # → whether it is NOT NULL
    constraints: Mapping[tuple[str, str], str]  # → the column that a validated check keeps from being null, else ""

    def filled(self, table: str, column: str) -> bool:
        """Whether a validated check keeps a column from being null."""
        return any(of == table and column == kept for (of, _), kept in self.constraints.items())


def standing(url: str, without: Collection[str] = ()) -> Standing:
    """What stands in a database; without: tables that are the tool's own."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        relations = connection.execute(_RELATIONS).fetchall()
        constraints = connection.execute(_CONSTRAINTS).fetchall()
        columns = connection.execute(_COLUMNS).fetchall()
    tables: dict[str, int] = {}
    indexes: dict[str, tuple[str, int]] = {}
    views = set()
    for schema, name, kind, file, of_schema, of in relations:
        if kind in "rp":
            tables[joined(schema, name)] = file
        elif kind in "vm":
            views.add(joined(schema, name))
        else:
            indexes[joined(schema, name)] = (joined(of_schema, of), file)
    ours = frozenset(without)
    return Standing(
        tables={name: file for name, file in tables.items() if name not in ours},
        indexes=indexes,
        views=frozenset(views),
        columns={(joined(schema, table), name): bool(filled) for schema, table, name, filled in columns},
        constraints={
            (joined(schema, table), name): _kept_from_null(definition) if check else ""
            for schema, table, name, check, definition in constraints
        },
    )


def _kept_from_null(definition: str) -> str:
    column = _NOT_NULL.fullmatch(definition)
    return "" if column is None else (column["quoted"] or "").replace('""', '"') or column["plain"]


def server_version(url: str) -> str:
    """As squawk takes it: "18.6"."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        number = connection.info.server_version
    return f"{number // 10000}.{number % 10000}"
