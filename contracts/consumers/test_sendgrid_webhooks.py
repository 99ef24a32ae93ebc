"""What the platform reads of SendGrid's events: what became of a mail, and which order it was about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.conftest import NOW
from contracts.consumers.sendgrid import JSON, NAME, ORDER
from fixtures import signers
from reference_impl.integrations.sendgrid.client import REFERENCE
from reference_impl.integrations.sendgrid.webhook import SIGNATURE, TIMESTAMP, events, verify

if TYPE_CHECKING:
    from contracts.consumers.sendgrid import Contract

EVENT = "ZGVsaXZlcmVkLTAtMTY4OTA3NjYtMg"
SIGNED = match.regex("MEUCIQ" + "a" * 88 + "==", regex=r"^ME[A-Za-z0-9+/]{86,94}={0,2}$")


@pytest.mark.parametrize(
    ("description", "state", "kind"),
    [
        ("mail was delivered", "mail of ours was delivered", "delivered"),
        ("mail came back", "mail of ours came back", "bounce"),
        ("mail was dropped", "mail of ours was dropped", "dropped"),
    ],
)
def test_what_became_of_mail(contract: Contract, description: str, state: str, kind: str) -> None:
    """A batch has the event among its own, each with an id; our reference stands beside SendGrid's fields."""
    pact = contract(NAME)
    event = {"event": kind, "sg_event_id": match.regex(EVENT, regex="^.+$"), REFERENCE: match.str(ORDER)}
    message = pact.upon_receiving(description, "Async").given(state)
    message.with_body(match.array_containing([event]), JSON)
    seconds = match.regex(str(int(NOW.timestamp())), regex=r"^\d{10}$")
    message.with_metadata({"topic": "events", SIGNATURE.lower(): SIGNED, TIMESTAMP.lower(): seconds})

    def received(body: str | bytes | None, metadata: dict[str, Any]) -> None:
        raw = (body.encode() if isinstance(body, str) else body or b"") + b"\r\n"
        key = signers.sendgrid_key()
        signed = {name.lower(): value for name, value in signers.sendgrid(raw, key, NOW).items()}
        assert {SIGNATURE.lower(), TIMESTAMP.lower()} <= set(metadata)
        (told,) = events(verify(raw, signed, [signers.sendgrid_public(key)], NOW))
        assert (told.id, told.kind, told.data[REFERENCE]) == (EVENT, kind, ORDER)

    pact.verify(received, "Async")
