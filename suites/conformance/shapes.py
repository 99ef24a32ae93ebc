"""Matchers: each returns what is wrong with an answer's shape, as sentences; an empty list means nothing is."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fixtures.client import Unexpected

if TYPE_CHECKING:
    from fixtures.client import Answer

REFUSED = (400, 409, 422)
"""What the real platform may answer when a business rule refuses: custom modules differ in the status."""

ID = re.compile(r"([a-z]+_)*[0-9A-HJKMNP-TV-Z]{26}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
CURRENCY = re.compile(r"[a-z]{3}")

_TYPES: dict[int, tuple[str, ...]] = {
    400: ("invalid_data", "not_allowed"),
    401: ("unauthorized",),
    403: ("forbidden",),
    404: ("not_found",),
    409: ("conflict",),
    413: ("invalid_data",),
    422: ("duplicate_error", "payment_authorization_error", "invalid_data"),
}
_INTERNALS = re.compile(
    r"Traceback|File \"|\bat [\w.<>]+ \(|\.(?:py|js|ts):\d+|node_modules|site-packages"
    r"|\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bUPDATE\b.+\bSET\b|asyncpg|psycopg|sqlalchemy|knex|mikro-?orm|pydantic"
    r"|duplicate key value|violates \w+ constraint|relation \"",
    re.IGNORECASE,
)


def error_faults(answer: Answer) -> list[str]:
    """What is wrong with an answer as a refusal: `{"type", "message", "code"?}`, the type fitting the status.

    A guard's 401 has the message alone.
    """
    if not 400 <= answer.status < 500:
        return [f"{answer!r} is no refusal"]
    body = _object(answer)
    if body is None:
        return [f"{answer!r} is not a JSON object"]
    faults = []
    if not isinstance(body.get("message"), str) or not body["message"]:
        faults.append(f"{answer!r} has no message")
    kinds = _TYPES.get(answer.status, ())
    if ("type" in body or answer.status != 401) and body.get("type") not in kinds:
        faults.append(f"{answer!r} has the type {body.get('type')!r}, not {' or '.join(kinds)}")
    return faults + internals(answer)


def internals(answer: Answer) -> list[str]:
    """What an answer shows of the inside of the platform."""
    return [f"{answer!r} shows {found[0]!r}" for found in _INTERNALS.finditer(answer.text)]


def list_faults(answer: Answer, key: str) -> list[str]:
    """What is wrong with an answer as one page of a list."""
    body = _object(answer)
    if body is None:
        return [f"{answer!r} is not a JSON object"]
    faults = [] if isinstance(body.get(key), list) else [f"{answer!r} has no list of {key}"]
    return faults + [
        f"{answer!r} has {name} = {body.get(name)!r}, which is no whole number"
        for name in ("count", "offset", "limit")
        if type(body.get(name)) is not int
    ]


def money_faults(thing: dict[str, Any], *names: str) -> list[str]:
    """Which of these members are no JSON numbers."""
    return [
        f"{name} is {thing.get(name)!r}, which is no number"
        for name in names
        if type(thing.get(name)) is not int and not isinstance(thing.get(name), Decimal)
    ]


def _object(answer: Answer) -> dict[str, Any] | None:
    try:
        body = answer.json
    except Unexpected:
        return None
    return body if isinstance(body, dict) else None
