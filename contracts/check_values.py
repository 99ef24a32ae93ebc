"""Values and Pact's matchers against the schemas of the facts: what differs, and which statement says so.

A consumer may ask for less than a vendor gives, never for more: so an answer is judged without its schema's
`required`, while a request is judged with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contracts.facts import escaped

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError

    from contracts.facts import Schema

Path = tuple[str | int, ...]
ANY = "*"
_TYPES = frozenset({"string", "number", "integer", "boolean", "null", "array", "object"})
_DEMANDS = ("required", "dependentRequired", "minProperties")
_PLAIN = ("enum", "const", "example", "examples", "default")
_WANTS: Mapping[str, str] = {
    **dict.fromkeys(("regex", "date", "time", "datetime", "timestamp", "include", "semver"), "string"),
    "integer": "integer",
    "decimal": "decimal",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
    "arrayContains": "array",
}
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]|\[(?P<star>\*)\]|\['(?P<quoted>[^']*)'\]")


@dataclass(frozen=True, slots=True)
class Difference:
    """path: in the value. says: a clause without a full stop. pointer: in the facts, of the statement."""

    path: Path
    says: str
    pointer: str


def spelled(path: Path) -> str:
    """A path as people write it: $.items[0].qty."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) or part == ANY else f".{part}" for part in path)


def steps(path: str) -> Path:
    """A path of Pact's: `$.items[*]['a-b']`, of which `*` stands for each."""
    found: list[str | int] = []
    for step in _STEP.finditer(path.removeprefix("$")):
        if step["index"] is not None:
            found.append(int(step["index"]))
        else:
            found.append(step["star"] or step["name"] or step["quoted"])
    return tuple(found)


# Values


def differences(value: object, schema: Schema, pointer: str, *, whole: bool) -> Iterator[Difference]:
    """What of a value the schema does not allow. whole: the value is all there is, so nothing required may lack."""
    from jsonschema_rs import Draft202012Validator

    judged = schema if whole else loosened(schema)
    for error in Draft202012Validator(judged, validate_formats=True).iter_errors(value):
        yield from _explained(error, pointer)
    if whole:
        yield from _computed(value, schema, pointer)


