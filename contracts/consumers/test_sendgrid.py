"""What the platform needs of SendGrid: mail taken, or judged in sandbox mode, and what a key may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pact import match

from contracts.consumers.sendgrid import JSON, MAIL, NAME, OURS, SCOPES, WORKS, asking, authorised, sending
from reference_impl.integrations.sendgrid.client import Sent
from reference_impl.integrations.sendgrid.health import NEEDED, check

if TYPE_CHECKING:
    from contracts.consumers.sendgrid import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

MESSAGE = "14c5d75ce93.dfd.64b469"


async def test_mail_that_goes_out(contract: Contract, clock: FrozenClock) -> None:
    """A mail that is taken has no body in its answer; its id is in a header, and begins the ids in its events."""
    pact = contract(NAME)
    asked = sending(pact, "a mail about an order", "mail goes out to people", sandbox=False)
    asked.will_respond_with(202).with_header("x-message-id", match.regex(MESSAGE, regex=r"^\S+$"))
    async with asking(pact, clock, sandbox=False) as sendgrid:
        assert await sendgrid.send(MAIL) == Sent(MESSAGE)


async def test_mail_that_is_judged(contract: Contract, clock: FrozenClock) -> None:
    """In sandbox mode a right mail is 200, and goes nowhere: the whole body is held against SendGrid's rules."""
    pact = contract(NAME)
    sending(pact, "a mail about an order, in sandbox mode", OURS).will_respond_with(200)
    async with asking(pact, clock) as sendgrid:
        assert await sendgrid.send(MAIL) == Sent(None)


async def test_what_the_key_may_do(contract: Contract, clock: FrozenClock) -> None:
    """SendGrid is well when our key may send mail, whatever else it may do."""
    pact = contract(NAME)
    asked = authorised(pact.upon_receiving("the question what the key may do").given(WORKS).with_request("GET", SCOPES))
    asked.will_respond_with(200).with_body({"scopes": match.array_containing([NEEDED])}, JSON)
    async with asking(pact, clock) as sendgrid:
        assert (await check(sendgrid)).words == ""
