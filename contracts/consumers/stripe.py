"""What the tests of Stripe's contract share: the client, a request for a refund, and how Stripe answers it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pact import match

from contracts.consumers.matchers import given
from reference_impl.integrations.stripe.client import Stripe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pact import Pact
    from pact.interaction import HttpInteraction

    from reference_impl.core.clock import FrozenClock

    Contract = Callable[[str], Pact]

NAME = "stripe"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
KEY = "sk_test_51OxCityOSExampleKey"
UNKNOWN_KEY = "sk_test_00000000000000000000"
INTENT, NO_INTENT = "pi_3MtwBwLkdIwHu7ix28a3tqPa", "pi_000000000000000000000000"
ONCE = "refund_01JD8Y4H9S"
WORKS, TAKEN, GIVEN_BACK = "the key is right", "a payment was taken", "a payment was taken and some of it given back"


@contextlib.asynccontextmanager
async def asking(pact: Pact, clock: FrozenClock, key: str = KEY) -> AsyncIterator[Stripe]:
    """The platform's own client, with nothing but the contract on the other side; asks only once."""
    with pact.serve() as server:
        client = Stripe(key, clock, base_url=str(server.url).rstrip("/"), sleep=never)
        try:
            yield client
        finally:
            await client.close()


class AskedAgain(Exception):
    """What the client does after an answer that it may repeat."""


async def never(_seconds: float) -> None:
    """Instead of waiting."""
    raise AskedAgain


def refunding(
    pact: Pact, description: str, state: str, amount: str = "10000", intent: str | None = None
) -> HttpInteraction:
    """A request for a refund, with an idempotency key that the provider's state gives."""
    asked = pact.upon_receiving(description).given(state).with_request("POST", "/v1/refunds")
    key = given("${authorization}", f"Bearer {KEY}", form=r"Bearer (sk|rk)_\w+")
    asked.with_header("authorization", key).with_header("idempotency-key", given("${key}", ONCE, form=r"[\x20-\x7e]+"))
    payment: Any = given("${intent_id}", INTENT, form=r"pi_\w+") if intent is None else intent
    return asked.with_body({"payment_intent": payment, "amount": amount}, FORM)


def error(said: str, **more: Any) -> dict[str, Any]:
    """Stripe's one form of an error; more: what of it the platform decides by."""
    return {"error": {"message": match.str(said), **more}}


def refund() -> dict[str, Any]:
    """What is read of a refund."""
    return {
        "object": "refund",
        "id": match.regex("re_3MtwBwLkdIwHu7ix0pQ1zXnB", regex=r"^re_\w+$"),
        "status": match.str("succeeded"),
        "amount": 10000,
        "currency": "sar",
        "payment_intent": match.regex(INTENT, regex=r"^pi_\w+$"),
    }
