"""What each vendor's API is, as far as we use it: one OpenAPI 3.1 document per vendor, every statement with its source.

`x-source` says where a statement comes from: a place in the vendor's source, a recorded exchange, a published page. It
holds for all that stands below it, up to a nearer one. An object is closed (`additionalProperties: false`) where a
field that is not in it would be dropped, or would never come. Beside what OpenAPI has, a document may say:

    x-pattern         of a security scheme: the form of the header's value
    x-key-refused     of an answer: the members of a body with which the vendor says that it does not know the key
    x-left-out        of an object in an answer: when what is not `required` does not come, as "while it is null"
    x-selected-by     of a row in an answer: the query parameter that names its fields (in brackets: and the id)
    x-slashes         of a path parameter: it may hold a slash
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fixtures.exits import UsageError

HERE = Path(__file__).parent
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SOURCE = "x-source"

Schema = Any
"""A JSON Schema: an object or a boolean."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Of a path, a query or a header. json: the value is JSON text. exploded: an object in brackets, `a[b]=c`.

    pointer: of the parameter. at: of its schema.
    """

    name: str
    where: str
    schema: Schema
    pointer: str
    required: bool = False
    json: bool = False
    exploded: bool = False
    slashes: bool = False

    @property
    def at(self) -> str:
        return f"{self.pointer}/content/application~1json/schema" if self.json else f"{self.pointer}/schema"


@dataclass(frozen=True, slots=True)
class Content:
    """What a body may be: a schema by content type."""

    schemas: Mapping[str, Schema]
    pointer: str
    required: bool = False

    def at(self, kind: str) -> str:
        """The pointer of the schema of a content type."""
        return f"{self.pointer}/content/{escaped(kind)}/schema"


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. headers: by name in lower case, each a schema; content: None for no body."""

    status: str
    headers: Mapping[str, Schema]
    content: Content | None
    pointer: str
    key_refused: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """How a caller says who it is: in which header, in which form (a regular expression, ECMA)."""

    header: str
    pattern: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Operation:
    """What can be asked of a vendor; or, for a webhook (`path` is its name), what the vendor asks of us."""

    method: str
    path: str
    parameters: tuple[Parameter, ...]
    request: Content | None
    responses: Mapping[str, Response]
    keys: tuple[Key, ...]
    keyless: bool
    pointer: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def parameters_in(self, where: str) -> dict[str, Parameter]:
        """By name; those of headers by the name in lower case."""
        own = [each for each in self.parameters if each.where == where]
        return {each.name.lower() if where == "header" else each.name: each for each in own}

    def response(self, status: int) -> Response | None:
        """The answer of a status, or of its class (`5XX`); None for one that is never given."""
        return self.responses.get(str(status)) or self.responses.get(f"{status // 100}XX")


@dataclass(frozen=True, slots=True)
class Facts:
    """A vendor. document: with every reference resolved, so that a pointer leads through it."""

    vendor: str
    version: str
    document: Mapping[str, Any]
    operations: tuple[Operation, ...]
    webhooks: Mapping[str, Operation]

    def source_of(self, pointer: str) -> str:
        """The source of what stands there: the nearest `x-source` at it or above. Raises LookupError without one."""
        return self._nearest(pointer, SOURCE)

    def words_on(self, pointer: str) -> str:
        """The nearest description at it or above; empty without one."""
        try:
            return self._nearest(pointer, "description")
        except LookupError:
            return ""

    def _nearest(self, pointer: str, name: str) -> str:
        here: Any = self.document
        found: str | None = None
        for part in ["", *parts(pointer)]:
            if part:
                here = here[int(part)] if isinstance(here, list) else here[part]
            if isinstance(here, dict) and isinstance(here.get(name), str):
                found = here[name]
        if found is None:
            raise LookupError(f"{self.vendor}: nothing says {name} of {pointer}")
        return " ".join(found.split())


def vendors() -> list[str]:
    """Whose facts we have."""
    return sorted(file.stem for file in HERE.glob("*.yaml"))


@functools.cache
def load(vendor: str) -> Facts:
    """The facts that we keep of a vendor. Raises UsageError for a vendor of whom we have none."""
    file = HERE / f"{vendor}.yaml"
    if not file.is_file():
        raise UsageError(f"no facts of {vendor}: there are those of {', '.join(vendors())}")
    return read(file)


