"""What a node of PostgreSQL's parser does to tables, and which lock it takes for that.

Source of the locks: PostgreSQL 18's manual, "Explicit Locking" and each statement's page, and AlterTableGetLockLevel
in tablecmds.c. A lock that follows from what the database holds (the tables that refer to a dropped one) is not here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pglast import ast
from pglast.enums import AlterTableType as Alter
from pglast.enums import ConstrType, ObjectType, ReindexObjectType

from suites.migrations.statements.effects import Effects, Lock, joined, name_of

if TYPE_CHECKING:
    from collections.abc import Callable


def effects(node: Any) -> Effects:
    """What it does; nothing for a statement about something other than tables."""
    does = Effects()
    handler = _HANDLERS.get(type(node))
    if handler is not None:
        handler(node, does)
    return does


_KINDS = {
    ast.CreateStmt: "create table",
    ast.CreateForeignTableStmt: "create foreign table",
    ast.CreateTableAsStmt: "create table as",
    ast.IndexStmt: "create index",
    ast.ViewStmt: "create view",
    ast.CreateSeqStmt: "create sequence",
    ast.CreateTrigStmt: "create trigger",
    ast.CompositeTypeStmt: "create type",
    ast.CreateEnumStmt: "create type",
    ast.RuleStmt: "create rule",
    ast.CreatedbStmt: "create database",
    ast.DropdbStmt: "drop database",
    ast.AlterSeqStmt: "alter sequence",
    ast.AlterEnumStmt: "alter type",
    ast.RefreshMatViewStmt: "refresh materialized view",
    ast.VariableSetStmt: "set",
}
_WORD = re.compile(r"[A-Z][a-z]*")


def kind_of(node: Any) -> str:
    """The statement's first words: `create table`, `drop index`, `rename column`, `update`."""
    if isinstance(node, ast.DropStmt):
        return f"drop {_object(node.removeType)}"
    if isinstance(node, ast.RenameStmt):
        return f"rename {_object(node.renameType)}"
    if isinstance(node, ast.AlterTableStmt):
        return f"alter {_object(node.objtype)}"
    if isinstance(node, ast.SelectStmt) and node.intoClause is not None:
        return "create table as"
    return _KINDS.get(type(node)) or " ".join(_WORD.findall(type(node).__name__.removesuffix("Stmt"))).lower()


def runs_outside(node: Any) -> bool:
    """Whether PostgreSQL refuses it in a transaction (PreventInTransactionBlock)."""
    if isinstance(node, ast.IndexStmt | ast.DropStmt):
        return bool(node.concurrent)
    if isinstance(node, ast.ReindexStmt):
        whole = node.kind not in (ReindexObjectType.REINDEX_OBJECT_INDEX, ReindexObjectType.REINDEX_OBJECT_TABLE)
        return whole or _concurrently(node)
    if isinstance(node, ast.AlterTableStmt):
        return any(isinstance(each.def_, ast.PartitionCmd) and each.def_.concurrent for each in node.cmds or ())
    if isinstance(node, ast.VacuumStmt):
        return bool(node.is_vacuumcmd)
    if isinstance(node, ast.ClusterStmt):
        return node.relation is None
    return isinstance(
        node,
        ast.CreatedbStmt | ast.DropdbStmt | ast.CreateTableSpaceStmt | ast.DropTableSpaceStmt | ast.AlterSystemStmt,
    )


def _object(kind: Any) -> str:
    words = {"tabconstraint": "constraint", "matview": "materialized view"}
    name = ObjectType(kind).name.removeprefix("OBJECT_").replace("_", " ").lower()
    return words.get(name, name)


def _concurrently(node: Any) -> bool:
    return any(option.defname == "concurrently" for option in node.params or ())


def _parts(names: Any) -> tuple[str | None, str]:
    """Schema and name of a list of identifiers."""
    words = [each.sval for each in names]
    return (words[-2] if len(words) > 1 else None), words[-1]


# --- Statements that define ------------------------------------------------------------------------------------------


