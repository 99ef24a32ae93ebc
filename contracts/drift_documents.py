"""Reading OpenAPI 3.0 and 3.1 documents: from a file or an address, by pointer, with references followed.

A pointer (RFC 6901, after `#`) is that of the place itself: behind a reference it is the component's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.facts import METHODS, SOURCE, escaped, parts
from fixtures.exits import Unreachable, UsageError

ANSWER_S = 10.0
REFERENCES_MAX = 50  # one after the other; more lead in a circle
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a document that is no reference. value: what stands there; place: where the reference to it stands,
    if there was one. beside: of the members that stood beside a reference, where they do.
    """

    document: Document
    value: Any
    pointer: str
    place: str
    beside: Mapping[str, str] = field(default_factory=dict)

    def at(self, name: str | int) -> str:
        """The pointer of a member."""
        return self.beside.get(str(name)) or f"{self.pointer}/{escaped(str(name))}"

    def child(self, name: str | int) -> Node | None:
        """What stands below by this name; None for nothing."""
        own = self.value
        if isinstance(name, int):
            there = own[name] if isinstance(own, list) and name < len(own) else None
        else:
            there = own.get(name) if isinstance(own, Mapping) else None
        if there is None:
            return None
        return node(self.document, there, self.at(name))

    def children(self, name: str) -> dict[str, Node]:
        """The members of the object that stands below by this name; none when there is none."""
        below = self.child(name)
        if below is None or not isinstance(below.value, Mapping):
            return {}
        found = {str(each): below.child(each) for each in below.value}
        return {each: one for each, one in found.items() if one is not None}

    def get(self, name: str, otherwise: Any = None) -> Any:
        """The bare value of a member."""
        return self.value.get(name, otherwise) if isinstance(self.value, Mapping) else otherwise


def root(document: Document) -> Node:
    """The whole document."""
    return Node(document, document, "#", "#")


def node(document: Document, value: Any, pointer: str) -> Node:
    """A place; where a reference stands, the one that it leads to. What stands beside a `$ref` goes over it.

    Raises UsageError for a reference that leads nowhere, in a circle, or out of the document.
    """
    over: dict[str, Any] = {}
    beside: dict[str, str] = {}
    place = pointer
    for _ in range(REFERENCES_MAX):
        reference = value.get("$ref") if isinstance(value, Mapping) else None
        if not isinstance(reference, str):
            return Node(document, {**value, **over} if over else value, pointer, place, beside)
        if not reference.startswith("#"):
            raise UsageError(f"{pointer}: refers to {reference}, out of the document; bundle it into one file first")
        for name, each in value.items():
            if name != "$ref" and name not in over:
                over[name], beside[name] = each, f"{pointer}/{escaped(name)}"
        value, pointer = at(document, reference), reference
    raise UsageError(f"{pointer}: its references lead in a circle")


def at(document: Document, pointer: str) -> Any:
    """What stands at a pointer. Raises UsageError where nothing does."""
    here: Any = document
    try:
        for part in parts(pointer):
            here = here[int(part)] if isinstance(here, list) else here[part]
    except (KeyError, IndexError, TypeError, ValueError):
        raise UsageError(f"{pointer} leads nowhere") from None
    return here


def source_of(document: Document, pointer: str) -> str | None:
    """The nearest `x-source` at a pointer or above, as far as it leads here, and behind a reference at its end."""
    here: Any = document
    found = document.get(SOURCE)
    for part in parts(pointer):
        try:
            here = here[int(part)] if isinstance(here, list) else here[part]
        except (KeyError, IndexError, TypeError, ValueError):
            break
        found = _said(here) or found
    if isinstance(here, Mapping) and "$ref" in here:
        found = _said(node(document, here, pointer).value) or found
    return " ".join(found.split()) if isinstance(found, str) else None


def _said(here: Any) -> str | None:
    source = here.get(SOURCE) if isinstance(here, Mapping) else None
    return source if isinstance(source, str) else None


def operations(document: Document, section: str) -> Iterator[tuple[str, str, Node, Node]]:
    """Each operation of `paths` or `webhooks`: its method in capitals, its path, its path item and itself."""
    for path, item in root(document).children(section).items():
        for method in METHODS:
            own = item.child(method)
            if own is not None:
                yield method.upper(), path, item, own


def read(where: str | Path) -> dict[str, Any]:
    """A document from a file or an http(s) address, in JSON or YAML.

    Raises UsageError for one that is no OpenAPI 3 document, Unreachable for an address that does not answer it.
    """
    text = fetched(str(where)) if str(where).startswith(("http://", "https://")) else _file(Path(where))
    document = _parsed(text, where)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise UsageError(f"{where}: no OpenAPI 3 document; it has to begin with openapi: 3.0 or 3.1")
    named: dict[str, Any] = texts(document)
    return named


def texts(value: Any) -> Any:
    """A document whose members are all named by text: in YAML a status is easily a number."""
    if isinstance(value, Mapping):
        return {str(name): texts(each) for name, each in value.items()}
    return [texts(each) for each in value] if isinstance(value, list) else value


def fetched(url: str) -> bytes:
    """What an address answers. Raises Unreachable when that is no success."""
    import httpx

    here = url.partition("://")[2].startswith(("127.0.0.1", "localhost"))  # no proxy leads to this machine
    try:
        answer = httpx.get(url, timeout=ANSWER_S, follow_redirects=True, trust_env=not here)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"{url}: {type(error).__name__}; name a file, or an address that answers") from None
    if not answer.is_success:
        raise Unreachable(f"{url}: answered {answer.status_code}; name the address of the document itself")
    return answer.content


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: can't be read ({error.strerror})") from None


def _parsed(text: bytes, where: str | Path) -> Any:
    """JSON where it begins like JSON, which is ten times as fast; else YAML."""
    import yaml

    try:
        if text.lstrip().startswith(b"{"):
            return json.loads(text)
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (a safe one)
    except (ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{where}: neither JSON nor YAML ({' '.join(str(error).split())})") from None
