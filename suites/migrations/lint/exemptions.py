"""Which of squawk's findings hold: squawk reads one file, we know the schema that it met and what it left.

Each function below says of one rule when it has nothing to say.
"""
# ruff: noqa: ARG001 (one table of functions: each takes what any of them needs)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pglast import ast
from pglast.enums import AlterTableType, ConstrType

from suites.migrations.lint.ran import dropped
from suites.migrations.lint.squawk import SYNTAX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from suites.migrations.lint.ran import Ran
    from suites.migrations.lint.squawk import Problem
    from suites.migrations.statements.read import Statement

# Rules that are not told at all, and why.
LEFT_OUT = {
    "ban-concurrent-index-creation-in-transaction": "PostgreSQL has run it, so there was no transaction",
    "ban-drop-function": "clients seldom call one; what needs it in the database keeps PostgreSQL from dropping it",
    "ban-drop-sequence": "as with a function",
    "ban-drop-type": "as with a function",
    "prefer-text-field": "a longer varchar is no rewrite; which of the two is a matter of taste",
    "require-lock-timeout": "the rule of this name in lint_rules knows which tables hold rows, and set_config",
    "require-statement-timeout": "what takes long under a lock is told by itself; what takes long without one (an index"
    " made concurrently, a validation, a batch) has to be let finish",
    SYNTAX: "PostgreSQL has run it; that squawk did not understand it is told as lint/not-read",
    "unused-ignore": "its comments do not count here",
}
# What stays wrong for good, so also in a table that the revision makes. All other rules are about rows and traffic.
_FOR_GOOD = {
    "ban-char-field",
    "ban-uncommitted-transaction",
    "identifier-too-long",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-robust-stmts",
    "prefer-timestamp-tz",
    "transaction-nesting",
}


def holds(ran: Ran, problem: Problem, all_said: Sequence[Problem]) -> bool:
    """Whether what squawk says holds for the schema as it stood. all_said: of the same revision."""
    if problem.rule in LEFT_OUT:
        return False
    statement = ran.statements[problem.statement]
    about_tables = bool(statement.touches) or statement.kind == "drop index"
    if problem.rule not in _FOR_GOOD and about_tables and not ran.on_old(problem.statement):
        return False
    if problem.rule == "constraint-missing-not-valid" and _told_better(problem, all_said):
        return False
    exempt = _EXEMPT.get(problem.rule)
    return exempt is None or not exempt(ran, problem, statement)


def _told_better(problem: Problem, all_said: Sequence[Problem]) -> bool:
    """A UNIQUE cannot be NOT VALID, and what a foreign key needs is said by its own rule."""
    better = {"disallowed-unique-constraint", "adding-foreign-key-constraint"}
    return any(
        each.rule in better and each.statement == problem.statement and each.end == problem.end for each in all_said
    )