def loosened(schema: Schema) -> Schema:
    """The schema for a part of a value: nothing is required in it."""
    if isinstance(schema, list):
        return [loosened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for name, each in schema.items():
        if name in ("properties", "patternProperties"):
            kept[name] = {own: loosened(inner) for own, inner in each.items()}
        elif name not in _DEMANDS:
            kept[name] = each if name in _PLAIN else loosened(each)
    return kept


def _explained(error: ValidationError, pointer: str) -> Iterator[Difference]:
    """An error in plain words; of alternatives, what is wrong with the one that comes nearest."""
    kind: Any = error.kind
    path: Path = tuple(error.instance_path)
    at = _below(pointer, error.schema_path)
    if kind.name in ("anyOf", "oneOf") and kind.context:
        number, nearest = min(enumerate(kind.context), key=lambda each: _distance(each[1], len(path)))
        if not _distance(nearest, len(path))[0]:
            base = f"{at}/{number}"
            for inner in nearest:
                yield Difference(tuple(inner.instance_path), _words(inner), _within(base, inner.schema_path))
            return
    yield Difference(path, _words(error), at)


def _below(pointer: str, path: Sequence[str | int]) -> str:
    return "/".join([pointer, *(escaped(str(part)) for part in path)])


def _within(base: str, path: Sequence[str | int]) -> str:
    """The place of an error of an alternative, whose path begins at the alternative or at the whole schema."""
    after = [str(part) for part in path]
    for number in range(len(after) - 1, 0, -1):
        if after[number - 1] in ("anyOf", "oneOf") and base.endswith("/".join(after[: number + 1])):
            after = after[number + 1 :]
            break
    return _below(base, after)


def _distance(errors: Sequence[ValidationError], depth: int) -> tuple[int, int]:
    """How far a value is from an alternative: one of the right type is nearer than any other."""
    wrong_type = sum(error.kind.name == "type" and len(error.instance_path) == depth for error in errors)
    return wrong_type, len(errors)


def _words(error: ValidationError) -> str:
    kind: Any = error.kind
    shown = _shown(error.instance)
    match kind.name:
        case "additionalProperties" | "unevaluatedProperties":
            return f"{listed(kind.unexpected)} is no field of it"
        case "type":
            return f"{shown} is not of the type {' or '.join(kind.types)}"
        case "required":
            return f"{kind.property} is missing"
        case "not" if error.instance_path and not kind.as_dict().get("schema"):
            return f"{error.instance_path[-1]} is not there"
        case "pattern":
            return f"{shown} has not the form {kind.pattern}"
        case "enum":
            return f"{shown} is none of {listed(kind.options)}"
        case _:
            return str(error.message)


def listed(names: object) -> str:
    """Names as a list in a sentence."""
    several = names if isinstance(names, list | tuple | set | frozenset) else [names]
    return ", ".join(str(name) for name in several)


def _shown(value: object, most: int = 60) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _computed(value: object, schema: Schema, pointer: str) -> Iterator[Difference]:
    """What is sent although the vendor computes it itself (`readOnly`)."""
    for path, each, inner, at in walk(value, schema, pointer):
        if isinstance(each, dict):
            for name, own in inner.get("properties", {}).items():
                if name in each and isinstance(own, dict) and own.get("readOnly"):
                    yield Difference((*path, name), f"{name} is computed there", f"{at}/properties/{escaped(name)}")


def walk(value: object, schema: Schema, pointer: str, path: Path = ()) -> Iterator[tuple[Path, Any, Any, str]]:
    """Each part of a value with each schema that it stands under, and where that is."""
    if not isinstance(schema, dict):
        return
    yield path, value, schema, pointer
    for name in ("allOf", "anyOf", "oneOf"):
        for number, inner in enumerate(schema.get(name, ())):
            yield from walk(value, inner, f"{pointer}/{name}/{number}", path)
    if isinstance(value, dict):
        for name, each in value.items():
            for inner, at in _members(schema, name):
                yield from walk(each, inner, f"{pointer}/{at}", (*path, name))
    elif isinstance(value, list) and "items" in schema:
        for number, each in enumerate(value):
            yield from walk(each, schema["items"], f"{pointer}/items", (*path, number))


def _members(schema: Mapping[str, Any], name: str) -> list[tuple[Schema, str]]:
    own = schema.get("properties", {})
    if name in own:
        return [(own[name], f"properties/{escaped(name)}")]
    rest = schema.get("additionalProperties")
    return [(rest, "additionalProperties")] if isinstance(rest, dict) else []


# Matchers


def contradictions(rules: Mapping[str, Any], schema: Schema, pointer: str) -> Iterator[Difference]:
    """Matchers of a body that the vendor's values can never satisfy. rules: by path, as in a contract."""
    for path, rule in rules.items():
        where = steps(path)
        found = list(_at(schema, where, pointer))
        for matcher in rule.get("matchers", ()):
            if found:
                yield from _contradiction(matcher, where, found)


def _at(schema: Schema, path: Path, pointer: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The schemas that a path leads to; none where the facts say nothing."""
    if not isinstance(schema, dict):
        return
    for name in ("allOf", "anyOf", "oneOf"):
        for number, inner in enumerate(schema.get(name, ())):
            yield from _at(inner, path, f"{pointer}/{name}/{number}")
    if not path:
        yield schema, pointer
        return
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        for inner, at in _members(schema, step):
            yield from _at(inner, rest, f"{pointer}/{at}")
    if (isinstance(step, int) or step == ANY) and "items" in schema:
        yield from _at(schema["items"], rest, f"{pointer}/items")


def _contradiction(
    matcher: Mapping[str, Any], path: Path, found: Sequence[tuple[Mapping[str, Any], str]]
) -> Iterator[Difference]:
    kind = str(matcher.get("match", ""))
    counted = kind == "type" and ("min" in matcher or "max" in matcher)
    wanted = "array" if counted else _WANTS.get(kind)
    given = frozenset[str]().union(*(types(schema) for schema, _ in found))
    pointer = found[0][1]
    if wanted is not None and not _gives(given, wanted):
        yield Difference(path, f"the matcher {kind} wants {wanted}, and {listed(sorted(given))} comes", pointer)
    elif kind == "regex" and not _any_fits(str(matcher.get("regex", "")), [schema for schema, _ in found]):
        yield Difference(path, f"nothing that comes there fits the matcher {matcher.get('regex')}", pointer)


def _gives(given: frozenset[str], wanted: str) -> bool:
    """Whether a value of these types can be what is wanted. A number may be written 10.0, which is no integer."""
    alike = {"decimal": {"number"}, "number": {"number", "integer"}}
    return bool(given & alike.get(wanted, {wanted}))


def types(schema: Mapping[str, Any]) -> frozenset[str]:
    """Of which types a value may be."""
    own = schema.get("type")
    if own is not None:
        return frozenset([own] if isinstance(own, str) else own)
    if "const" in schema or "enum" in schema:
        return frozenset(map(_type_of, schema.get("enum", [schema.get("const")])))
    nested_types = [
        types(each) for name in ("anyOf", "oneOf") for each in schema.get(name, ()) if isinstance(each, dict)
    ]
    return frozenset[str]().union(*nested_types) if nested_types else _TYPES


def _type_of(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    named = {str: "string", int: "integer", float: "number", list: "array"}
    return named.get(type(value), "object")


def _any_fits(pattern: str, schemas: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of a closed set of texts fits a pattern; true where the set is open, or the pattern not Python's."""
    closed = [each.get("enum", [each["const"]] if "const" in each else None) for each in schemas]
    if any(each is None for each in closed):
        return True
    texts = [text for each in closed for text in each or () if isinstance(text, str)]
    try:
        return not texts or any(re.search(pattern, text) for text in texts)
    except re.error:
        return True


# Texts, as they stand in a query or a header


def read_text(text: str, schema: Schema) -> object:
    """A text as the type that the schema has for it; as it is where it is none of that type."""
    wanted = types(schema) if isinstance(schema, dict) else _TYPES
    if "string" in wanted:
        return text
    if "boolean" in wanted and text in ("true", "false"):
        return text == "true"
    if wanted & {"integer", "number"}:
        try:
            return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
        except ValueError:
            return text
    return text


def read_texts(value: object, schema: Schema) -> object:
    """A tree of texts (a query in brackets) as the types that the schema has for them."""
    known = schema if isinstance(schema, dict) else {}
    for name in ("anyOf", "oneOf"):
        for inner in known.get(name, ()):
            if isinstance(inner, dict) and _type_of(value) in types(inner):
                return read_texts(value, inner)
    if isinstance(value, dict):
        wanted = types(known)
        if "array" in wanted and "object" not in wanted and all(name.isdecimal() for name in value):
            return [read_texts(each, _item(known, int(name))) for name, each in value.items()]
        return {name: read_texts(each, _member(known, name)) for name, each in value.items()}
    return read_text(value, schema) if isinstance(value, str) else value


def _member(schema: Mapping[str, Any], name: str) -> Schema:
    found = _members(schema, name)
    return found[0][0] if found else True


def _item(schema: Mapping[str, Any], number: int) -> Schema:
    first = schema.get("prefixItems", [])
    return first[number] if number < len(first) else schema.get("items", True)


def put(name: str, value: object, tree: dict[str, Any]) -> None:
    """Put `a[b][0]` with its value into a tree, as PHP and qs read it; `a[]` is numbered on."""
    *outer, last = [name.partition("[")[0], *re.findall(r"\[([^\]]*)\]", name)]
    here = tree
    for part in outer:
        inner = here.get(part)
        if not isinstance(inner, dict):
            here[part] = inner = {}
        here = inner
    here[last or str(len(here))] = value
