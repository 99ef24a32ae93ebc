"""What an expression of TypeScript stands for, as far as it is written out: nothing is executed and nothing guessed.

Known are literals, what is put together of literals, and names bound to them in the file or in one that it imports
by a relative path. Everything else raises NotReadable with the place and the reason.
"""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from suites.migrations.mikro.typescript import (
    WRAPPERS,
    NotReadable,
    arguments,
    line_of,
    named,
    parameter_name,
    text_of,
    unescaped,
    unwrapped,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ast_grep_py import SgNode

    from suites.migrations.mikro.typescript import Source

Value: TypeAlias = Any
"""str, int, float, bool, None, a list, a dict, or a Function."""

_ANSWER = "a call's answer is only known to a running program"
_FOLLOWED: set[str] = set()  # names and functions whose values are being found: what is made of itself ends there


@dataclass(frozen=True)
class Function:
    """An arrow function, or one that returns at once, with what it can see."""

    source: Source
    parameters: tuple[str, ...]
    body: SgNode
    names: Mapping[str, Value]


@dataclass(frozen=True)
class Unknown:
    """What a name is bound to when only a running program knows; evaluating it raises NotReadable."""

    why: str


def value_of(source: Source, node: SgNode, names: Mapping[str, Value] | None = None) -> Value:
    """What an expression stands for. Raises NotReadable where only a running program knows."""
    read_it = _READERS.get(str(node.kind()))
    if read_it is None:
        raise NotReadable(node, f"its value ({str(node.kind()).replace('_', ' ')}) is only known to a running program")
    return read_it(source, node, names or {})


def words_of(source: Source, node: SgNode, names: Mapping[str, Value] | None = None) -> str:
    """The same, of an expression that has to be a text."""
    value = value_of(source, node, names)
    if not isinstance(value, str):
        raise NotReadable(node, "this is no text")
    return value


def key_of(source: Source, pair: SgNode, names: Mapping[str, Value] | None = None) -> str:
    """The name of a member of an object literal."""
    key = pair.field("key")
    if key is None:
        raise NotReadable(pair, "this member has no name that can be read")
    if key.kind() == "string":
        return text_of(key)
    return str(value_of(source, named(key)[0], names)) if key.kind() == "computed_property_name" else key.text()


def as_text(value: Value, node: SgNode) -> str:
    """A value as JavaScript writes it into a template. Raises NotReadable for an object or a function."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return ",".join("" if each is None else as_text(each, node) for each in value)
    raise NotReadable(node, "an object has no text of its own")


def _string(_source: Source, node: SgNode, _names: Mapping[str, Value]) -> str:
    return _joined(text_of(node))


def _joined(text: str) -> str:
    """A character that two escapes write as a pair of surrogates is one character."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _template(source: Source, node: SgNode, names: Mapping[str, Value]) -> str:
    parts = []
    for child in node.children():
        if child.kind() == "template_substitution":
            inside = named(child)[0]
            parts.append(as_text(value_of(source, inside, names), inside))
        elif child.is_named():
            parts.append(unescaped(child))
    return _joined("".join(parts))


def _number(_source: Source, node: SgNode, _names: Mapping[str, Value]) -> int | float:
    text = node.text().replace("_", "").rstrip("n")
    try:
        return int(text, 0)
    except ValueError:
        return float(text)


def _identifier(source: Source, node: SgNode, names: Mapping[str, Value]) -> Value:
    name = node.text()
    if name in names:
        return _known(names[name], node)
    return _resolved(source, node, source.resolve(name), name)


def _resolved(source: Source, node: SgNode, found: tuple[Source, SgNode] | None, key: str) -> Value:
    if found is None:
        raise NotReadable(node, f"{node.text()} is set nowhere in this project's own files")
    holder, declaration = found
    with _once(f"{holder.file}#{key}", node):
        try:
            return value_of(holder, declaration)
        except NotReadable as problem:
            if holder is source:
                raise
            where = f"{holder.file.name}:{line_of(problem.node)}"
            raise NotReadable(node, f"{problem.why} ({where})") from None


@contextlib.contextmanager
def _once(mark: str, node: SgNode) -> Iterator[None]:
    """Follow a name or function that is not being followed already."""
    if mark in _FOLLOWED:
        raise NotReadable(node, f"{node.text()} is made of itself")
    _FOLLOWED.add(mark)
    try:
        yield
    finally:
        _FOLLOWED.discard(mark)


def _known(value: Value, node: SgNode) -> Value:
    if isinstance(value, Unknown):
        raise NotReadable(node, value.why)
    return value


def _binary(source: Source, node: SgNode, names: Mapping[str, Value]) -> Value:
    left, right, operator = node.field("left"), node.field("right"), node.field("operator")
    if left is None or right is None or operator is None:
        raise NotReadable(node, "only a running program can decide this")
    one, other = value_of(source, left, names), value_of(source, right, names)
    if operator.text() in {"===", "=="}:
        return one == other
    if operator.text() in {"!==", "!="}:
        return one != other
    if operator.text() != "+":
        raise NotReadable(node, "only a running program can decide this")
    if all(isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other)):
        return one + other
    return as_text(one, left) + as_text(other, right)