def _filled_already(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """SET NOT NULL scans nothing when a validated check says so already (PostgreSQL 12)."""
    columns = _named(statement, AlterTableType.AT_SetNotNull)
    tables = _firsts(ran, problem, statement)
    return bool(columns) and all(ran.before.filled(table, column) for table in tables for column in columns)


def _comes_empty(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """PostgreSQL scans nothing for a key on columns that come without a value (transformAlterTableStmt).

    What is left is the moment that ADD COLUMN takes anyway.
    """
    if not isinstance(statement.node, ast.AlterTableStmt):
        return False
    commands = statement.node.cmds or ()
    added = [each.def_ for each in commands if each.subtype == AlterTableType.AT_AddColumn]
    others = [each.def_ for each in commands if each.subtype == AlterTableType.AT_AddConstraint]
    kinds = {one.contype for column in added for one in column.constraints or ()}
    with_values = {ConstrType.CONSTR_DEFAULT, ConstrType.CONSTR_GENERATED, ConstrType.CONSTR_IDENTITY}
    return (
        ConstrType.CONSTR_FOREIGN in kinds
        and not kinds & with_values
        and not any(_is_serial(column) for column in added)
        and not any(each.contype == ConstrType.CONSTR_FOREIGN for each in others)
    )


def _not_rewritten(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """PostgreSQL wrote nothing anew: varchar(10) to text. A timestamp's case hangs on the session's time zone."""
    if "timestamp" in statement.text.lower():
        return False
    return not any(ran.rewrote(first) for first in _firsts(ran, problem, statement))


def _column_dropped(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """The file says of each column that it may go."""
    columns = _named(statement, AlterTableType.AT_DropColumn)
    allowed = ran.allowances.names
    return all(("data-dropped", f"{table}.{column}") in allowed for table in statement.alters for column in columns)


def _relation_dropped(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """The file says of each table or view, or of a column of it, that it may go; or it was not there before."""
    names = {name for rule, name in ran.allowances.names if rule == "data-dropped"}
    names |= {name.rpartition(".")[0] for name in names}
    gone = {name for name in dropped(statement) if name in ran.old[problem.statement] or name in ran.before.views}
    return gone <= names


def _constraint_kept(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """The constraint was not there before, or one of its name is there afterwards, or the column is NOT NULL now."""
    names = _named(statement, AlterTableType.AT_DropConstraint)

    def kept(table: str, name: str) -> bool:
        first = ran.old[problem.statement].get(table, table)
        column = ran.before.constraints.get((first, name))
        replaced = column is None or (table, name) in ran.after.constraints
        return replaced or bool(column and ran.after.columns.get((table, column)))

    return all(kept(table, name) for table in statement.alters for name in names)


def _swapped_column(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """The column takes the name of one that clients know and that it replaces."""
    tables = _firsts(ran, problem, statement)
    return all((table, statement.node.newname) in ran.before.columns for table in tables)


def _view_left(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """A view bears the old name."""
    return statement.renames.keys() <= ran.after.views


def _no_client_names_it(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """A client that names a constraint or an index (ON CONFLICT ON CONSTRAINT) is for `compat` to find."""
    return statement.kind in {"rename constraint", "rename index", "rename trigger"}


def _counts_no_rows(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """32 bits run out where rows are numbered: in a key, or what refers to one. A quantity has its own limits."""
    node = statement.node
    elements: list[Any] = list(node.tableElts or ()) if isinstance(node, ast.CreateStmt) else []
    if isinstance(node, ast.AlterTableStmt):
        elements = [each.def_ for each in node.cmds or ()]
    keys = {name for each in elements if isinstance(each, ast.Constraint) for name in _keys(each)}
    return not any(
        isinstance(each, ast.ColumnDef)
        and _stands_at(statement.text, problem, each.colname or "")
        and (each.colname in keys or any(_is_key(one) for one in each.constraints or ()) or _is_serial(each))
        for each in elements
    )


def _stands_at(text: str, problem: Problem, column: str) -> bool:
    """Whether the problem is about this column: it stands at its type."""
    name = text.lower().rfind(column.lower(), 0, problem.start)
    return name >= 0 and text[name + len(column) : problem.start].strip(' "\t\n') == ""


def _keys(constraint: Any) -> list[str]:
    names = constraint.keys if constraint.contype == ConstrType.CONSTR_PRIMARY else constraint.fk_attrs
    return [each.sval for each in names or ()]


def _is_key(constraint: Any) -> bool:
    return constraint.contype in (ConstrType.CONSTR_PRIMARY, ConstrType.CONSTR_IDENTITY, ConstrType.CONSTR_FOREIGN)


def _is_serial(column: Any) -> bool:
    return "serial" in column.typeName.names[-1].sval


_REPEATABLE = {
    AlterTableType.AT_SetNotNull,
    AlterTableType.AT_DropNotNull,
    AlterTableType.AT_ColumnDefault,
    AlterTableType.AT_ValidateConstraint,
    AlterTableType.AT_SetStatistics,
    AlterTableType.AT_SetRelOptions,
}


def _can_be_repeated(ran: Ran, problem: Problem, statement: Statement) -> bool:
    """It does nothing the second time; or what a failed attempt left of an index is dropped first.

    The latter is better than IF NOT EXISTS, which keeps an index that is not valid.
    """
    node = statement.node
    if isinstance(node, ast.AlterTableStmt):
        return all(command.subtype in _REPEATABLE for command in node.cmds or ())
    earlier = [
        each for each in ran.statements[: problem.statement] if each.kind == "drop index" and each.node.missing_ok
    ]
    names = {name.rpartition(".")[2] for each in earlier for name in dropped(each)}
    return isinstance(node, ast.IndexStmt) and node.idxname in names


def _named(statement: Statement, kind: AlterTableType) -> list[str]:
    """What the commands of a kind are about: a column or a constraint."""
    if not isinstance(statement.node, ast.AlterTableStmt):
        return []
    return [each.name for each in statement.node.cmds or () if each.subtype == kind and each.name]


def _firsts(ran: Ran, problem: Problem, statement: Statement) -> list[str]:
    """The old tables that it alters, by their names before the revision."""
    old = ran.old[problem.statement]
    return [old[name] for name in sorted(statement.alters) if name in old]


_EXEMPT: dict[str, Callable[[Ran, Problem, Statement], bool]] = {
    "adding-foreign-key-constraint": _comes_empty,
    "adding-not-nullable-field": _filled_already,
    "ban-drop-column": _column_dropped,
    "ban-drop-constraint": _constraint_kept,
    "ban-drop-table": _relation_dropped,
    "ban-drop-view": _relation_dropped,
    "changing-column-type": _not_rewritten,
    "prefer-bigint-over-int": _counts_no_rows,
    "prefer-bigint-over-smallint": _counts_no_rows,
    "prefer-robust-stmts": _can_be_repeated,
    "renaming-column": _swapped_column,
    "renaming-object": _no_client_names_it,
    "renaming-table": _view_left,
}
