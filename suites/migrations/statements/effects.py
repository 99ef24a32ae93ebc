"""What statements do to tables, gathered by name, and PostgreSQL's table locks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from pglast import ast

if TYPE_CHECKING:
    pass


_CHANGES = (ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt)
# A WITH clause is read with its scope, a new table is not read, and FOR UPDATE OF names an alias.
_NO_ROWS = ("withClause", "intoClause", "lockingClause")


class Lock(IntEnum):
    """A table's lock, numbered as PostgreSQL numbers it (lockdefs.h)."""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    @property
    def words(self) -> str:
        """As PostgreSQL's manual writes it."""
        return self.name.replace("_", " ")

    @property
    def stops_writers(self) -> bool:
        """Whether nobody can insert, update or delete beside it."""
        return self >= Lock.SHARE


@dataclass
class Effects:
    """What a statement does, by names of tables."""

    creates: set[str] = field(default_factory=set)
    drops: set[str] = field(default_factory=set)
    alters: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    refers: set[str] = field(default_factory=set)
    renames: dict[str, str] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)

    def lock(self, table: str, lock: Lock) -> None:
        """It takes a lock; the strongest one is kept."""
        self.locks[table] = max(lock, self.locks.get(table, lock))

    def alter(self, table: str, lock: Lock) -> None:
        """It alters a table under a lock."""
        self.alters.add(table)
        self.lock(table, lock)

    def write(self, table: str) -> None:
        """It writes rows."""
        self.writes.add(table)
        self.lock(table, Lock.ROW_EXCLUSIVE)

    def rows(self, node: Any, common: frozenset[str] = frozenset()) -> None:
        """What a query reads and writes, with all its parts; common: the names that a WITH clause around it gives."""
        if isinstance(node, tuple):
            for each in node:
                self.rows(each, common)
        elif isinstance(node, ast.RangeVar):
            self._read(node, common)
        elif isinstance(node, ast.Node):
            common = self._with(node, common)
            for attribute in node:
                if attribute == "relation" and isinstance(node, _CHANGES):
                    self.write(name_of(node.relation))
                elif attribute not in _NO_ROWS:
                    self.rows(getattr(node, attribute), common)

    def _with(self, node: Any, common: frozenset[str]) -> frozenset[str]:
        clause = getattr(node, "withClause", None)
        if clause is None:
            return common
        known = common | {each.ctename for each in clause.ctes} if clause.recursive else common
        for each in clause.ctes:
            self.rows(each.ctequery, known)
            known |= {each.ctename}
        return known

    def _read(self, relation: Any, common: frozenset[str]) -> None:
        if relation.schemaname is None and (relation.relname in common or relation.relname.startswith("pg_")):
            return
        if relation.schemaname not in ("pg_catalog", "information_schema"):
            self.reads.add(name_of(relation))
            self.lock(name_of(relation), Lock.ACCESS_SHARE)


def name_of(relation: Any) -> str:
    """A RangeVar's name as reports have it."""
    return joined(relation.schemaname, relation.relname)


def joined(schema: str | None, name: str) -> str:
    """`name`, or `schema.name` outside of public."""
    return name if schema in (None, "", "public") else f"{schema}.{name}"
