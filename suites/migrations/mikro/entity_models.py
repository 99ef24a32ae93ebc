"""MikroORM entities read from source, never executed: classes with `@Entity` and what their properties want.

The names are those of MikroORM's naming strategy for SQL (core 6.4, UnderscoreNamingStrategy.js): a table is
`tableName` or the class in snake case, a column `fieldName` or the property in snake case, a foreign key the property
with `_id`. A type is `columnType`, else `type`, else what the property is declared as. Where a property may be left out
(`name?`) and `nullable` is not said, whether the column may be null depends on how MikroORM is set up: not compared.
Compiled entities keep no such classes; read the sources.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from suites.migrations.mikro.expected_tables import ExpectedColumn, ExpectedIndex, ExpectedTable, class_of, snake
from suites.migrations.mikro.literals import members, value_of
from suites.migrations.mikro.typescript import NotReadable, Unread, arguments, line_of, named, unwrapped

if TYPE_CHECKING:
    from ast_grep_py import SgNode

    from suites.migrations.mikro.typescript import Source

_DECLARED = {"string": "text", "number": "integer", "boolean": "boolean", "Date": "timestamptz", "bigint": "integer"}
_NAMED = {
    "string": "text", "text": "text", "uuid": "text", "number": "integer", "integer": "integer", "bigint": "integer",
    "boolean": "boolean", "date": "timestamptz", "Date": "timestamptz", "json": "json", "any": None, "object": "json",
}  # fmt: skip
_COLUMNS = frozenset({"Property", "PrimaryKey", "SerializedPrimaryKey", "Enum", "MikroOrmBigNumberProperty"})
_RELATIONS = frozenset({"ManyToOne", "OneToOne"})
_NOTHING = frozenset({
    "Filter", "OneToMany", "Formula", "BeforeCreate", "BeforeUpdate", "BeforeDelete", "BeforeUpsert", "AfterCreate",
    "AfterUpdate", "AfterDelete", "AfterUpsert", "OnInit", "OnLoad", "Entity", "Index", "Unique", "Check", "Field",
    "Searchable", "ForeignKey", "Exclude", "Expose", "Type", "Transform",
})  # fmt: skip
_CLASSES = ("class_declaration", "abstract_class_declaration")


@dataclass(frozen=True)
class _Decorator:
    name: str
    node: SgNode
    given: list[SgNode]


@dataclass
class _Entity:
    """What has been read of a class so far. of: the column of each property."""

    table: str
    columns: dict[str, ExpectedColumn] = field(default_factory=dict)
    indexes: list[ExpectedIndex] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    of: dict[str, str] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)
    complete: bool = True


def read_entities(source: Source, module: str) -> tuple[list[ExpectedTable], list[Unread]]:
    """The tables that the entities of a file want, and what of them can't be read."""
    tables: list[ExpectedTable] = []
    unread: list[Unread] = []
    for kind in _CLASSES:
        for node in source.root.find_all(kind=kind):
            mark = next((each for each in _decorators(node) if each.name == "Entity"), None)
            name = node.field("name")
            if mark is None or name is None:
                continue
            options = _Options(source, mark)
            if options.get("abstract") is True:
                continue
            entity = _Entity(_table_of(source, node))
            _class(source, node, entity)
            unread.extend([*options.unread, *entity.unread])
            tables.append(
                ExpectedTable(
                    name=entity.table,
                    model=name.text(),
                    module=module,
                    file=source.file,
                    line=line_of(node),
                    columns=tuple(entity.columns.values()),
                    primary_key=tuple(entity.keys),
                    indexes=tuple(entity.indexes),
                    complete=entity.complete,
                )
            )
    return tables, unread


class _Options:
    """The options of a decorator: those that are written out. unread: those that are not."""

    def __init__(self, source: Source, decorator: _Decorator) -> None:
        self.known: dict[str, Any] = {}
        self.nodes: dict[str, SgNode] = {}
        self.unread: list[Unread] = []
        for each in decorator.given:
            if unwrapped(each).kind() != "object":
                continue
            try:
                self._take(source, unwrapped(each))
            except NotReadable as problem:
                self.unread.append(source.unread(problem.node, problem.why))

    def _take(self, source: Source, node: SgNode) -> None:
        for key, value in members(source, node):
            self.nodes[key] = value
            try:
                self.known[key] = value_of(source, value)
            except NotReadable as problem:
                if key in {"columnType", "fieldName", "tableName", "nullable", "persist", "name", "type", "joinColumn"}:
                    self.unread.append(source.unread(problem.node, problem.why))

    def get(self, key: str) -> Any:
        return self.known.get(key)