def _create(node: Any, does: Effects) -> None:
    base: Any = node.base if isinstance(node, ast.CreateForeignTableStmt) else node
    if base.relation.relpersistence != "t":  # a temporary table ends with its session
        does.creates.add(name_of(base.relation))
    parent = Lock.ACCESS_EXCLUSIVE if base.partbound is not None else Lock.SHARE_UPDATE_EXCLUSIVE
    for relation in base.inhRelations or ():
        does.alter(name_of(relation), parent)
    for element in base.tableElts or ():
        if isinstance(element, ast.TableLikeClause):
            does.rows(element)
        _foreign_keys(element, does)


def _create_as(node: Any, does: Effects) -> None:
    into = node.into
    if node.objtype == ObjectType.OBJECT_TABLE and into.rel.relpersistence != "t":
        does.creates.add(name_of(into.rel))
    does.rows(node.query)


def _foreign_keys(node: Any, does: Effects) -> None:
    """Tables that a column or constraint refers to: a trigger is put on each."""
    constraints = node.constraints or () if isinstance(node, ast.ColumnDef) else (node,)
    for each in constraints:
        if isinstance(each, ast.Constraint) and each.pktable is not None:
            does.refers.add(name_of(each.pktable))
            does.lock(name_of(each.pktable), Lock.SHARE_ROW_EXCLUSIVE)


_GENTLE = {
    Alter.AT_SetStatistics,
    Alter.AT_ClusterOn,
    Alter.AT_DropCluster,
    Alter.AT_SetOptions,
    Alter.AT_ResetOptions,
    Alter.AT_SetRelOptions,
    Alter.AT_ResetRelOptions,
    Alter.AT_ValidateConstraint,
    Alter.AT_AttachPartition,
    Alter.AT_DetachPartitionFinalize,
}
_TRIGGERS = {each for each in Alter if re.fullmatch(r"AT_(En|Dis)able\w*Trig\w*", each.name)}


def _alter(node: Any, does: Effects) -> None:
    if node.objtype not in (ObjectType.OBJECT_TABLE, ObjectType.OBJECT_FOREIGN_TABLE):
        return
    table = name_of(node.relation)
    for command in node.cmds:
        lock, part = Lock.ACCESS_EXCLUSIVE, command.def_
        if isinstance(part, ast.PartitionCmd):
            does.alter(name_of(part.name), Lock.ACCESS_EXCLUSIVE)
            lock = Lock.SHARE_UPDATE_EXCLUSIVE if part.concurrent else lock
        if command.subtype in _GENTLE:
            lock = Lock.SHARE_UPDATE_EXCLUSIVE
        elif command.subtype in _TRIGGERS or getattr(part, "contype", None) == ConstrType.CONSTR_FOREIGN:
            lock = Lock.SHARE_ROW_EXCLUSIVE
        _foreign_keys(part, does)
        does.alter(table, lock)


def _drop(node: Any, does: Effects) -> None:
    for each in node.objects:
        if node.removeType in (ObjectType.OBJECT_TABLE, ObjectType.OBJECT_FOREIGN_TABLE):
            table = joined(*_parts(each))
            does.drops.add(table)
            does.lock(table, Lock.ACCESS_EXCLUSIVE)
        elif node.removeType == ObjectType.OBJECT_SCHEMA:
            does.drops.add(f"{each.sval}.*")
        elif node.removeType in (ObjectType.OBJECT_TRIGGER, ObjectType.OBJECT_POLICY, ObjectType.OBJECT_RULE):
            does.alter(joined(*_parts(each[:-1])), Lock.ACCESS_EXCLUSIVE)


def _rename(node: Any, does: Effects) -> None:
    table = name_of(node.relation) if node.relation is not None else ""
    if node.renameType == ObjectType.OBJECT_TABLE:
        does.renames[table] = joined(node.relation.schemaname, node.newname)
        does.alter(table, Lock.ACCESS_EXCLUSIVE)
    elif node.renameType in _OF_TABLES or (
        node.renameType == ObjectType.OBJECT_COLUMN and node.relationType == ObjectType.OBJECT_TABLE
    ):
        does.alter(table, Lock.ACCESS_EXCLUSIVE)


_OF_TABLES = (ObjectType.OBJECT_TABCONSTRAINT, ObjectType.OBJECT_TRIGGER, ObjectType.OBJECT_POLICY)


