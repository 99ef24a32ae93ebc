"""One method of a MikroORM migration followed through its blocks, loops and helpers: what it sends to the database.

`this.execute(…)` runs at once and `this.addSql(…)` is queued until the method has ended. Followed are constants and
concatenation, loops over lists that are written out, helpers of the same class or file, conditions over what is written
out. Everything else that might run something is named as unread.
"""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from suites.migrations.mikro.literals import Function, Unknown, Value, value_of, words_of
from suites.migrations.mikro.typescript import NotReadable, Unread, arguments, line_of, named, parameter_name, unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from ast_grep_py import SgNode

    from suites.migrations.mikro.typescript import Source

_DEPTH = 20  # helpers that call helpers
_HERE = "this"  # what a parameter is bound to that a function is given the migration by


@dataclass(frozen=True)
class Statement:
    """What is sent to the database in one go (it may hold several statements), and where that is written."""

    sql: str
    line: int


@dataclass(frozen=True)
class Method:
    """What `up` or `down` executes, in the order of execution; unread: what it does that can't be known."""

    line: int
    statements: tuple[Statement, ...]
    unread: tuple[Unread, ...] = ()


def follow(source: Source, method: SgNode, methods: dict[str, SgNode], names: dict[str, Value]) -> Method:
    """What a method sends. methods: those of its class, by name; names: the constants of its class."""
    reader = _Reader(source, methods, names)
    reader.body(method, [], named(method.field("parameters")))
    return Method(line_of(method), tuple(reader.at_once + reader.queued), tuple(reader.unread))


class _Returned(Exception):
    """The method ended here."""