def _decorators(node: SgNode) -> list[_Decorator]:
    """Those of a class or of a property; `@X.y()` is called by its last name, "y"."""
    parent = node.parent()
    around = parent.children() if parent is not None and parent.kind() == "export_statement" else []
    found = []
    for each in [*around, *node.children()]:
        if each.kind() != "decorator":
            continue
        inner = named(each)[0]
        called = inner.field("function") if inner.kind() == "call_expression" else inner
        name = (called.text() if called is not None else "").rpartition(".")[2]
        found.append(_Decorator(name, each, arguments(inner) if inner.kind() == "call_expression" else []))
    return found


def _table_of(source: Source, node: SgNode) -> str:
    mark = next((each for each in _decorators(node) if each.name == "Entity"), None)
    name = node.field("name")
    told = _Options(source, mark).get("tableName") if mark is not None else None
    return str(told or snake(name.text() if name is not None else ""))


def _class(source: Source, node: SgNode, entity: _Entity) -> None:
    """The properties of a class, after those of the class that it extends."""
    heritage = node.find(kind="extends_clause")
    if heritage is not None:
        base = source.resolve(named(heritage)[0].text())
        if base is not None and base[1].kind() in _CLASSES:
            _class(*base, entity)
        else:
            entity.complete = False
            entity.unread.append(source.unread(heritage, "the class that it extends is not written in this project"))
    for child in named(node.field("body")):
        if child.kind() != "public_field_definition":
            continue
        for decorator in _decorators(child):
            _property(source, child, decorator, entity)
    for decorator in _decorators(node):
        if decorator.name in {"Index", "Unique"}:
            _index(source, decorator, entity, None)


def _property(source: Source, node: SgNode, decorator: _Decorator, entity: _Entity) -> None:
    name = node.field("name")
    assert name is not None
    options = _Options(source, decorator)
    entity.unread.extend(options.unread)
    if decorator.name in _COLUMNS:
        _column(source, node, name.text(), decorator, options, entity)
    elif decorator.name in _RELATIONS:
        _relation(source, node, name.text(), decorator, options, entity)
    elif decorator.name in {"Index", "Unique"}:
        _index(source, decorator, entity, name.text())
    elif decorator.name == "ManyToMany" and "mappedBy" in options.nodes:
        return
    elif decorator.name not in _NOTHING:
        entity.unread.append(source.unread(decorator.node, "what this decorator makes is not known here"))
        entity.complete = entity.complete and decorator.name == "ManyToMany"


def _column(source: Source, node: SgNode, name: str, decorator: _Decorator, options: _Options, entity: _Entity) -> None:
    if options.get("persist") is False:
        return
    column = str(options.get("fieldName") or options.get("name") or snake(name))
    entity.of[name] = column
    key = decorator.name in {"PrimaryKey", "SerializedPrimaryKey"} or options.get("primary") is True
    kind, choices = _kind(node, options), None
    if decorator.name == "MikroOrmBigNumberProperty":
        kind = "numeric"
    if decorator.name == "Enum":
        try:
            choices = _choices(source, decorator, options)
            kind = "text" if choices is not None else kind
        except NotReadable as problem:
            kind = class_of(options.known["columnType"]) if options.get("columnType") else None
            entity.unread.append(source.unread(problem.node, f"the values of the enum: {problem.why}"))
    if kind is None and decorator.name != "Enum":
        entity.unread.append(source.unread(node, "the type of its column is not said by columnType or type"))
    nullable = False if key else _nullable(node, options)
    entity.columns[column] = ExpectedColumn(column, kind, nullable, line_of(node), choices)
    if key:
        entity.keys.append(column)