def read(file: Path) -> Facts:
    """Facts from a file; the vendor is its name. Raises UsageError for one that is no OpenAPI document."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        document = yaml.load(file.read_bytes(), Loader=loader)  # noqa: S506 (a safe one)
    except (OSError, yaml.YAMLError) as error:
        raise UsageError(f"{file}: can't be read: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1"):
        raise UsageError(f"{file}: no OpenAPI 3.1; write `openapi: 3.1.0` at its top")
    return of_document(document, file.stem)


def of_document(document: Mapping[str, Any], vendor: str) -> Facts:
    """Facts from a parsed document. Raises UsageError for a reference that leads nowhere, or to itself."""
    whole = _resolved(document, document, ())
    operations = tuple(_operations(whole, "paths"))
    webhooks = {each.path: each for each in _operations(whole, "webhooks")}
    return Facts(vendor, str(whole.get("info", {}).get("version", "")), whole, operations, webhooks)


def escaped(part: str) -> str:
    """A part of a JSON pointer (RFC 6901 §3)."""
    return part.replace("~", "~0").replace("/", "~1")


def parts(pointer: str) -> list[str]:
    """What a pointer is made of; `#/a~1b` is one part, `a/b`."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.removeprefix("#").split("/")[1:]]


def _resolved(node: Any, document: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    """The node with what it refers to in place of each `$ref`; what stands beside a `$ref` goes over it."""
    if isinstance(node, list):
        return [_resolved(each, document, within) for each in node]
    if not isinstance(node, dict):
        return node
    own = {str(name): _resolved(each, document, within) for name, each in node.items() if name != "$ref"}
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return own if reference is None else {**own, "$ref": _resolved(reference, document, within)}
    if reference in within:
        raise UsageError(f"{reference} refers to itself")
    there: Any = document
    try:
        for part in parts(reference):
            there = there[part]
    except (KeyError, TypeError):
        raise UsageError(f"{reference} leads nowhere") from None
    found = _resolved(there, document, (*within, reference))
    return {**found, **own} if isinstance(found, dict) else found


def _operations(document: Mapping[str, Any], where: str) -> Iterator[Operation]:
    for path, item in document.get(where, {}).items():
        base = f"#/{where}/{escaped(path)}"
        shared = list(_parameters(item, base))
        for method in METHODS:
            if method in item:
                yield _operation(document, method, path, item[method], f"{base}/{method}", shared)


def _operation(
    document: Mapping[str, Any], method: str, path: str, own: Mapping[str, Any], base: str, shared: list[Parameter]
) -> Operation:
    security = own.get("security", document.get("security", []))
    names = [name for one in security for name in one]
    body = own.get("requestBody")
    nearer = {(each.where, each.name): each for each in (*shared, *_parameters(own, base))}
    return Operation(
        method=method.upper(),
        path=path,
        parameters=tuple(nearer.values()),
        request=None if body is None else _content(body, f"{base}/requestBody"),
        responses={str(status): _response(str(status), each, base) for status, each in own["responses"].items()},
        keys=tuple(_key(document, name) for name in names),
        keyless=not names or {} in security,
        pointer=base,
    )


def _parameters(item: Mapping[str, Any], base: str) -> Iterator[Parameter]:
    for number, each in enumerate(item.get("parameters", [])):
        json_text = "content" in each
        schema = each["content"]["application/json"]["schema"] if json_text else each.get("schema", True)
        yield Parameter(
            name=each["name"],
            where=each["in"],
            schema=schema,
            pointer=f"{base}/parameters/{number}",
            required=bool(each.get("required")),
            json=json_text,
            exploded=each.get("style") == "deepObject",
            slashes=bool(each.get("x-slashes")),
        )


def _content(body: Mapping[str, Any], pointer: str) -> Content:
    schemas = {kind.lower(): each.get("schema", True) for kind, each in body.get("content", {}).items()}
    return Content(schemas, pointer, bool(body.get("required")))


def _response(status: str, answer: Mapping[str, Any], base: str) -> Response:
    pointer = f"{base}/responses/{status}"
    headers = {name.lower(): each.get("schema", True) for name, each in answer.get("headers", {}).items()}
    content = _content(answer, pointer) if "content" in answer else None
    return Response(status, headers, content, pointer, answer.get("x-key-refused"))


def _key(document: Mapping[str, Any], name: str) -> Key:
    scheme = document["components"]["securitySchemes"][name]
    bearer = scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "bearer"
    pattern = scheme.get("x-pattern", r"^Bearer \S+$" if bearer else r"\S")
    return Key(scheme.get("name", "Authorization"), pattern, f"#/components/securitySchemes/{escaped(name)}")
