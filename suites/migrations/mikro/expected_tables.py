"""Tables as models want them, and what a database has otherwise.

Types are compared by class: a text is a text as `text`, `varchar(255)` or `uuid`; an enum may be a text with a check
(which is what MikroORM makes of it) or a type of PostgreSQL's. The database comes in any shape that has the members of
`TableSeen`; the catalog's has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from suites.migrations.histories.base import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_NAME_MAX = 63  # PostgreSQL cuts longer names off
_CLASSES = {
    "text": "text", "character varying": "text", "character": "text", "varchar": "text", "char": "text",
    "citext": "text", "uuid": "text", "string": "text",
    "smallint": "integer", "integer": "integer", "bigint": "integer", "int": "integer", "serial": "integer",
    "bigserial": "integer", "int2": "integer", "int4": "integer", "int8": "integer",
    "numeric": "numeric", "decimal": "numeric",
    "real": "float", "double precision": "float", "float": "float", "float4": "float", "float8": "float",
    "double": "float",
    "boolean": "boolean", "bool": "boolean",
    "timestamp with time zone": "timestamptz", "timestamptz": "timestamptz",
    "timestamp without time zone": "timestamp", "timestamp": "timestamp",
    "json": "json", "jsonb": "json",
}  # fmt: skip
_ONE_OF = re.compile(r'^CHECK \(+"?(?P<column>\w+)"?\)?(?:::[\w ]+)? = ANY \(+ARRAY\[(?P<values>.*)\]')
_ONLY = re.compile(r"^CHECK \(+\"?(?P<column>\w+)\"?\)?(?:::[\w ]+)? = (?P<values>'(?:[^']|'')*'::[\w ]+)\)+$")
_VALUE = re.compile(r"'((?:[^']|'')*)'::")
_INDEXED = re.compile(r" USING \w+ \((?P<columns>.*?)\)(?: INCLUDE| NULLS| WITH| TABLESPACE| WHERE|$)")


class ColumnSeen(Protocol):
    """A column of the database; type as PostgreSQL's format_type writes it."""

    @property
    def type(self) -> str: ...
    @property
    def nullable(self) -> bool: ...


class ConstraintSeen(Protocol):
    """kind: "check", "foreign key" …; definition as pg_get_constraintdef writes it."""

    @property
    def kind(self) -> str: ...
    @property
    def definition(self) -> str: ...


class IndexSeen(Protocol):
    """definition as pg_get_indexdef writes it."""

    @property
    def unique(self) -> bool: ...
    @property
    def definition(self) -> str: ...


class TableSeen(Protocol):
    """A table of the database, with what it has by name."""

    @property
    def columns(self) -> Mapping[str, ColumnSeen]: ...
    @property
    def constraints(self) -> Mapping[str, ConstraintSeen]: ...
    @property
    def indexes(self) -> Mapping[str, IndexSeen]: ...


@dataclass(frozen=True)
class ExpectedColumn:
    """kind: its type class; nullable, choices and references (a table): None where not known or not wanted."""

    name: str
    kind: str | None
    nullable: bool | None
    line: int
    choices: tuple[str, ...] | None = None
    references: str | None = None


@dataclass(frozen=True)
class ExpectedIndex:
    """Found by its name, or by its columns."""

    name: str
    columns: tuple[str, ...]
    unique: bool
    line: int


@dataclass(frozen=True)
class ExpectedTable:
    """complete: whether all its columns could be read; where not, others in the database mean nothing."""

    name: str
    model: str
    module: str
    file: Path
    line: int
    columns: tuple[ExpectedColumn, ...]
    primary_key: tuple[str, ...] = ()
    indexes: tuple[ExpectedIndex, ...] = ()
    checks: tuple[str, ...] = ()
    complete: bool = True

    @property
    def title(self) -> str:
        """As it is named in reports."""
        return f"{self.module}/{self.model}" if self.module else self.model


def class_of(type_: str) -> str:
    """The class of a type, with its arguments left away: "character varying(255)" → "text", "text[]" → "array"."""
    bare = re.sub(r"\s*\([^)]*\)", "", type_.strip().lower())
    return "array" if bare.endswith("[]") else _CLASSES.get(bare, bare)


def snake(name: str) -> str:
    """Medusa's and MikroORM's snake case: an underscore between a small and a capital letter."""
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def differences(
    expected: Sequence[ExpectedTable],
    tables: Mapping[str, TableSeen],
    enums: Mapping[str, Sequence[str]] | None = None,
) -> list[Finding]:
    """What the models want and the database has not, or has otherwise. enums: PostgreSQL's own, by name.

    Tables that no model wants are nobody's business here.
    """
    found: list[Finding] = []
    for table in expected:
        seen = tables.get(table.name)
        if seen is None:
            says = f"the model {table.model} wants the table {table.name}, which no migration makes"
            found.append(_finding("table-missing", table, table.line, says, "write the migration that makes it"))
        else:
            found.extend(_columns(table, seen, enums or {}))
            found.extend(_others(table, seen))
    return found


