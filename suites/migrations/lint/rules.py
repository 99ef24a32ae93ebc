"""Lint's own rules: what squawk does not see, since it reads one file alone and no database.

Each takes a revision as it ran and yields what is wrong with it. A table that the same revision makes holds no rows
that matter and nobody waits for it, so only tables of earlier revisions count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pglast import ast
from pglast.enums import AlterTableType, VariableSetKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from suites.migrations.lint.ran import Ran
    from suites.migrations.statements.read import Statement

_SET_CONFIG = re.compile(r"\bset_config\s*\(\s*'lock_timeout'\s*,\s*'([^']*)'\s*,\s*(true|false)", re.IGNORECASE)
_OFF = {"", "0", "0s", "0ms"}


@dataclass(frozen=True)
class Fault:
    """What is wrong with the statement of this number."""

    statement: int
    says: str
    remedy: str


def lock_timeout(ran: Ran) -> Iterator[Fault]:
    """Nothing limits how long a statement waits for a lock that stops everybody who writes: its first such statement.

    Whoever comes while it waits, waits behind it: one long report is enough to stop the table.
    """
    limited = local = False
    within: int | None = None
    for number, statement in enumerate(ran.statements):
        if ran.transactions[number] is None or ran.transactions[number] != within:
            local = False  # SET LOCAL ends with the transaction
        within = ran.transactions[number]
        said = _timeout(statement)
        if said is not None:
            on, for_transaction = said
            limited, local = (limited, on) if for_transaction else (on, local)
        strong = {
            table: lock for table, lock in statement.locks.items() if lock.stops_writers and table in ran.old[number]
        }
        if strong and not (limited or local):
            locks = ", ".join(f"{lock.words} on {table}" for table, lock in sorted(strong.items()))
            yield Fault(
                number,
                f"it waits without end for {locks}, and all who come meanwhile wait behind it",
                "say SET lock_timeout = '5s' before it, or for every revision where the history connects (env.py), and"
                " let the deployment try again",
            )
            return


def _timeout(statement: Statement) -> tuple[bool, bool] | None:
    """Whether it sets a limit, and whether for the transaction only; None when it is about something else."""
    node: Any = statement.node
    if statement.kind == "set" and node.name == "lock_timeout":
        if node.kind != VariableSetKind.VAR_SET_VALUE:
            return False, bool(node.is_local)
        value: Any = node.args[0].val
        said = str(getattr(value, "sval", getattr(value, "ival", "")))
        return said.strip() not in _OFF, bool(node.is_local)
    if statement.kind == "select":
        found = _SET_CONFIG.search(statement.text)
        if found is not None:
            return found[1].strip() not in _OFF, found[2].lower() == "true"
    return None


def rows_under_lock(ran: Ran) -> Iterator[Fault]:
    """Rows are changed in the transaction that has locked an old table for all others already."""
    locked: dict[str, int] = {}
    within: int | None = None
    for number, statement in enumerate(ran.statements):
        if ran.transactions[number] is None or ran.transactions[number] != within:
            locked.clear()
        within = ran.transactions[number]
        by_query = isinstance(statement.node, ast.UpdateStmt | ast.DeleteStmt | ast.MergeStmt) or (
            isinstance(statement.node, ast.InsertStmt) and bool(statement.reads)
        )
        old = sorted((statement.writes | statement.reads) & ran.old[number].keys())
        if by_query and old and locked:
            table, since = next(iter(locked.items()))
            yield Fault(
                number,
                f"it works through {', '.join(old)} while {table} is locked since {_short(ran.statements[since])}",
                "give the rows a revision of their own before or behind the one that alters the table",
            )
            return
        for table, lock in statement.locks.items():
            if lock.stops_writers and table in ran.old[number]:
                locked.setdefault(table, number)


def every_row(ran: Ran) -> Iterator[Fault]:
    """All rows of an old table are updated or deleted by one statement."""
    for number, statement in enumerate(ran.statements):
        if isinstance(statement.node, ast.UpdateStmt | ast.DeleteStmt) and statement.node.whereClause is None:
            for table in sorted(statement.writes & ran.old[number].keys()):
                yield Fault(
                    number,
                    f"it locks every row of {table} until it ends: {_short(statement)}",
                    "go through the rows that need it in batches, each in a transaction of its own",
                )


def rewrite(ran: Ran) -> Iterator[Fault]:
    """An old table was written anew, seen by the file in which it lies; the statement that can have done it last."""
    if any(statement.kind == "truncate" for statement in ran.statements):
        return  # it too gives a table a new file
    for table in sorted(ran.before.tables):
        if ran.rewrote(table):
            by = [
                number
                for number, statement in enumerate(ran.statements)
                if _may_rewrite(statement) and table in {ran.old[number].get(name) for name in statement.alters}
            ]
            if by:
                at = max(by, key=lambda number: (not _only_adds(ran.statements[number]), number))
                yield Fault(
                    at,
                    f"{table} or an index of it is written anew under a lock that stops readers too:"
                    f" {_short(ran.statements[at])}",
                    "add a new column, fill it in batches, let the code use it, and drop the old one a release later",
                )


def _may_rewrite(statement: Statement) -> bool:
    kinds = (
        AlterTableType.AT_AlterColumnType,
        AlterTableType.AT_AddColumn,
        AlterTableType.AT_SetLogged,
        AlterTableType.AT_SetUnLogged,
        AlterTableType.AT_SetAccessMethod,
        AlterTableType.AT_SetExpression,
    )
    if isinstance(statement.node, ast.AlterTableStmt):
        return any(command.subtype in kinds for command in statement.node.cmds or ())
    return isinstance(statement.node, ast.ClusterStmt | ast.VacuumStmt)


def _only_adds(statement: Statement) -> bool:
    """Whether columns are all that it brings: most defaults need no rewrite, so another statement is more likely."""
    commands = getattr(statement.node, "cmds", None) or ()
    return bool(commands) and all(command.subtype == AlterTableType.AT_AddColumn for command in commands)


def not_read(ran: Ran) -> Iterator[Fault]:
    """What of it could be read by nobody here, and was linted by nobody."""
    for number, statement in enumerate(ran.statements):
        if statement.not_read:
            yield Fault(
                number,
                f"it cannot be read, so it is not linted: {statement.not_read}",
                "write the statements out; where that cannot be, read them and waive this with who did",
            )


def _short(statement: Statement, most: int = 100) -> str:
    said = " ".join(statement.text.split())
    return said if len(said) <= most else f"{said[:most]}…"


RULES: dict[str, Callable[[Ran], Iterator[Fault]]] = {
    "require-lock-timeout": lock_timeout,
    "rows-under-lock": rows_under_lock,
    "every-row-at-once": every_row,
    "table-rewritten": rewrite,
    "not-read": not_read,
}