@dataclass
class _Reader:
    """Follows one method through its blocks, loops and helpers."""

    source: Source
    methods: dict[str, SgNode]
    fields: dict[str, Value]
    at_once: list[Statement] = field(default_factory=list)
    queued: list[Statement] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    names: ChainMap[str, Value] = field(default_factory=ChainMap)
    depth: int = 0

    def body(self, function: SgNode, given: list[Value], parameters: list[SgNode]) -> None:
        """Follow a method or function that is given these values."""
        named_by = [
            each for each in map(parameter_name, parameters) if each != "this"
        ]  # TypeScript's `this: Migration`
        taken = dict.fromkeys(named_by, Unknown("it is not given")) | dict(zip(named_by, given, strict=False))
        outside, self.names = self.names, ChainMap({**self.fields, **taken})
        self.depth += 1
        try:
            block = function.field("body")
            assert block is not None
            if block.kind() == "statement_block":
                self.block(block)
            else:
                self.expression(block)
        except _Returned:
            pass
        finally:
            self.names = outside
            self.depth -= 1

    def block(self, node: SgNode) -> None:
        outside = self.names
        self.names = self.names.new_child()
        try:
            for statement in named(node) if node.kind() == "statement_block" else [node]:
                self.statement(statement)
        finally:
            self.names = outside

    def statement(self, node: SgNode) -> None:
        follow = _STATEMENTS.get(str(node.kind()))
        if follow is None:
            self.unread.append(self.source.unread(node, "what it runs is only known to a running program"))
            return
        try:
            follow(self, node)
        except NotReadable as problem:
            self.unread.append(self.source.unread(problem.node, problem.why))

    def declaration(self, node: SgNode) -> None:
        """`const x = …`: what is not known becomes so where it is used, unless making it may run something."""
        for declarator in named(node):
            name, value = declarator.field("name"), declarator.field("value")
            if name is None or value is None:
                continue
            answer = self.source_of_rows(value)
            if answer is not None:
                self.bind_all(name, answer)
            elif unwrapped(value).kind() == "function_expression" or "getKnex()" in value.text():
                self.bind_all(name, Unknown(f"what {name.text()} builds is only known to a running program"))
            else:
                self.bind(name, value)

    def source_of_rows(self, value: SgNode) -> Unknown | None:
        """For `await this.execute(…)` as a value: it runs, and its answer is not known."""
        inner = unwrapped(value)
        if inner.kind() != "call_expression" or not self.is_mine(inner, "execute"):
            return None
        self.at_once.append(self.sent(inner))
        return Unknown("it depends on what the database answers")

    def bind(self, name: SgNode, value: SgNode) -> None:
        try:
            known = value_of(self.source, unwrapped(value), self.names)
        except NotReadable as problem:
            if value.kind() == "await_expression" or "this" in re.findall(r"[\w$]+", value.text()):
                self.unread.append(self.source.unread(problem.node, problem.why))
            known = Unknown(problem.why)
        if name.kind() == "identifier" or isinstance(known, Unknown):
            self.bind_all(name, known)
        else:
            self.unpack(name, known)

    def bind_all(self, pattern: SgNode, value: Value) -> None:
        found = [pattern] if pattern.kind() == "identifier" else pattern.find_all(kind="identifier")
        short = pattern.find_all(kind="shorthand_property_identifier_pattern")
        for each in [*found, *short]:
            self.names[each.text()] = value

    def unpack(self, pattern: SgNode, value: Value) -> None:
        """`[a, b]` of a list, or a name."""
        if pattern.kind() == "identifier":
            self.names[pattern.text()] = value
        elif pattern.kind() == "array_pattern" and isinstance(value, list) and len(value) >= len(named(pattern)):
            for each, part in zip(named(pattern), value, strict=False):
                self.unpack(each, part)
        elif pattern.kind() == "object_pattern" and isinstance(value, dict):
            for each in named(pattern):
                if each.kind() != "shorthand_property_identifier_pattern" or each.text() not in value:
                    raise NotReadable(each, "only members that are written out can be taken apart")
                self.names[each.text()] = value[each.text()]
        else:
            raise NotReadable(pattern, "only lists and members that are written out can be taken apart")

    def expression_statement(self, node: SgNode) -> None:
        self.expression(named(node)[0])

    def expression(self, node: SgNode) -> None:
        """Something that is done: a statement added or run, a helper called, a name set anew."""
        inner = unwrapped(node)
        if inner.kind() in {"assignment_expression", "augmented_assignment_expression"}:
            self.assignment(inner)
        elif inner.kind() != "call_expression":
            if inner.kind() != "string":  # "use strict"
                raise NotReadable(inner, "what it runs is only known to a running program")
        elif self.is_mine(inner, "addSql"):
            self.queued.append(self.sent(inner))
        elif self.is_mine(inner, "execute"):
            self.at_once.append(self.sent(inner))
        else:
            self.call(inner)

    def assignment(self, node: SgNode) -> None:
        left, right = node.field("left"), node.field("right")
        assert left is not None
        assert right is not None
        holder = next((each for each in self.names.maps if left.text() in each), None)
        if left.kind() != "identifier" or holder is None:
            raise NotReadable(node, "what is set outside this method is only known to a running program")
        try:
            value = value_of(self.source, right, self.names)
            if node.kind() == "augmented_assignment_expression":
                before = words_of(self.source, left, self.names)
                known = isinstance(value, str) and "+=" in node.text()
                value = before + value if known else Unknown("only texts are put together here")
        except NotReadable as problem:
            value = Unknown(problem.why)
        holder[left.text()] = value

    def is_mine(self, call: SgNode, method: str) -> bool:
        """Whether a call is `this.<method>(…)`, also by a parameter that stands for the migration."""
        called = call.field("function")
        holder, name = (None, None) if called is None else (called.field("object"), called.field("property"))
        return name is not None and name.text() == method and self.is_migration(holder)

    def is_migration(self, node: SgNode | None) -> bool:
        return node is not None and (node.kind() == "this" or self.names.get(node.text()) is _HERE)

    def sent(self, call: SgNode) -> Statement:
        """The statement that a call of addSql or execute is given."""
        given = arguments(call)
        if not given:
            raise NotReadable(call, "it is given no statement")
        if len(given) > 1 and not (given[1].kind() == "array" and not named(given[1])):
            raise NotReadable(call, "parameters beside the statement are put in by a running program")
        return Statement(words_of(self.source, self.raw(given[0]), self.names), line_of(call))

    def raw(self, node: SgNode) -> SgNode:
        """What is inside `….raw("…")` or `raw("…")`: knex and MikroORM send it as it stands."""
        inner = unwrapped(node)
        called = inner.field("function") if inner.kind() == "call_expression" else None
        if called is not None and re.search(r"(^|\.)raw$", called.text()) and len(arguments(inner)) == 1:
            return arguments(inner)[0]
        return inner

    def call(self, node: SgNode) -> None:
        called = node.field("function")
        assert called is not None
        holder, name = called.field("object"), called.field("property")
        given = arguments(node)
        if self.depth > _DEPTH:
            raise NotReadable(node, "it calls itself")
        if called.kind() == "identifier":
            self.helper(node, called, given)
        elif holder is None or name is None:
            raise NotReadable(node, "what it runs is only known to a running program")
        elif holder.text() == "console":
            return
        elif self.is_migration(holder) and name.text() in self.methods:
            method = self.methods[name.text()]
            self.body(method, [self.given(each) for each in given], named(method.field("parameters")))
        elif name.text() == "call" and given and self.is_migration(given[0]):
            self.helper(node, holder, given[1:])
        elif name.text() == "forEach" and len(given) == 1:
            self.for_each(holder, given[0])
        else:
            raise NotReadable(node, "what it runs is only known to a running program")

    def given(self, node: SgNode) -> Value:
        if self.is_migration(node):
            return _HERE
        try:
            return value_of(self.source, node, self.names)
        except NotReadable as problem:
            return Unknown(problem.why)

    def helper(self, node: SgNode, called: SgNode, given: list[SgNode]) -> None:
        """A function of the method itself, or of the same file."""
        local = self.names.get(called.text())
        if isinstance(local, Function):
            self.local(local, [self.given(each) for each in given])
            return
        function = self.source.declared.get(called.text())
        if function is None or function.field("body") is None:
            raise NotReadable(node, "what it runs is not written in this file")
        self.body(function, [self.given(each) for each in given], named(function.field("parameters")))

    def local(self, function: Function, given: list[Value]) -> None:
        """A function that sees what the method sees."""
        missing = dict.fromkeys(function.parameters, Unknown("it is not given"))
        outside = self.names
        self.names = outside.new_child({**missing, **dict(zip(function.parameters, given, strict=False))})
        self.depth += 1
        try:
            self.block(function.body) if function.body.kind() == "statement_block" else self.expression(function.body)
        except _Returned:
            pass
        finally:
            self.names = outside
            self.depth -= 1

    def function(self, node: SgNode) -> None:
        """A function declared in the method: nothing runs until it is called."""
        name = node.field("name")
        assert name is not None
        self.names[name.text()] = value_of(self.source, node, self.names)

    def for_each(self, over: SgNode, callback: SgNode) -> None:
        values = value_of(self.source, over, self.names)
        function = value_of(self.source, callback, self.names)
        if not isinstance(values, list) or not isinstance(function, Function):
            raise NotReadable(callback, "only lists and functions that are written out can be followed")
        for index, each in enumerate(values):
            self.local(function, [each, index])

    def loop(self, node: SgNode) -> None:
        """`for (const x of [...])` over what is written out."""
        pattern, over, body = node.field("left"), node.field("right"), node.field("body")
        operator = node.field("operator")
        assert pattern is not None
        assert over is not None
        assert body is not None
        values = value_of(self.source, over, self.names)
        if operator is None or operator.text() != "of" or not isinstance(values, list):
            raise NotReadable(node, "only lists that are written out can be gone through")
        for each in values:
            self.names = self.names.new_child()
            try:
                self.unpack(pattern, each)
                self.block(body)
            finally:
                self.names = self.names.parents

    def condition(self, node: SgNode) -> None:
        """`if` over what is written out; otherwise which way it goes is only known to a running program."""
        test, then, otherwise = node.field("condition"), node.field("consequence"), node.field("alternative")
        assert test is not None
        assert then is not None
        try:
            holds = value_of(self.source, test, self.names)
        except NotReadable as problem:
            raise NotReadable(test, f"which way this goes can't be known: {problem.why}") from None
        if holds or isinstance(holds, list | dict):
            self.block(then)
        elif otherwise is not None:
            self.block(named(otherwise)[0])

    def returned(self, node: SgNode) -> None:
        for inside in named(node):
            if inside.kind() in {"call_expression", "await_expression"}:
                self.expression(inside)
        raise _Returned


_STATEMENTS: dict[str, Callable[[_Reader, SgNode], None]] = {
    "expression_statement": _Reader.expression_statement,
    "lexical_declaration": _Reader.declaration,
    "variable_declaration": _Reader.declaration,
    "statement_block": _Reader.block,
    "function_declaration": _Reader.function,
    "for_in_statement": _Reader.loop,
    "if_statement": _Reader.condition,
    "return_statement": _Reader.returned,
    "empty_statement": lambda *_: None,
}
