"""Fleetbase's deliveries: what its simulator sends is believed, and what makes no sense is not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from fixtures import signers
from fixtures.simulators.base import running
from fixtures.simulators.fleetbase import Fleetbase
from fixtures.tests.receiving import Receiver
from reference_impl.integrations.fleetbase.webhook import verify
from reference_impl.integrations.webhooks import Refused

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ORDER = {"type": "transport", "payload": {"pickup": "x", "dropoff": "شارع 24/7"}, "meta": {"order_id": "order_01"}}
EVENT: dict[str, Any] = {"id": "event_674012ab3c9f1", "event": "order.completed", "data": {"id": "order_7ja92kd01x"}}


def test_what_its_simulator_sends_is_believed_under_one_id_however_often_it_comes() -> None:
    receiver = Receiver(500)
    vendor = Fleetbase(webhook_pauses_s=(0.01, 0.01))
    key = {"authorization": f"Bearer {vendor.api_key}"}
    with running(receiver) as there, running(vendor) as served:
        vendor.webhook_url = f"{there.base_url}/hook"
        made = httpx.post(f"{served.base_url}/v1/orders", json=ORDER, headers=key, trust_env=False).json()
        vendor.sender().settle()
    first, again = (verify(each.body, each.headers, ["old", vendor.webhook_secret], NOW) for each in receiver.received)
    assert first == again
    assert (first.id, first.kind) == (vendor.sender().sent[0].event_id, "order.created")
    assert (first.data["id"], first.data["meta"]) == (made["id"], {"order_id": "order_01"})


def test_numbers_stay_exact() -> None:
    body = signers.php_json({**EVENT, "data": {"transaction_amount": 0.1}})
    told = verify(body, signers.fleetbase(body, "s"), ["s"], NOW).data
    assert told == {"transaction_amount": Decimal("0.1")}


@pytest.mark.parametrize(
    "event",
    [
        {**EVENT, "id": None},
        {**EVENT, "id": ""},
        {**EVENT, "event": 7},
        {**EVENT, "data": []},
        {**EVENT, "data": "order_1"},
        [EVENT],
    ],
    ids=str,
)
def test_what_is_signed_and_no_event_is_400(event: object) -> None:
    body = signers.php_json(event)
    with pytest.raises(Refused) as refusal:
        verify(body, signers.fleetbase(body, "s"), ["s"], NOW)
    assert refusal.value.status == 400