def _finding(rule: str, table: ExpectedTable, line: int, says: str, remedy: str) -> Finding:
    return Finding(rule, table.title, table.file, says, remedy, line)


def _columns(table: ExpectedTable, seen: TableSeen, enums: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for column in table.columns:
        there = seen.columns.get(column.name)
        where = f"{table.name}.{column.name}"
        if there is None:
            says = f"the model {table.model} wants the column {where}, which no migration makes"
            yield _finding("column-missing", table, column.line, says, "write the migration that adds it")
            continue
        an_enum = column.choices is not None and there.type in enums
        if column.kind is not None and class_of(there.type) != column.kind and not an_enum:
            says = f"{where} is {there.type}, and the model {table.model} wants {column.kind}"
            yield _finding("type-differs", table, column.line, says, "change the column's type or the model")
        if column.nullable is not None and there.nullable is not column.nullable:
            says = f"{where} {_may(there.nullable)} be null; in the model {table.model} it {_may(column.nullable)}"
            yield _finding("nullable-differs", table, column.line, says, "change the column or the model")
        if column.choices is not None:
            yield from _choices(table, column, _allowed(column.name, there, seen, enums))
    if table.complete:
        for name in seen.columns.keys() - {column.name for column in table.columns}:
            says = f"{table.name}.{name} is in the database, and the model {table.model} does not have it"
            yield _finding("column-unmodelled", table, table.line, says, "add it to the model, or drop it")


def _may(nullable: bool) -> str:
    return "may" if nullable else "may not"


def _allowed(
    name: str, column: ColumnSeen, table: TableSeen, enums: Mapping[str, Sequence[str]]
) -> frozenset[str] | None:
    """The values that the database lets into a column; None where it lets all."""
    if column.type in enums:
        return frozenset(enums[column.type])
    allowed: frozenset[str] | None = None
    for constraint in table.constraints.values():
        match = _ONE_OF.match(constraint.definition) or _ONLY.match(constraint.definition)
        if constraint.kind == "check" and match and match["column"] == name:
            values = frozenset(value.replace("''", "'") for value in _VALUE.findall(match["values"]))
            allowed = values if allowed is None else allowed & values
    return allowed


def _choices(table: ExpectedTable, column: ExpectedColumn, allowed: frozenset[str] | None) -> Iterator[Finding]:
    where = f"{table.name}.{column.name}"
    wanted = column.choices or ()
    if allowed is None:
        says = f"{where} takes any text, and the model {table.model} knows only {_list(wanted)}"
        yield _finding("enum-unchecked", table, column.line, says, "add a check to the column")
        return
    refused = [value for value in wanted if value not in allowed]
    if refused:
        says = f"{where} refuses {_list(refused)}, which the model {table.model} has"
        yield _finding("enum-refused", table, column.line, says, "write the migration that widens the check")
    unknown = sorted(allowed.difference(wanted))
    if unknown:
        says = f"{where} lets {_list(unknown)} in, which the model {table.model} does not know"
        yield _finding("enum-unknown", table, column.line, says, "narrow the check, or add it to the model")


def _list(values: Sequence[str]) -> str:
    return ", ".join(f"“{value}”" for value in values)


def _others(table: ExpectedTable, seen: TableSeen) -> Iterator[Finding]:
    """Indexes, named checks and foreign keys."""
    for index in table.indexes:
        named = seen.indexes.get(index.name[:_NAME_MAX])
        same = [
            each for each in seen.indexes.values() if _indexed(each) == index.columns and each.unique >= index.unique
        ]
        if named is None and not same:
            kind = "unique index" if index.unique else "index"
            says = f"the model {table.model} wants the {kind} {index.name} on {table.name} ({', '.join(index.columns)})"
            yield _finding("index-missing", table, index.line, says, "write the migration that makes it")
        elif named is not None and named.unique is not index.unique and not same:
            says = (
                f"{index.name} on {table.name} is {'' if named.unique else 'not '}unique, and the model says otherwise"
            )
            yield _finding("index-differs", table, index.line, says, "make the index anew, or change the model")
    for name in table.checks:
        if name[:_NAME_MAX] not in seen.constraints:
            says = f"the model {table.model} wants the check {name} on {table.name}"
            yield _finding("check-missing", table, table.line, says, "write the migration that adds it")
    keys = [each.definition for each in seen.constraints.values() if each.kind == "foreign key"]
    for column in table.columns:
        if column.references is None or column.name not in seen.columns:
            continue
        wanted = re.compile(
            rf'^FOREIGN KEY \("?{re.escape(column.name)}"?\) REFERENCES "?{re.escape(column.references)}"?\('
        )
        if not any(wanted.match(key.replace("public.", "", 1)) for key in keys):
            says = f"{table.name}.{column.name} belongs to {column.references}, and no foreign key says so"
            yield _finding("foreign-key-missing", table, column.line, says, "write the migration that adds it")


def _indexed(index: IndexSeen) -> tuple[str, ...] | None:
    match = _INDEXED.search(index.definition)
    return tuple(part.strip().strip('"') for part in match["columns"].split(",")) if match else None
