"""What vendors send us: what a verified delivery is, how one is refused, and what the verifiers of all vendors share.

Each vendor's `webhook.py` has one function `verify` of the shape `Verify`. It is pure: raw bytes in, no clock, no
database. Who calls it answers a `Refused` by its status, and keeps `Delivery.id` in the transaction of the effect, so
that the same delivery again has none.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from reference_impl.core import json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TOLERANCE = timedelta(seconds=300)
"""How far the time that a vendor signed may lie from ours, before or after: what Stripe and Standard Webhooks use."""

_DIGITS_MAX = 11  # seconds since 1970 as far as the year 5138: more is no date


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a vendor said, proved to come from it.

    id: the vendor's own id of the event, the same each time that it is sent again. A vendor without one (ERPNext,
    Payload CMS) gets the `fingerprint` of the body. One that packs several events into a delivery (SendGrid) gets it
    too; its `data` is then the list of events, each to be de-duplicated by its own id.
    kind: the vendor's own name of what happened.
    data: the parsed body, or what of it tells of the event; numbers with a point are Decimals.
    """

    id: str
    kind: str
    data: Any


class Refused(Exception):
    """Not believed. 401: nobody proved to be the vendor; 400: it was the vendor, with what can't be understood.

    The message is for our log and says nothing about what a right signature would be.
    """

    def __init__(self, status: Literal[400, 401], reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


class Verify(Protocol):
    """A vendor's verifier."""

    def __call__(self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> Delivery:
        """Prove where the bytes come from, then read them.

        headers: by any spelling of their names. secrets: the one in use, and while it is rotated the old one too (for
        SendGrid: public keys); none at all refuses everything. Raises Refused and nothing else.
        """
        ...


def configured(secrets: Sequence[str]) -> list[str]:
    """The secrets that are not blank; raises Refused when none is, since with an empty key anybody can sign."""
    usable = [secret for secret in secrets if secret.strip()]
    if not usable:
        raise Refused(401, "no secret is configured")
    return usable


def header(headers: Mapping[str, str], name: str) -> str:
    """The one value of a header; raises Refused when it is missing, empty, or there twice."""
    values = [value for key, value in headers.items() if key.lower() == name.lower()]
    if len(values) != 1 or not values[0]:
        raise Refused(401, f"there is {'more than one' if len(values) > 1 else 'no'} {name}")
    return values[0]


def hexadecimal(digest: bytes) -> str:
    """As PHP's `hash_hmac` writes a digest."""
    return digest.hex()


def base64_text(digest: bytes) -> str:
    """As `base64.b64encode` writes a digest, with padding."""
    return base64.b64encode(digest).decode()


def prove(signed: bytes, presented: str, secrets: Sequence[str], encode: Callable[[bytes], str]) -> None:
    """Raise Refused unless `presented` is the HMAC-SHA256 of the bytes under one of the secrets, written by `encode`.

    Constant time: every secret is tried to the end. The texts are compared, not what they decode to: another spelling
    of the same digest is another signature.
    """
    proved = False
    for secret in configured(secrets):
        expected = encode(hmac.digest(secret.encode(), signed, hashlib.sha256))
        proved |= hmac.compare_digest(expected.encode(), presented.encode(errors="surrogatepass"))
    if not proved:
        raise Refused(401, "the signature does not fit")


def moment(seconds: str) -> datetime:
    """The time that a vendor signed, from its seconds since 1970; raises Refused when it is no such number."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= _DIGITS_MAX):
        raise Refused(401, "the timestamp is no number of seconds")
    return datetime.fromtimestamp(int(seconds), UTC)


def timely(at: datetime, now: datetime, tolerance: timedelta = TOLERANCE) -> None:
    """Raise Refused when a signed time is too old or still to come; call it after `prove`, on what was signed."""
    assert tolerance > timedelta(0), "a tolerance of nothing would let every time pass in some libraries"
    if abs(now - at) > tolerance:
        raise Refused(401, f"signed {'too long ago' if at < now else 'in the future'}")


def parsed(raw: bytes) -> Any:
    """The body as JSON; raises Refused when it is none, whatever Content-Type it came with (some send none)."""
    try:
        return json.decode(raw)
    except (msgspec.DecodeError, ArithmeticError, UnicodeError, RecursionError):
        raise Refused(400, "the body is not JSON in UTF-8") from None


def parsed_object(raw: bytes) -> dict[str, Any]:
    """The body as a JSON object; raises Refused when it is anything else."""
    body = parsed(raw)
    if not isinstance(body, dict):
        raise Refused(400, "the body is not a JSON object")
    return body


def words(body: Mapping[str, Any], name: str) -> str:
    """A field that has to be a text with something in it; raises Refused when it is not."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(400, f"`{name}` is missing or no text")
    return value


def fingerprint(raw: bytes) -> str:
    """An id for a delivery whose vendor gives none: equal bytes are one delivery."""
    return f"sha256_{hashlib.sha256(raw).hexdigest()}"
