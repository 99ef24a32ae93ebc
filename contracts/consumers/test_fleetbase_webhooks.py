"""What the platform reads of Fleetbase's webhooks: what happened, to which of its orders, for which of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.conftest import NOW
from contracts.consumers.fleetbase import JSON, NAME, ORDER, OURS, STEM
from fixtures import signers
from reference_impl.integrations.fleetbase.webhook import SIGNATURE, verify

if TYPE_CHECKING:
    from contracts.consumers.fleetbase import Contract

SECRET = "fbsec_7c1e0d9a55b24f68"  # noqa: S105 (of an example)
EVENT = "event_674012ab3c9f1"


@pytest.mark.parametrize(
    ("what", "event"),
    [
        ("dispatched", "order.dispatched"),
        ("completed", "order.completed"),
        ("cancelled", "order.canceled"),
    ],
)
def test_an_order_moves(contract: Contract, what: str, event: str) -> None:
    """A step has an id of its own, the same when it is sent again; `meta` brings back the id of our order."""
    pact = contract(NAME)
    message = pact.upon_receiving(f"an order was {what}", "Async").given(f"an order of ours was {what}", **STEM)
    about = {"id": match.regex(ORDER, regex=r"^order_\w+$"), "meta": {"order_id": match.str(OURS)}}
    message.with_body({"id": match.regex(EVENT, regex=r"^event_\w+$"), "event": event, "data": about}, JSON)
    message.with_metadata({"topic": event, SIGNATURE.lower(): match.regex("5d" * 32, regex="^[0-9a-f]{64}$")})

    def received(body: str | bytes | None, metadata: dict[str, Any]) -> None:
        raw = signers.php_json(json.loads(body or b""))
        signed = {name.lower(): value for name, value in signers.fleetbase(raw, SECRET).items()}
        assert SIGNATURE.lower() in metadata
        delivery = verify(raw, signed, [SECRET], NOW)
        assert (delivery.id, delivery.kind, delivery.data["id"]) == (EVENT, event, ORDER)
        assert delivery.data["meta"]["order_id"] == OURS

    pact.verify(received, "Async")
