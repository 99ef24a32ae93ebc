"""Deliveries from Fleetbase: hex HMAC-SHA256 over the raw body in `Signature`, nothing else.

Fleetbase signs no time, so an old delivery looks like a new one: only its id (`event_…`, the same when it is sent
again) tells that its effect was had. The body is PHP's JSON: written anew, it is another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.integrations.webhooks import (
    Delivery,
    Refused,
    configured,
    header,
    hexadecimal,
    parsed_object,
    prove,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

SIGNATURE = "Signature"


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> Delivery:  # noqa: ARG001
    """See `webhooks.Verify`. `data` is what the event is about: its related records are ids, not objects."""
    usable = configured(secrets)
    prove(raw, header(headers, SIGNATURE), usable, hexadecimal)
    body = parsed_object(raw)
    if not isinstance(body.get("data"), dict):
        raise Refused(400, "`data` is missing or no object")
    return Delivery(words(body, "id"), words(body, "event"), body["data"])
