"""What the platform needs of the hook that a project writes for its Payload CMS, which has no webhooks of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.payload_cms import CHANGED, JSON, NAME, document
from fixtures import signers
from reference_impl.integrations.payload_cms.client import written
from reference_impl.integrations.payload_cms.webhook import HEADER, verify

if TYPE_CHECKING:
    from contracts.consumers.payload_cms import Contract
    from reference_impl.core.clock import FrozenClock

SECRET = "whsec_2f6c1a9e7d344b0f"  # noqa: S105 (of an example)
TOPIC = "change"
"""Of a hook that a project writes there is one kind; this is what the facts call it."""
HOOKED = "the project's hook is on"


@pytest.mark.parametrize(
    ("operation", "description"),
    [("create", "a tenant was made"), ("update", "a tenant was changed"), ("delete", "a tenant was deleted")],
)
def test_a_change(contract: Contract, clock: FrozenClock, operation: str, description: str) -> None:
    """A delivery says what was done, where, and to which version of which document, signed over every byte."""
    pact = contract(NAME)
    message = pact.upon_receiving(description, "Async").given(HOOKED)
    message.with_body({"collection": "tenants", "operation": operation, "data": document(7)}, JSON)
    signature = match.regex("5d" * 32, regex="^[0-9a-f]{64}$")
    message.with_metadata({HEADER: signature, "topic": TOPIC})

    def received(body: str | bytes | None, metadata: dict[str, object]) -> None:
        raw = body.encode() if isinstance(body, str) else body or b""
        sent = {name.lower(): value for name, value in signers.payload_cms(raw, SECRET).items()}
        assert set(metadata) >= {HEADER}, "the header that the signature is in"
        delivery = verify(raw, sent, [SECRET], clock.now())
        assert delivery.kind == f"tenants.{operation}"
        told: dict[str, Any] = delivery.data["data"]
        assert (told["id"], told["updatedAt"]) == (7, written(CHANGED))

    pact.verify(received, "Async")
