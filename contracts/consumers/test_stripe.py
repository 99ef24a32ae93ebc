"""What the platform needs of Stripe: money given back, once per key, and how that is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.matchers import given
from contracts.consumers.stripe import (
    FORM,
    GIVEN_BACK,
    INTENT,
    JSON,
    NAME,
    NO_INTENT,
    ONCE,
    TAKEN,
    UNKNOWN_KEY,
    WORKS,
    AskedAgain,
    asking,
    error,
    refund,
    refunding,
)
from reference_impl.integrations.base import Conflict, CredentialsRejected, NotFound, Rejected
from reference_impl.integrations.stripe.client import Refund

if TYPE_CHECKING:
    from contracts.consumers.stripe import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio


async def test_money_is_given_back(contract: Contract, clock: FrozenClock) -> None:
    """Amounts are whole minor units, in a form; the answer says of which payment how much went back."""
    pact = contract(NAME)
    refunding(pact, "a request for a refund", TAKEN).will_respond_with(200).with_body(refund(), JSON)
    async with asking(pact, clock) as stripe:
        found = await stripe.refund(INTENT, Decimal("100.00"), "sar", key=ONCE)
    assert found == Refund("re_3MtwBwLkdIwHu7ix0pQ1zXnB", "succeeded", Decimal("100.00"), "sar", INTENT)


async def test_money_is_given_back_once(contract: Contract, clock: FrozenClock) -> None:
    """After a lost answer the same request with the same key is answered as the first time."""
    pact = contract(NAME)
    asked = refunding(pact, "the same request for a refund once more", GIVEN_BACK)
    asked.will_respond_with(200).with_body(refund(), JSON)
    async with asking(pact, clock) as stripe:
        assert (await stripe.refund(INTENT, Decimal(100), "sar", key=ONCE)).amount == 100


async def test_a_key_that_was_used_for_something_else(contract: Contract, clock: FrozenClock) -> None:
    """Another amount under the same key is a conflict, told by its type alone: the status is that of any 400."""
    pact = contract(NAME)
    said = "Keys for idempotent requests can only be used with the same parameters they were first used with."
    asked = refunding(pact, "a request for another refund by the same key", GIVEN_BACK, amount="5000")
    asked.will_respond_with(400).with_body(error(said, type="idempotency_error"), JSON)
    async with asking(pact, clock) as stripe:
        with pytest.raises(Conflict, match="Keys for idempotent requests"):
            await stripe.refund(INTENT, Decimal(50), "sar", key=ONCE)


async def test_more_than_was_paid(contract: Contract, clock: FrozenClock) -> None:
    """What is wrong with a request names its parameter."""
    pact = contract(NAME)
    said = "Refund amount is greater than unrefunded amount on charge"
    asked = refunding(pact, "a request for a refund of more than was paid", TAKEN, amount="99999900")
    kind = match.regex("invalid_request_error", regex="^(?!idempotency_error$).+$")
    asked.will_respond_with(400).with_body(error(said, type=kind, param="amount"), JSON)
    async with asking(pact, clock) as stripe:
        with pytest.raises(Rejected) as refused:
            await stripe.refund(INTENT, Decimal(999999), "sar", key=ONCE)
    assert refused.value.fields == {"amount": said}


async def test_a_payment_that_is_not_there(contract: Contract, clock: FrozenClock) -> None:
    """An unknown payment is 404, and stays so."""
    pact = contract(NAME)
    asked = refunding(pact, "a request for a refund of a payment that is not there", WORKS, intent=NO_INTENT)
    asked.will_respond_with(404).with_body(error(f"No such payment_intent: '{NO_INTENT}'"), JSON)
    async with asking(pact, clock) as stripe:
        with pytest.raises(NotFound, match="No such payment_intent"):
            await stripe.refund(NO_INTENT, Decimal(100), "sar", key=ONCE)


async def test_a_key_that_is_not_known(contract: Contract, clock: FrozenClock) -> None:
    """The API key is what somebody has to put right."""
    pact = contract(NAME)
    asked = pact.upon_receiving("a request for a refund by a key that is nobody's").given(TAKEN)
    asked.with_request("POST", "/v1/refunds").with_header("authorization", f"Bearer {UNKNOWN_KEY}")
    asked.with_header("idempotency-key", given("${key}", ONCE, form=r"[\x20-\x7e]+"))
    payment: Any = given("${intent_id}", INTENT, form=r"pi_\w+")
    asked.with_body({"payment_intent": payment, "amount": "10000"}, FORM)
    asked.will_respond_with(401).with_body(error("Invalid API Key provided: sk_test_********0000"), JSON)
    async with asking(pact, clock, UNKNOWN_KEY) as stripe:
        with pytest.raises(CredentialsRejected, match="Invalid API Key"):
            await stripe.refund(INTENT, Decimal(100), "sar", key=ONCE)


@pytest.mark.parametrize(
    ("state", "status", "said"),
    [
        ("the first request with a key is still at work", 409, "There is currently another in-progress request"),
        ("it was asked too often", 429, "Request rate limit exceeded."),
        ("it is broken", 500, "An unknown error occurred"),
    ],
)
async def test_another_time(contract: Contract, clock: FrozenClock, state: str, status: int, said: str) -> None:
    """What passes is asked for again with the same key, which gives the money back once."""
    pact = contract(NAME)
    refunding(pact, "a request for a refund", state).will_respond_with(status).with_body(error(said), JSON)
    async with asking(pact, clock) as stripe:
        with pytest.raises(AskedAgain):
            await stripe.refund(INTENT, Decimal(100), "sar", key=ONCE)
    assert stripe.outage == said
