"""Deliveries from ERPNext: base64 HMAC-SHA256 over the raw body in `X-Frappe-Webhook-Signature`, and nothing else.

There is no event id, no time, no Content-Type. The body is what whoever set the webhook up chose, in Python's JSON:
written anew, it is another one. Set it up as a template (JSON) with *Enable Security*:

    {"doctype": "{{ doc.doctype }}", "event": "on_change", "data": {"name": "{{ doc.name }}",
     "modified": "{{ doc.modified }}", "status": "{{ doc.status }}", "outstanding_amount": {{ doc.outstanding_amount }},
     "custom_medusa_order_id": "{{ doc.custom_medusa_order_id }}"}}

A payment shows as `on_change` of the Sales Invoice, its status then Paid; `on_update_after_submit` never fires. Order
is not kept, and what failed three times is lost: read the document before acting on it, and poll for the rest.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from reference_impl.core import json
from reference_impl.integrations.webhooks import (
    Delivery,
    base64_text,
    configured,
    fingerprint,
    header,
    parsed_object,
    prove,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

SIGNATURE = "X-Frappe-Webhook-Signature"


def verify(raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> Delivery:  # noqa: ARG001
    """See `webhooks.Verify`. kind is "Sales Invoice.on_submit", as far as the body says; `data` are the fields.

    The id is made of doctype, event, name, status and `modified`, which moves with every change: the same change told
    again, also by a template with other fields, is the same delivery. Without doctype, name or `modified` equal bytes
    are one delivery, and a status that comes back (Unpaid, Paid, Unpaid) is taken for a repetition: list `modified`.
    """
    usable = configured(secrets)
    prove(raw, header(headers, SIGNATURE), usable, base64_text)
    body = parsed_object(raw)
    data = body.get("data")
    fields: dict[str, Any] = data if isinstance(data, dict) else body
    doctype, event = _text(body, "doctype"), _text(body, "event")
    name, modified = _text(fields, "name"), _text(fields, "modified")
    kind = ".".join(part for part in (doctype, event) if part) or "unnamed"
    if not (doctype and name and modified):
        return Delivery(fingerprint(raw), kind, fields)
    named = hashlib.sha256(json.encode([doctype, event, name, modified, _text(fields, "status")])).hexdigest()
    return Delivery(f"erpnext_{named}", kind, fields)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
