"""Where Medusa's data models are written, and how: definitions, properties as chains of calls, and what they point to.

`model.define("wallet", { id: model.id().primaryKey(), … }).indexes([…])`, in source or compiled (`utils_1.model`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suites.migrations.mikro.expected_tables import ExpectedColumn, ExpectedIndex, snake
from suites.migrations.mikro.literals import value_of
from suites.migrations.mikro.typescript import NotReadable, Unread, arguments, named, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from suites.migrations.mikro.typescript import Source

_MODEL = re.compile(r"(^|\.)model$")


@dataclass
class Model:
    """One `model.define(…)`: schema holds its members by name, with the file in which each is written."""

    source: Source
    node: SgNode
    name: str
    table: str
    module: str
    schema: dict[str, tuple[Source, SgNode]]
    unread: list[Unread] = field(default_factory=list)
    columns: dict[str, ExpectedColumn] = field(default_factory=dict)
    indexes: list[ExpectedIndex] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    primary_key: list[str] = field(default_factory=list)

    def index(self, columns: list[str], line: int, *, unique: bool = False, name: str | None = None) -> None:
        bare = self.table.rpartition(".")[2]
        called = name or f"IDX_{bare}_{'_'.join(columns)}{'_unique' if unique else ''}"
        self.indexes.append(ExpectedIndex(called, tuple(columns), unique, line))


@dataclass(frozen=True)
class Chain:
    """`model.text().nullable().index("x")`: what it begins with, and what is called on that."""

    base: str
    given: list[SgNode]
    calls: list[tuple[str, list[SgNode]]]

    @property
    def nullable(self) -> bool:
        return any(name == "nullable" for name, _ in self.calls)


def defined_in(source: Source) -> Iterator[SgNode]:
    """The calls of `model.define` in a file."""
    for call in source.root.find_all(kind="call_expression"):
        if _is_define(call):
            yield call


def _is_define(call: SgNode) -> bool:
    called = call.field("function")
    holder, name = (None, None) if called is None else (called.field("object"), called.field("property"))
    return holder is not None and name is not None and name.text() == "define" and bool(_MODEL.search(holder.text()))


def model_at(source: Source, node: SgNode, module: str) -> Model:
    """The model that a call of `model.define` makes. Raises NotReadable for a name or schema not written out."""
    given = arguments(node)
    if len(given) != 2:
        raise NotReadable(node, "a model has a name and a schema")
    named_by = value_of(source, given[0])
    if isinstance(named_by, str):
        name, table = named_by.rpartition(".")[2] if "." in named_by else named_by, named_by
    elif isinstance(named_by, dict) and isinstance(named_by.get("tableName"), str):
        table = named_by["tableName"]
        name = str(named_by.get("name") or table).rpartition(".")[2]
    else:
        raise NotReadable(given[0], "this is no name of a model")
    model = Model(source, node, _class_name(name), snake(table), module, {})
    schema, holder = unwrapped(given[1]), source
    if schema.kind() == "identifier":
        found = source.resolve(schema.text())
        holder, schema = found if found is not None else (source, schema)
    if schema.kind() != "object":
        raise NotReadable(schema, "the schema is not written out as an object")
    for child in named(schema):
        try:
            model.schema.update(_own(holder, child))
        except NotReadable as problem:
            model.unread.append(holder.unread(problem.node, problem.why))
    return model


def _own(source: Source, child: SgNode) -> Iterator[tuple[str, tuple[Source, SgNode]]]:
    """One member of a schema; a spread is all of what it spreads, written where that is."""
    if child.kind() == "pair":
        value, key = child.field("value"), child.field("key")
        assert value is not None
        assert key is not None
        yield key.text().strip("\"'"), (source, value)
    elif child.kind() == "spread_element":
        found = source.resolve(named(child)[0].text())
        if found is None or unwrapped(found[1]).kind() != "object":
            raise NotReadable(child, "what it spreads is not written out here")
        for each in named(unwrapped(found[1])):
            yield from _own(found[0], each)
    else:
        raise NotReadable(child, "a member of a schema is written as `name: model.…`")


def chain_of(source: Source, node: SgNode) -> Chain:
    """The calls of a property. Raises NotReadable for anything that does not begin at `model`."""
    calls: list[tuple[str, list[SgNode]]] = []
    inner = unwrapped(node)
    if inner.kind() == "identifier":
        found = source.resolve(inner.text())
        inner = unwrapped(found[1]) if found is not None else inner
    while inner.kind() == "call_expression":
        called = inner.field("function")
        holder, name = (None, None) if called is None else (called.field("object"), called.field("property"))
        if holder is None or name is None:
            break
        if _MODEL.search(holder.text()):
            return Chain(name.text(), arguments(inner), calls[::-1])
        calls.append((name.text(), arguments(inner)))
        inner = unwrapped(holder)
    raise NotReadable(node, "this property does not begin with `model.`")


def pointed_to(source: Source, chain: Chain) -> Model | None:
    """The model that a relation points to: `() => Wallet`."""
    target = unwrapped(chain.given[0]) if chain.given else None
    body = target.field("body") if target is not None and target.kind() == "arrow_function" else None
    if body is None:
        return None
    inner = unwrapped(body)
    found = source.resolve(inner.text()) if inner.kind() == "identifier" else source.member(inner)
    if found is None:
        return None
    holder, node = found[0], unwrapped(found[1])
    while node.kind() == "call_expression" and not _is_define(node):
        called = node.field("function")
        below = called.field("object") if called is not None else None
        if below is None:
            return None
        node = unwrapped(below)
    return model_at(holder, node, "") if node.kind() == "call_expression" else None


def called_on(node: SgNode) -> Iterator[tuple[str, list[SgNode]]]:
    """What is called on a model after `define`: `.indexes([...])`, `.checks([...])`."""
    holder = node.parent()
    while holder is not None and holder.kind() == "member_expression":
        call, name = holder.parent(), holder.field("property")
        if call is None or name is None or call.kind() != "call_expression":
            return
        yield name.text(), arguments(call)
        holder = call.parent()


def _class_name(name: str) -> str:
    """The class that Medusa names a model by: "trade_in" → "TradeIn"."""
    if not re.fullmatch(r"[a-zA-Z]+(?:[A-Z][a-z]+)+", name):
        name = re.sub(r"[^a-zA-Z0-9]+(.)", lambda match: match[1].upper(), name.lower())
    return name[:1].upper() + name[1:]
