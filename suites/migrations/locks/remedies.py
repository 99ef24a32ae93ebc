"""What to write in place of a statement that keeps others waiting: its form that does not."""

from __future__ import annotations

from typing import Any

from pglast import ast
from pglast.enums import AlterTableType as Alter
from pglast.enums import ConstrType

from suites.migrations.statements.read import read

_ANOTHER_COLUMN = (
    "add a column that may be null, fill it in batches, each in a transaction of its own, and let it take the other's"
    " place in a last step that reads no row"
)
_CONSTRAINT = "add it NOT VALID, and VALIDATE it in a later transaction: that one lets others read and write"
_NOT_NULL = (
    "add CHECK (… IS NOT NULL) NOT VALID, VALIDATE it in a later transaction, and SET NOT NULL then: no row is read"
)
_BATCHES = "write in batches, each in a transaction of its own, and not in one that alters a table"
_SHORT = "take the lock last, in a transaction of its own, with nothing behind it that reads or writes rows"
_BY_KIND = {
    "create index": "CREATE INDEX CONCURRENTLY, outside of a transaction",
    "drop index": "DROP INDEX CONCURRENTLY, outside of a transaction",
    "reindex": "REINDEX … CONCURRENTLY, outside of a transaction",
    "vacuum": "VACUUM without FULL, or pg_repack",
    "cluster": "pg_repack, which locks for a moment only",
    "update": _BATCHES,
    "delete": _BATCHES,
    "insert": _BATCHES,
    "merge": _BATCHES,
    "do": _BATCHES,
}


def remedy(statement: str, *, rewritten: bool) -> str:
    """For what held others up; rewritten: the table lies in another file now."""
    for each in read(statement):
        if isinstance(each.node, ast.AlterTableStmt):
            said = [_of_command(command) for command in each.node.cmds or ()]
            return next((words for words in said if words), _ANOTHER_COLUMN if rewritten else _SHORT)
        if each.kind in _BY_KIND:
            return _BY_KIND[each.kind]
    return _SHORT


def _of_command(command: Any) -> str:
    if command.subtype == Alter.AT_SetNotNull:
        return _NOT_NULL
    if command.subtype in (Alter.AT_AlterColumnType, Alter.AT_AddColumn):
        return _ANOTHER_COLUMN
    constraint = command.def_
    if isinstance(constraint, ast.Constraint) and constraint.contype in (
        ConstrType.CONSTR_UNIQUE,
        ConstrType.CONSTR_PRIMARY,
    ):
        return "make the unique index CONCURRENTLY, and ADD CONSTRAINT … USING INDEX then"
    if isinstance(constraint, ast.Constraint) and not constraint.skip_validation:
        return _CONSTRAINT
    return ""
