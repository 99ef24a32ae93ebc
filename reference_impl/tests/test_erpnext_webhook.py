"""Which deliveries of ERPNext are one and the same, since it gives them no id. Signatures: test_webhook_vectors.py."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures import signers
from reference_impl.integrations.erpnext.webhook import verify
from reference_impl.integrations.webhooks import Delivery, Refused

SECRET = "whsec"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PAID = {
    "name": "ACC-SINV-2026-00007",
    "modified": "2026-11-22 15:04:24.779463",
    "status": "Paid",
    "outstanding_amount": 0.0,
    "custom_medusa_order_id": "order_1",
}


def _told(body: Any) -> Delivery:
    raw = signers.frappe_json(body)
    return verify(raw, signers.erpnext(raw, SECRET), [SECRET], NOW)


def _event(event: str = "on_change", doctype: str = "Sales Invoice", **fields: Any) -> Delivery:
    return _told({"doctype": doctype, "event": event, "data": {**PAID, **fields}})


def test_what_it_tells() -> None:
    told = _event()
    assert (told.kind, told.data) == ("Sales Invoice.on_change", PAID)


def test_the_same_change_is_the_same_delivery() -> None:
    """Told again, or by a template with other fields."""
    assert _event().id == _event().id == _event(grand_total=10).id


def test_another_change_is_another_delivery() -> None:
    others = [
        _event("on_submit"),
        _event(doctype="Payment Entry"),
        _event(name="ACC-SINV-2026-00008"),
        _event(modified="2026-11-22 15:04:24.779464"),
        _event(status="Unpaid"),
        _told(PAID),
    ]
    assert len({_event().id, *(other.id for other in others)}) == len(others) + 1


def test_without_a_time_equal_bytes_are_one_delivery() -> None:
    flat = {"name": "ACC-SINV-2026-00007", "status": "Unpaid"}
    assert _told(flat).id == _told(flat).id != _told({**flat, "status": "Paid"}).id
    assert (_told(flat).kind, _told(flat).data) == ("unnamed", flat)


@pytest.mark.parametrize("raw", [b"[]", b"", b"{", b"\xff\xfe{\x00}\x00", b'"x"', b"[" * 100_000])
def test_what_was_signed_and_is_no_object_is_400(raw: bytes) -> None:
    with pytest.raises(Refused) as refused:
        verify(raw, signers.erpnext(raw, SECRET), [SECRET], NOW)
    assert refused.value.status == 400
