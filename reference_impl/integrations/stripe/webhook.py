"""Deliveries from Stripe, proved by Stripe's own library, with what that leaves to its user.

The library lets a time of tomorrow pass, and any time at all with a tolerance of 0; it knows one secret, and reads the
machine's clock. So it judges the signature, and the time is judged here, against the clock that is injected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.integrations.webhooks import (
    Delivery,
    Refused,
    configured,
    header,
    moment,
    parsed_object,
    timely,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

SIGNATURE = "Stripe-Signature"


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> Delivery:
    """See `webhooks.Verify`. `data` is the object that the event is about: a payment intent, an invoice."""
    usable = configured(secrets)
    signature = header(headers, SIGNATURE)
    signed_at = _signed_at(signature)
    _prove(raw, signature, usable)
    timely(signed_at, now)
    body = parsed_object(raw)
    if body.get("object") != "event":
        raise Refused(400, "the body is no event")
    data = body.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("object"), dict):
        raise Refused(400, "`data.object` is missing or no object")
    return Delivery(words(body, "id"), words(body, "type"), data["object"])


def _signed_at(signature: str) -> datetime:
    """The one `t` of the header: of two the library would sign one, and we might judge the other."""
    times = [value for name, _, value in (part.partition("=") for part in signature.split(",")) if name == "t"]
    if len(times) != 1 or not signature.isascii():
        raise Refused(401, "the signature names no one time")
    return moment(times[0])


def _prove(raw: bytes, signature: str, secrets: Sequence[str]) -> None:
    """Raise Refused unless one `v1` of the header is right under one of the secrets; every secret is tried."""
    from stripe import SignatureVerificationError, WebhookSignature

    proved = False
    for secret in secrets:
        try:
            WebhookSignature.verify_header(raw, signature, secret)
        except (SignatureVerificationError, UnicodeDecodeError):
            continue
        proved = True
    if not proved:
        raise Refused(401, "the signature does not fit")
