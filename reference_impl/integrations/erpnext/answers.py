"""What ERPNext's answers mean. Its errors are Python exceptions by name (`exc_type`), with words for people in HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import msgspec

from reference_impl.core import json
from reference_impl.integrations.base import (
    Conflict,
    CredentialsRejected,
    NotFound,
    Rejected,
    Unavailable,
    VendorError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reference_impl.integrations.base import Answer

NAME = "erpnext"

_KEY_REFUSED = frozenset({"AuthenticationError", "InvalidAuthorizationToken"})
_NOT_NOW = frozenset(
    {"InReadOnlyMode", "QueryDeadlockError", "QueryTimeoutError", "RateLimitExceededError", "SessionStopped"}
    | {"TooManyRequestsError"}
)
# What Frappe does not catch is 500. These are its own mistakes over what we sent, and would be made again.
_MISTAKES = frozenset(
    {"AttributeError", "ImportError", "IndexError", "JSONDecodeError", "KeyError", "ModuleNotFoundError"}
    | {"ProgrammingError", "TypeError", "ValueError"}
)
_OURS_TO_MEND = frozenset({400, 405, 406, 411, 413, 414, 415, 431})
_MISSING = re.compile(r"MandatoryError: \[[^\]]*\]: (?P<fields>[\w, ]+)$")


class NotPermitted(Rejected):
    """The key is right, and its user lacks a role (or the header with the key got lost on the way)."""


_REFUSALS: Mapping[str, type[Rejected]] = {
    "DoesNotExistError": NotFound,
    "DuplicateEntryError": Conflict,
    "PermissionError": NotPermitted,
    "TimestampMismatchError": Conflict,
    "UniqueValidationError": Conflict,
}


def judged(answer: Answer, retry_at: datetime | None) -> VendorError | None:
    """The error that an answer is; None for a success."""
    body = answer.body if isinstance(answer.body, dict) else {}
    if 200 <= answer.status < 300:
        if "data" in body or "message" in body:
            return None
        return Unavailable(NAME, "answered something else than Frappe does", status=answer.status)
    if "exc_type" not in body:
        return _stranger(answer, retry_at)
    kind, words = str(body["exc_type"]), told(body)
    if kind in _NOT_NOW or (answer.status >= 500 and kind not in _MISTAKES):
        return Unavailable(NAME, words, status=answer.status, retry_at=retry_at)
    if kind in _KEY_REFUSED:
        return CredentialsRejected(NAME, words, status=answer.status)
    if kind in _REFUSALS:
        return _REFUSALS[kind](NAME, words, status=answer.status)
    return Rejected(NAME, words, status=answer.status, fields=_fields(body, words))


def _stranger(answer: Answer, retry_at: datetime | None) -> VendorError:
    """An error that Frappe did not write: a proxy's, or that of a server which does not know the site (404, HTML)."""
    words = stripped(answer.text) or "no words"
    if answer.status == 401:
        return CredentialsRejected(NAME, words, status=answer.status)
    if answer.status in _OURS_TO_MEND:
        return Rejected(NAME, words, status=answer.status)
    return Unavailable(NAME, words, status=answer.status, retry_at=retry_at)


def told(body: Mapping[str, Any]) -> str:
    """What the vendor says, without HTML, after the name of the exception: `_server_messages` if there are any."""
    kind = str(body.get("exc_type", ""))
    _, _, thrown = str(body.get("exception", "")).partition(": ")
    words = "; ".join(_messages(body.get("_server_messages"))) or stripped(str(body.get("_error_message") or thrown))
    return f"{kind}: {words}" if words else kind


def _messages(text: object) -> list[str]:
    """Of a JSON text that is a list of JSON texts, each message; what is not so is left out."""
    messages = []
    for one in _list(text):
        message = _decoded(one)
        found = message.get("message") if isinstance(message, dict) else message
        if isinstance(found, str) and stripped(found):
            messages.append(stripped(found))
    return messages


def _list(text: object) -> list[Any]:
    parsed = _decoded(text)
    return parsed if isinstance(parsed, list) else []


def _decoded(text: object) -> Any:
    try:
        return json.decode(text.encode()) if isinstance(text, str) else text
    except (msgspec.DecodeError, UnicodeError):
        return text


def _fields(body: Mapping[str, Any], words: str) -> dict[str, str]:
    """The mandatory fields without a value, which only the exception names."""
    named = _MISSING.search(str(body.get("exception", "")))
    return dict.fromkeys(named["fields"].split(", "), words) if named else {}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in ("script", "style")
        if tag not in _INLINE:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0
        if tag not in _INLINE:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


_INLINE = frozenset("a b code em i span strong u".split())


def stripped(text: str) -> str:
    """HTML as one line of text."""
    parser = _Text()
    parser.feed(text)
    parser.close()
    return " ".join("".join(parser.parts).split())
