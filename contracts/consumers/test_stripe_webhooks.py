"""What the platform reads of Stripe's events: how much was taken or given back, for which order or payment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pact import match

from contracts.consumers.conftest import NOW
from contracts.consumers.stripe import INTENT, JSON, NAME
from fixtures import signers
from reference_impl.integrations.stripe.webhook import SIGNATURE, verify

if TYPE_CHECKING:
    from contracts.consumers.stripe import Contract
    from reference_impl.integrations.webhooks import Delivery

SECRET = "whsec_5c0a7b1e4f2d9368"  # noqa: S105 (of an example)
EVENT = "evt_1MtwBwLkdIwHu7ixZ5kq2b9D"
ORDER = "order_01JD8Y3M6QK4ZB7X9V2N5T0RWE"
MINOR = match.int(34385)
CURRENCY = match.regex("sar", regex="^[a-z]{3}$")
SIGNED = match.regex(f"t={int(NOW.timestamp())},v1={'5d' * 32}", regex=r"^t=\d+(,v[01]=[0-9a-f]{64})+$")


def told(contract: Contract, description: str, state: str, kind: str, about: dict[str, Any]) -> Delivery:
    """What the platform makes of such an event."""
    pact = contract(NAME)
    message = pact.upon_receiving(description, "Async").given(state)
    event = {"object": "event", "id": match.regex(EVENT, regex=r"^evt_\w+$"), "type": kind, "data": {"object": about}}
    message.with_body(event, JSON).with_metadata({"topic": kind, SIGNATURE.lower(): SIGNED})
    found: list[Delivery] = []

    def received(body: str | bytes | None, metadata: dict[str, Any]) -> None:
        raw = signers.stripe_json(json.loads(body or b""))
        signed = {name.lower(): value for name, value in signers.stripe(raw, SECRET, NOW).items()}
        assert SIGNATURE.lower() in metadata
        found.append(verify(raw, signed, [SECRET], NOW))

    pact.verify(received, "Async")
    (delivery,) = found
    assert (delivery.id, delivery.kind) == (EVENT, kind)
    return delivery


def test_an_order_was_paid(contract: Contract) -> None:
    """A payment says for which order it was, in `metadata`, and how much was taken, in minor units."""
    order = {"order_id": match.str(ORDER)}
    payment = match.regex(INTENT, regex=r"^pi_\w+$")
    about = {"id": payment, "amount_received": MINOR, "currency": CURRENCY, "metadata": order}
    delivery = told(contract, "a payment", "an order of ours was paid", "payment_intent.succeeded", about)
    assert (delivery.data["amount_received"], delivery.data["metadata"]) == (34385, {"order_id": ORDER})


def test_money_was_given_back(contract: Contract) -> None:
    """A refund is told of the charge: of which payment, and how much of it is back by now."""
    payment = match.regex(INTENT, regex=r"^pi_\w+$")
    about = {"payment_intent": payment, "amount_refunded": MINOR, "currency": CURRENCY}
    state = "money was given back for an order of ours"
    delivery = told(contract, "a refund", state, "charge.refunded", about)
    assert (delivery.data["payment_intent"], delivery.data["amount_refunded"]) == (INTENT, 34385)