def _unary(source: Source, node: SgNode, names: Mapping[str, Value]) -> Value:
    operand, operator = node.field("argument"), node.field("operator")
    if operand is None or operator is None or operator.text() not in {"-", "!"}:
        raise NotReadable(node, "only a running program can decide this")
    value = value_of(source, operand, names)
    if operator.text() == "!":
        return not value and not isinstance(value, list | dict)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotReadable(node, "this is no number")
    return -value


def _array(source: Source, node: SgNode, names: Mapping[str, Value]) -> list[Value]:
    values: list[Value] = []
    for child in named(node):
        if child.kind() == "spread_element":
            values.extend(_list(source, named(child)[0], names))
        else:
            values.append(value_of(source, child, names))
    return values


def _list(source: Source, node: SgNode, names: Mapping[str, Value]) -> list[Value]:
    value = value_of(source, node, names)
    if not isinstance(value, list):
        raise NotReadable(node, "this is no list")
    return value


def _object(source: Source, node: SgNode, names: Mapping[str, Value]) -> dict[str, Value]:
    members: dict[str, Value] = {}
    for child in named(node):
        if child.kind() == "pair":
            value = child.field("value")
            assert value is not None
            members[key_of(source, child, names)] = value_of(source, value, names)
        elif child.kind() == "shorthand_property_identifier":
            members[child.text()] = _identifier(source, child, names)
        elif child.kind() == "spread_element":
            inside = value_of(source, named(child)[0], names)
            members.update(inside if isinstance(inside, dict) else {})
        else:
            raise NotReadable(child, "a method is no value")
    return members


def _enum(source: Source, node: SgNode, _names: Mapping[str, Value]) -> dict[str, Value]:
    members: dict[str, Value] = {}
    count = 0
    for child in named(node.field("body")):
        if child.kind() == "enum_assignment":
            name, value = child.field("name"), child.field("value")
            assert name is not None
            assert value is not None
            members[name.text()] = value_of(source, value)
            count = members[name.text()] + 1 if isinstance(members[name.text()], int) else count
        else:
            members[child.text()] = count
            count += 1
    return members


def _member(source: Source, node: SgNode, names: Mapping[str, Value]) -> Value:
    found = source.member(node)
    if found is not None:
        return _resolved(source, node, found, node.text())
    holder, name = node.field("object"), node.field("property")
    assert holder is not None
    assert name is not None
    if holder.kind() == "this" and f"this.{name.text()}" in names:
        return _known(names[f"this.{name.text()}"], node)
    return _of(value_of(source, holder, names), name.text(), node)


def _subscript(source: Source, node: SgNode, names: Mapping[str, Value]) -> Value:
    holder, index = node.field("object"), node.field("index")
    assert holder is not None
    assert index is not None
    return _of(value_of(source, holder, names), value_of(source, index, names), node)


def _of(holder: Value, key: Value, node: SgNode) -> Value:
    if key == "length" and isinstance(holder, list | str):
        return len(holder)
    try:
        return _known(holder[key], node)
    except (KeyError, IndexError, TypeError):
        raise NotReadable(node, "there is no such member in what is written out") from None


def _arrow(source: Source, node: SgNode, names: Mapping[str, Value]) -> Function:
    body = node.field("body")
    assert body is not None
    single = node.field("parameter")
    taken = [single] if single is not None else named(node.field("parameters"))
    return Function(source, tuple(map(parameter_name, taken)), body, names)


