"""JSON Schemas in one plain form: references followed, `allOf` folded together, each way through `anyOf` and `oneOf`
a shape of its own, and `nullable`, `const` and a boolean `exclusiveMaximum` written as later editions do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.drift_documents import Node, node

UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
NOTHING_SAID = {"minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False}
BELOW = ("items", "additionalProperties", "propertyNames", "contains")
"""Keywords that hold one schema. `additionalProperties` and others may be a boolean instead."""

_FOLDED = frozenset({"allOf", "anyOf", "oneOf", "nullable", "const", "type", "properties", "required"})
_NULL: frozenset[str] = frozenset({"null"})
_NUMBERS = frozenset({"number", "integer"})


@dataclass
class Shape:
    """One form that a value may have.

    types: None for any; "number" holds "integer" too. words: other keywords, each with its pointer; those of BELOW are
    Nodes. required: names, each with its pointer.
    """

    pointer: str
    name: str = ""
    types: frozenset[str] | None = None
    properties: dict[str, Node] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    words: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def word(self, name: str) -> Any:
        """What a keyword says; None when it says nothing."""
        value = self.words.get(name, (None, ""))[0]
        return None if name in NOTHING_SAID and value == NOTHING_SAID[name] else value

    def where(self, name: str) -> str:
        """The pointer of a keyword, or of the shape when it has none."""
        return self.words.get(name, (None, self.pointer))[1]

    def called(self) -> str:
        """In words: its name, what it may be, or its types."""
        allowed = self.word("enum")
        if allowed:
            return " or ".join(repr(one) for one in allowed)
        return self.name or typed(self.types)


def typed(types: frozenset[str] | None) -> str:
    """Types in words: "number or null", "anything"."""
    if types is None:
        return "anything"
    shown = types - {"integer"} if "number" in types else types
    return " or ".join([*sorted(shown - {"null"}), *(["null"] if "null" in shown else [])])


def shapes(schema: Node) -> list[Shape]:
    """Every form that a schema allows, one or more."""
    value = schema.value
    if not isinstance(value, Mapping):
        return [Shape(schema.pointer, words={} if value is True else {"not": (True, schema.pointer)})]
    found = [_own(schema)]
    for number in range(len(value.get("allOf") or ())):
        branch = schema.child("allOf")
        part = branch.child(number) if branch else None
        if part is not None:
            found = [_both(one, other) for one in found for other in shapes(part)]
    for keyword in ("anyOf", "oneOf"):
        choices = schema.child(keyword)
        if choices is not None and choices.value:
            ways = [each for each in map(choices.child, range(len(choices.value))) if each is not None]
            found = [_both(one, other) for one in found for way in ways for other in shapes(way)]
    return _nulls(found)


def _own(schema: Node) -> Shape:
    """What a schema says itself, without what it is put together from."""
    value = schema.value
    named = schema.pointer.startswith("#/components/schemas/") and schema.pointer.count("/") == 3
    shape = Shape(schema.pointer, schema.pointer.rpartition("/")[2] if named else str(value.get("title", "")))
    shape.types = _types(value)
    shape.properties = schema.children("properties")
    listed = value.get("required")
    if isinstance(listed, list):
        shape.required = {str(name): f"{schema.at('required')}/{at}" for at, name in enumerate(listed)}
    for name, word in value.items():
        pointer = schema.at(name)
        if name in BELOW:
            shape.words[name] = (schema.child(name) if isinstance(word, Mapping) else word, pointer)
        elif name not in _FOLDED and not name.startswith("x-"):
            shape.words[name] = (word, pointer)
    if "const" in value:
        shape.words["enum"] = ([value["const"]], schema.at("const"))
    for strict, plain in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        if shape.words.get(strict, (None,))[0] is True and plain in shape.words:  # as OpenAPI 3.0 says it
            shape.words[strict] = shape.words.pop(plain)
        elif isinstance(shape.words.get(strict, (None,))[0], bool):
            del shape.words[strict]
    _without_null(shape)
    return shape


def _types(value: Mapping[str, Any]) -> frozenset[str] | None:
    said = value.get("type")
    if said is None:
        return None
    types = set(said) if isinstance(said, list) else {str(said)}
    types |= _NUMBERS if "number" in types else set()
    return frozenset(types | ({"null"} if value.get("nullable") is True else set()))


def _without_null(shape: Shape) -> None:
    """A null among the allowed values is said by the types alone."""
    allowed, pointer = shape.words.get("enum", (None, ""))
    if isinstance(allowed, list) and shape.types and "null" in shape.types:
        shape.words["enum"] = ([one for one in allowed if one is not None], pointer)


def _nulls(found: list[Shape]) -> list[Shape]:
    """`X or null` as X, which may be null: the usual way to write it in 3.1."""
    nulls = [one for one in found if one.types == _NULL]
    others = [one for one in found if one.types != _NULL]
    if not nulls or len(others) != 1:
        return found
    only = others[0]
    only.types = None if only.types is None else only.types | {"null"}
    _without_null(only)
    return [only]


def _both(one: Shape, other: Shape) -> Shape:
    """A form that is both."""
    types = one.types if other.types is None else other.types if one.types is None else one.types & other.types
    pointer, name = (one.pointer, one.name) if one.properties or not other.name else (other.pointer, other.name)
    folded = Shape(pointer, name, types, dict(one.properties), {**other.required, **one.required}, dict(one.words))
    for name, schema in other.properties.items():
        own = folded.properties.get(name)
        folded.properties[name] = schema if own is None or own == schema else _together(own, schema)
    for word, (value, where) in other.words.items():
        said = folded.words.get(word)
        folded.words[word] = (value, where) if said is None else (_stricter(word, said[0], value), said[1])
    _without_null(folded)
    return folded


def _stricter(word: str, one: Any, other: Any) -> Any:
    """What two statements of one keyword come to."""
    if word in UPPER:
        return min(one, other)
    if word in LOWER:
        return max(one, other)
    if word == "enum":
        return [each for each in one if each in other]
    if isinstance(one, Node) and isinstance(other, Node):
        return _together(one, other)
    if word in BELOW:
        return one if isinstance(one, Node) or one is False else other
    return one if one == other or word in ("title", "description", "examples", "example") else [one, other]


def _together(one: Node, other: Node) -> Node:
    return node(one.document, {"allOf": [one.value, other.value]}, one.pointer)
