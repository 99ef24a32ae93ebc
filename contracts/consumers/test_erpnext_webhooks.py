"""What the platform reads of ERPNext's deliveries: what happened to which invoice, and whose order it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.conftest import NOW
from contracts.consumers.erpnext import INVOICE, NAME, ORDER
from fixtures.senders import SENDERS
from reference_impl.integrations.erpnext import webhook
from reference_impl.integrations.erpnext.documents import ORDER_ID

if TYPE_CHECKING:
    from contracts.consumers.erpnext import Contract
    from reference_impl.integrations.webhooks import Delivery

HOOKED = "the site's webhooks reach us"
SECRET = "whsec_0f1e2d3c4b5a6978"  # noqa: S105 (an example)
SIGNATURE = webhook.SIGNATURE.lower()
SIGNED = match.regex("jz4eDQ2sQ8n0jYkq3yqHq1G9m8i4B1mYb2m0xXoQv3E=", regex="^[A-Za-z0-9+/]{43}=$")
MODIFIED = match.regex("2026-11-22 14:00:00.123456", regex=r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$")


def told(contract: Contract, description: str, event: str, status: Any) -> Delivery:
    """What the platform makes of such a delivery."""
    pact = contract(NAME)
    data = {"name": match.str(INVOICE), "modified": MODIFIED, "status": status, ORDER_ID: match.str(ORDER)}
    message = pact.upon_receiving(description, "Async").given(HOOKED)
    message.with_body({"doctype": "Sales Invoice", "event": event, "data": data}, "application/json")
    message.with_metadata({"topic": f"Sales Invoice.{event}", SIGNATURE: SIGNED})
    received: list[Delivery] = []

    def received_as_written(body: str | bytes | None, metadata: dict[str, Any]) -> None:
        sender = SENDERS[NAME]
        raw = sender.encode(json.loads(body or b""))
        signed = {name.lower(): value for name, value in sender.sign(raw, SECRET, NOW).items()}
        assert set(signed) <= set(metadata)
        received.append(webhook.verify(raw, signed, [SECRET], NOW))

    pact.verify(received_as_written, "Async")
    (delivery,) = received
    assert (delivery.kind, delivery.data["name"], delivery.data[ORDER_ID]) == (f"Sales Invoice.{event}", INVOICE, ORDER)
    assert delivery.id.startswith("erpnext_")  # from name, event and `modified`: the same for the same change
    return delivery


def test_an_invoice_that_was_paid(contract: Contract) -> None:
    """A payment shows as a change of the invoice, which is Paid then; that is all that the platform acts on."""
    assert told(contract, "an invoice was paid", "on_change", "Paid").data["status"] == "Paid"


@pytest.mark.parametrize(
    ("description", "event", "status"),
    [
        ("an invoice was submitted", "on_submit", "Unpaid"),
        ("an invoice was cancelled", "on_cancel", "Cancelled"),
    ],
)
def test_other_events_are_known_apart(contract: Contract, description: str, event: str, status: str) -> None:
    """What is not acted on is recorded under its own kind and id, so that a second delivery is seen as one."""
    assert told(contract, description, event, match.str(status)).data["status"] == status
