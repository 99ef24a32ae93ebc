"""Forged tokens: made from a good one, as somebody would make them who does not know the signing secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from fixtures.checks import omit

if TYPE_CHECKING:
    from collections.abc import Callable

WELL_KNOWN_SECRETS = ("supersecret", "secret", "changeme", "")
"""What Medusa's templates and its imitators sign with until somebody sets a secret."""


def unsigned(token: str, algorithm: str = "none") -> str:
    """The same claims with a header that asks for no signature."""
    _, claims, _ = _parts(token)
    return f"{_packed({'alg': algorithm, 'typ': 'JWT'})}.{claims}."


def resigned(token: str, secret: str) -> str:
    """The same claims, good for another hour, signed with a secret of our own."""
    _, claims, _ = _parts(token)
    data = _unpacked(claims)
    data["exp"] = int(data.get("exp") or 4_000_000_000) + 3600
    signed = f"{_packed({'alg': 'HS256', 'typ': 'JWT'})}.{_packed(data)}"
    return f"{signed}.{_base64(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def altered(token: str, **claims: Any) -> str:
    """The same signature under other claims."""
    header, old, signature = _parts(token)
    return f"{header}.{_packed({**_unpacked(old), **claims})}.{signature}"


def cut(token: str) -> str:
    """The same token without its signature."""
    return token.rpartition(".")[0]


def flipped(token: str) -> str:
    """The same token with the first character of its signature replaced."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[:1] == 'A' else 'A'}{signature[1:]}"


FORGERIES: dict[str, Callable[[str], str]] = {
    "unsigned": unsigned,
    "unsigned in capitals": lambda token: unsigned(token, "NONE"),
    "another algorithm": lambda token: unsigned(token, "RS256"),
    "signature cut off": cut,
    "signature altered": flipped,
    "lifetime altered": lambda token: altered(token, exp=4_000_000_000),
    "no token": lambda _: "x",
    "three empty parts": lambda _: "..",
    **{f"signed with {secret or 'nothing'}": partial(resigned, secret=secret) for secret in WELL_KNOWN_SECRETS},
}


def _parts(token: str) -> tuple[str, str, str]:
    parts = token.split(".")
    if len(parts) != 3:
        omit("the target's tokens are no JWTs, so there is nothing to forge")
    return parts[0], parts[1], parts[2]


def _packed(data: dict[str, Any]) -> str:
    return _base64(msgspec.json.encode(data))


def _unpacked(part: str) -> dict[str, Any]:
    return msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), type=dict[str, Any])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
