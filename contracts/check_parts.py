"""The parts of an interaction of a Pact V4 file, as they are judged: headers, query, body, and what fits a path."""

from __future__ import annotations

import base64
import binascii
import difflib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.facts import Operation

FORM = "application/x-www-form-urlencoded"
_BRACES = re.compile(r"(\{\w+\})")
_SLASH = "\0"  # stands for an encoded slash, which belongs to a name, while the path is taken apart


def fit(operation: Operation, path: str) -> dict[str, str] | None:
    """What stands in a path for each brace of an operation's; None when the path is another."""
    slashes = {each.name for each in operation.parameters if each.slashes}
    pattern = ""
    for part in _BRACES.split(operation.path):
        name = part[1:-1]
        held = ".+" if name in slashes else "[^/]+"
        pattern += f"(?P<{name}>{held})" if part.startswith("{") else re.escape(unquote(part))
    plain = unquote(re.sub("%2[fF]", _SLASH, path.partition("?")[0]))
    found = re.fullmatch(pattern, plain)
    return None if found is None else {name: value.replace(_SLASH, "/") for name, value in found.groupdict().items()}


def likeness(one: str, other: str) -> float:
    """From 0 to 1, how much alike two texts are."""
    return difflib.SequenceMatcher(None, one, other).ratio()


def first(value: object) -> str:
    """A value of a header: of several, the first."""
    return str(value[0] if isinstance(value, list) and value else value)


def headers(part: Mapping[str, Any]) -> dict[str, str]:
    """Headers by name in lower case."""
    return {str(name).lower(): first(value) for name, value in (part.get("headers") or {}).items()}


def query(request: Mapping[str, Any]) -> dict[str, list[str]]:
    """The values of each name in a query."""
    return {
        name: [str(each) for each in (value if isinstance(value, list) else [value])]
        for name, value in (request.get("query") or {}).items()
    }


def body(part: Mapping[str, Any] | None) -> tuple[str, Any]:
    """The content type and the value of a body, that of a form by name; None for no body."""
    if not part or "content" not in part:
        return "", None
    kind, content, encoded = plain(str(part.get("contentType", ""))), part["content"], part.get("encoded")
    if kind == FORM and isinstance(content, str) and not encoded:
        return kind, dict(parse_qsl(content, keep_blank_values=True))
    if not (encoded and isinstance(content, str)):
        return kind, content
    try:
        text = base64.b64decode(content).decode(errors="replace") if encoded == "base64" else content
        return kind, json.loads(text) if kind.endswith("json") else text
    except (binascii.Error, ValueError):
        return kind, content


def plain(kind: str) -> str:
    """A content type without its parameters."""
    return kind.partition(";")[0].strip().lower()