def _move(node: Any, does: Effects) -> None:
    if node.objectType == ObjectType.OBJECT_TABLE:
        does.renames[name_of(node.relation)] = joined(node.newschema, node.relation.relname)
        does.alter(name_of(node.relation), Lock.ACCESS_EXCLUSIVE)


def _comment(node: Any, does: Effects) -> None:
    if node.objtype == ObjectType.OBJECT_TABLE:
        does.alter(joined(*_parts(node.object)), Lock.SHARE_UPDATE_EXCLUSIVE)
    elif node.objtype == ObjectType.OBJECT_COLUMN:
        does.alter(joined(*_parts(node.object[:-1])), Lock.SHARE_UPDATE_EXCLUSIVE)


def _under(relation: str, lock: Callable[[Any], Lock]) -> Callable[[Any, Effects], None]:
    """It alters the table of one attribute."""

    def handle(node: Any, does: Effects) -> None:
        found = getattr(node, relation)
        if found is not None:
            does.alter(name_of(found), lock(node))

    return handle


def _of(lock: Lock) -> Callable[[Any], Lock]:
    return lambda _node: lock


def _index_lock(node: Any) -> Lock:
    return Lock.SHARE_UPDATE_EXCLUSIVE if node.concurrent else Lock.SHARE


def _reindex(node: Any, does: Effects) -> None:
    if node.kind == ReindexObjectType.REINDEX_OBJECT_TABLE:
        lock = Lock.SHARE_UPDATE_EXCLUSIVE if _concurrently(node) else Lock.SHARE
        does.alter(name_of(node.relation), lock)


def _vacuum(node: Any, does: Effects) -> None:
    full = any(option.defname == "full" for option in node.options or ())
    for each in node.rels or ():
        does.alter(name_of(each.relation), Lock.ACCESS_EXCLUSIVE if full else Lock.SHARE_UPDATE_EXCLUSIVE)


def _view(node: Any, does: Effects) -> None:
    does.rows(node.query)


# --- Statements about rows -------------------------------------------------------------------------------------------


def _query(node: Any, does: Effects) -> None:
    into = getattr(node, "intoClause", None)
    if into is not None and into.rel.relpersistence != "t":
        does.creates.add(name_of(into.rel))
    does.rows(node)


def _copy(node: Any, does: Effects) -> None:
    if node.relation is not None and node.is_from:
        does.write(name_of(node.relation))
    else:
        does.rows(node)


def _truncate(node: Any, does: Effects) -> None:
    for each in node.relations:
        does.write(name_of(each))
        does.lock(name_of(each), Lock.ACCESS_EXCLUSIVE)


def _lock(node: Any, does: Effects) -> None:
    for each in node.relations:
        does.lock(name_of(each), Lock(node.mode))


_HANDLERS: dict[type, Callable[[Any, Effects], None]] = {
    ast.CreateStmt: _create,
    ast.CreateForeignTableStmt: _create,
    ast.CreateTableAsStmt: _create_as,
    ast.AlterTableStmt: _alter,
    ast.DropStmt: _drop,
    ast.RenameStmt: _rename,
    ast.AlterObjectSchemaStmt: _move,
    ast.CommentStmt: _comment,
    ast.IndexStmt: _under("relation", _index_lock),
    ast.CreateTrigStmt: _under("relation", _of(Lock.SHARE_ROW_EXCLUSIVE)),
    ast.CreatePolicyStmt: _under("table", _of(Lock.ACCESS_EXCLUSIVE)),
    ast.AlterPolicyStmt: _under("table", _of(Lock.ACCESS_EXCLUSIVE)),
    ast.RuleStmt: _under("relation", _of(Lock.ACCESS_EXCLUSIVE)),
    ast.ClusterStmt: _under("relation", _of(Lock.ACCESS_EXCLUSIVE)),
    ast.ReindexStmt: _reindex,
    ast.VacuumStmt: _vacuum,
    ast.ViewStmt: _view,
    ast.SelectStmt: _query,
    ast.InsertStmt: _query,
    ast.UpdateStmt: _query,
    ast.DeleteStmt: _query,
    ast.MergeStmt: _query,
    ast.CopyStmt: _copy,
    ast.TruncateStmt: _truncate,
    ast.LockStmt: _lock,
}