def _kind(node: SgNode, options: _Options) -> str | None:
    told = options.get("columnType")
    if isinstance(told, str):
        return class_of(told)
    if "type" in options.nodes:
        told = options.get("type")
        return _NAMED.get(told) if isinstance(told, str) else None
    declared = _declared(node)
    return "array" if declared == "string[]" else _DECLARED.get(declared)


def _declared(node: SgNode) -> str:
    """The type that a property is declared with, without `null`."""
    annotation = node.field("type")
    text = annotation.text().lstrip(": ") if annotation is not None else ""
    return "".join(part for part in (each.strip() for each in text.split("|")) if part not in {"null", "undefined"})


def _nullable(node: SgNode, options: _Options) -> bool | None:
    if "nullable" in options.nodes:
        told = options.get("nullable")
        return told if isinstance(told, bool) else None
    annotation = node.field("type")
    unsaid = any(child.kind() == "?" for child in node.children())
    unsaid = unsaid or (annotation is not None and "null" in annotation.text())
    return None if unsaid else False


def _choices(source: Source, decorator: _Decorator, options: _Options) -> tuple[str, ...] | None:
    """`@Enum(() => Status)` and `@Enum({ items: () => Status })`; None for an enum of numbers."""
    items = options.nodes.get("items") or next((each for each in decorator.given if each.kind() != "object"), None)
    if items is None:
        raise NotReadable(decorator.node, "it does not say which values there are")
    inner = unwrapped(items)
    body = inner.field("body") if inner.kind() == "arrow_function" else inner
    values = value_of(source, unwrapped(body or inner))
    listed = list(values.values()) if isinstance(values, dict) else values
    if not isinstance(listed, list):
        raise NotReadable(inner, "this is no list of values")
    return tuple(listed) if all(isinstance(each, str) for each in listed) else None


def _relation(
    source: Source, node: SgNode, name: str, decorator: _Decorator, options: _Options, entity: _Entity
) -> None:
    """`@ManyToOne`, and `@OneToOne` on the side that has the column."""
    mapped = (
        "mappedBy" in options.nodes or len([each for each in decorator.given if each.kind() == "arrow_function"]) > 1
    )
    if options.get("persist") is False or (
        decorator.name == "OneToOne" and mapped and options.get("owner") is not True
    ):
        return
    column = str(options.get("fieldName") or options.get("joinColumn") or f"{snake(name)}_id")
    entity.of[name] = column
    told = options.get("columnType")
    kind = class_of(told) if isinstance(told, str) else None
    nullable = _nullable(node, options)
    target = _target(source, decorator, options)
    entity.columns[column] = ExpectedColumn(column, kind, nullable, line_of(node), None, target)


def _target(source: Source, decorator: _Decorator, options: _Options) -> str | None:
    """The table of the entity that a relation points to, where that is written in this project."""
    entity = options.nodes.get("entity") or next((each for each in decorator.given if each.kind() != "object"), None)
    if entity is None:
        return None
    inner = unwrapped(entity)
    body = inner.field("body") if inner.kind() == "arrow_function" else inner
    found = source.resolve(unwrapped(body or inner).text())
    return _table_of(*found) if found is not None and found[1].kind() in _CLASSES else None


def _index(source: Source, decorator: _Decorator, entity: _Entity, name: str | None) -> None:
    """`@Index` and `@Unique`, on a property or, with `properties`, on the class."""
    options = _Options(source, decorator)
    entity.unread.extend(options.unread)
    unique = decorator.name == "Unique"
    told = options.get("properties")
    wanted = [name] if name is not None else [told] if isinstance(told, str) else told
    line = line_of(decorator.node)
    if not isinstance(wanted, list):
        if isinstance(options.get("name"), str):
            entity.indexes.append(ExpectedIndex(options.known["name"], (), unique, line))
        else:
            entity.unread.append(source.unread(decorator.node, "its columns are not written out"))
        return
    columns = tuple(entity.of.get(str(each), snake(str(each))) for each in wanted)
    default = f"{entity.table}_{'_'.join(columns)}_{'unique' if unique else 'index'}"
    entity.indexes.append(ExpectedIndex(str(options.get("name") or default), columns, unique, line))