def applied(function: Value, given: list[Value], node: SgNode) -> Value:
    """What a function of one expression gives. Raises NotReadable for functions that do more than that."""
    if not isinstance(function, Function):
        raise NotReadable(node, _ANSWER)
    inside = named(function.body) if function.body.kind() == "statement_block" else []
    returned = named(inside[0]) if len(inside) == 1 and inside[0].kind() == "return_statement" else []
    if function.body.kind() == "statement_block" and not returned:
        raise NotReadable(node, "only functions that return one expression can be followed")
    missing = dict.fromkeys(function.parameters, Unknown("it is not given"))
    names = {**function.names, **missing, **dict(zip(function.parameters, given, strict=False))}
    body = returned[0] if returned else function.body
    with _once(f"{function.source.file}({body.range().start.index})", node):
        try:
            return value_of(function.source, body, names)
        except NotReadable as problem:
            raise NotReadable(node, f"{problem.node.text()}: {problem.why}") from None


def _call(source: Source, node: SgNode, names: Mapping[str, Value]) -> Value:
    called = node.field("function")
    if called is None or called.kind() not in {"member_expression", "identifier"}:
        raise NotReadable(node, _ANSWER)
    if called.kind() == "identifier":
        try:
            function = value_of(source, called, names)
        except NotReadable:
            raise NotReadable(node, _ANSWER) from None
        return applied(function, [value_of(source, each, names) for each in arguments(node)], node)
    return _method(source, node, called, names)


def _method(source: Source, node: SgNode, called: SgNode, names: Mapping[str, Value]) -> Value:
    """A call of something's method: `["a", "b"].join()`, `Object.values(Status)`."""
    given = arguments(node)
    holder, method = called.field("object"), called.field("property")
    assert holder is not None
    assert method is not None
    if holder.text() == "Object" and method.text() in _OF_OBJECTS and len(given) == 1:
        value = value_of(source, given[0], names)
        if isinstance(value, dict):
            return _OF_OBJECTS[method.text()](value)
    if method.text() == "map" and len(given) == 1:
        function = value_of(source, given[0], names)
        return [applied(function, [each], node) for each in _list(source, holder, names)]
    known = _METHODS.get(method.text())
    if known is None:
        raise NotReadable(node, _ANSWER)
    value = value_of(source, holder, names)
    try:
        return known(value, *(value_of(source, each, names) for each in given))
    except (AttributeError, TypeError):
        raise NotReadable(node, _ANSWER) from None


def _wrapped(source: Source, node: SgNode, names: Mapping[str, Value]) -> Value:
    return value_of(source, named(node)[0], names)


_OF_OBJECTS: dict[str, Callable[[dict[str, Value]], list[Value]]] = {
    "values": lambda value: list(value.values()),
    "keys": list,
    "entries": lambda value: [list(pair) for pair in value.items()],
}
_METHODS: dict[str, Callable[..., Value]] = {
    "join": lambda value, between=",": between.join(value),
    "trim": lambda value: value.strip(),
    "toLowerCase": lambda value: value.lower(),
    "toUpperCase": lambda value: value.upper(),
    "concat": lambda value, *others: functools.reduce(lambda one, other: one + other, others, value),
}
_READERS: dict[str, Callable[[Source, SgNode, Mapping[str, Value]], Value]] = {
    "string": _string,
    "template_string": _template,
    "number": _number,
    "true": lambda *_: True,
    "false": lambda *_: False,
    "null": lambda *_: None,
    "undefined": lambda *_: None,
    "identifier": _identifier,
    "shorthand_property_identifier": _identifier,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "array": _array,
    "object": _object,
    "enum_declaration": _enum,
    "member_expression": _member,
    "subscript_expression": _subscript,
    "arrow_function": _arrow,
    "function_declaration": _arrow,
    "function_expression": _arrow,
    "call_expression": _call,
    **dict.fromkeys(WRAPPERS, _wrapped),
}


def members(source: Source, node: SgNode) -> Iterator[tuple[str, SgNode]]:
    """The members of an object literal, each by name with its expression. Raises NotReadable for an unknown spread."""
    for child in named(node):
        if child.kind() == "pair":
            value = child.field("value")
            assert value is not None
            yield key_of(source, child), value
        elif child.kind() == "shorthand_property_identifier":
            yield child.text(), child
        elif child.kind() == "spread_element":
            inside = unwrapped(named(child)[0])
            found = source.resolve(inside.text())
            if found is None or found[1].kind() != "object":
                raise NotReadable(child, "what it spreads is not written out here")
            yield from members(*found)
        else:
            raise NotReadable(child, "a method is no member that can be read")
