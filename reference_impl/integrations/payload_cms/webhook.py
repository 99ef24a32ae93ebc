"""Deliveries of a project's own hooks in Payload CMS; Payload itself has no webhooks.

A hook POSTs `{event, collection, operation, data}` with `x-payload-signature`, the hex HMAC-SHA256 of the body. There
is no event id, no time and no second attempt, and on PostgreSQL it comes before the change is committed: whoever reads
the CMS at once sees the old state. So believe `data` or read later, and let the poll find what was lost.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from reference_impl.core import json
from reference_impl.integrations import webhooks
from reference_impl.integrations.payload_cms.client import reference
from reference_impl.integrations.webhooks import Delivery, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

HEADER = "x-payload-signature"
OPERATIONS = ("create", "update", "delete")


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> Delivery:
    """The change that a hook tells of; kind is "tenants.update". Raises Refused.

    Nothing signed says when: a replay is known by its id alone, which is made of collection, document, operation and
    `updatedAt`: the same change told at another depth is the same delivery. Without `updatedAt` the bytes decide.
    """
    del now  # no time is signed
    webhooks.prove(raw, webhooks.header(headers, HEADER), secrets, webhooks.hexadecimal)
    body = webhooks.parsed_object(raw)
    collection, operation = webhooks.words(body, "collection"), webhooks.words(body, "operation")
    if operation not in OPERATIONS:
        raise Refused(400, f"`operation` is none of {', '.join(OPERATIONS)}")
    data = body.get("data")
    document = reference(data) if isinstance(data, dict) else None
    if not isinstance(data, dict) or document is None:
        raise Refused(400, "`data` is no document with an id")
    changed = data.get("updatedAt")
    if isinstance(changed, str) and changed:
        named = json.encode([collection, document, operation, changed])
        delivery = f"payload_{hashlib.sha256(named).hexdigest()}"
    else:
        delivery = webhooks.fingerprint(raw)
    return Delivery(delivery, f"{collection}.{operation}", body)
