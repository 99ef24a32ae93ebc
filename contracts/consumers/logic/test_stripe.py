"""Stripe's client by itself: a refund is asked for again by the same key, and never by another."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx
import pytest

from contracts.consumers.logic.answers import answering, changed, outcome, routed
from contracts.consumers.stripe import GIVEN_BACK, INTENT, KEY, NAME, ONCE, TAKEN
from reference_impl.integrations.base import Conflict, CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.breaker import Breaker
from reference_impl.integrations.stripe.client import NotExact, Stripe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import respx

    from contracts.consumers.logic.answers import Outcome, Waits
    from reference_impl.core.clock import FrozenClock
    from reference_impl.integrations.stripe.client import Refund

pytestmark = pytest.mark.anyio

REFUND = "a request for a refund"
AT_WORK = "the first request with a key is still at work"
BROKEN, TOO_OFTEN = "it is broken", "it was asked too often"
AGAIN = "the same request for a refund once more"


@pytest.fixture
async def stripe(clock: FrozenClock, waits: Waits) -> AsyncIterator[Stripe]:
    """The platform's own client."""
    client = Stripe(KEY, clock, base_url="http://pay.example.com", sleep=waits)
    yield client
    await client.close()


async def refunded(stripe: Stripe) -> Refund:
    """A refund of 100 riyals, by its key."""
    return await stripe.refund(INTENT, Decimal(100), "sar", key=ONCE)


def sent(route: respx.Route) -> set[tuple[str, str]]:
    """The different requests that went there, by key and body."""
    return {(call.request.headers["idempotency-key"], call.request.content.decode()) for call in route.calls}


@pytest.mark.parametrize(
    "lost",
    [httpx.ReadTimeout("slow"), (REFUND, BROKEN), (REFUND, AT_WORK)],
)
async def test_a_refund_whose_answer_was_lost(
    vendor: respx.MockRouter, stripe: Stripe, waits: Waits, lost: Outcome
) -> None:
    """It is asked for three times by one key and in the same words, and what was given back is told once."""
    lost_twice = [outcome(NAME, lost) for _ in range(2)]
    posted = routed(vendor, NAME, REFUND, TAKEN).mock(side_effect=[*lost_twice, answering(NAME, AGAIN)])
    made = await refunded(stripe)
    assert (made.amount, made.currency, made.payment_intent) == (Decimal(100), "sar", INTENT)
    assert posted.call_count == 3
    ((key, form),) = sent(posted)
    assert (key, dict(parse_qsl(form))) == (ONCE, {"payment_intent": INTENT, "amount": "10000"})
    first, second = waits.seconds
    assert 0.1 <= first <= 0.2 <= second <= 0.4


async def test_a_refund_that_stays_unanswered(vendor: respx.MockRouter, stripe: Stripe) -> None:
    """Whoever comes again after three attempts comes by the same key: Stripe sees one request, four times."""
    posted = routed(vendor, NAME, REFUND, TAKEN)
    posted.side_effect = [*[httpx.ReadTimeout("slow")] * 3, answering(NAME, AGAIN)]
    with pytest.raises(Unavailable, match="ReadTimeout"):
        await refunded(stripe)
    assert posted.call_count == 3
    assert (await refunded(stripe)).amount == Decimal(100)
    assert (posted.call_count, len(sent(posted))) == (4, 1)


async def test_a_refund_too_often(vendor: respx.MockRouter, stripe: Stripe, clock: FrozenClock, waits: Waits) -> None:
    """Where Stripe names no time it is asked again after a wait of ours; where it does, not before then."""
    often = answering(NAME, REFUND, TOO_OFTEN)
    named = answering(NAME, REFUND, TOO_OFTEN)
    named.headers["retry-after"] = "5"
    posted = routed(vendor, NAME, REFUND, TAKEN).mock(side_effect=[often, named])
    with pytest.raises(Unavailable, match="429 Request rate limit exceeded") as told:
        await refunded(stripe)
    assert told.value.retry_at == clock.now() + timedelta(seconds=5)
    assert (posted.call_count, len(waits.seconds)) == (2, 1)


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ((f"{REFUND} of more than was paid",), Rejected),
        (("a request for another refund by the same key", GIVEN_BACK), Conflict),
        ((f"{REFUND} of a payment that is not there",), NotFound),
        ((f"{REFUND} by a key that is nobody's",), CredentialsRejected),
    ],
)
async def test_a_refusal_is_final(
    vendor: respx.MockRouter, stripe: Stripe, refusal: tuple[str, ...], error: type[Exception]
) -> None:
    """What Stripe refuses it would refuse again: each is asked for once, and none counts as an outage."""
    posted = routed(vendor, NAME, REFUND, TAKEN).mock(return_value=answering(NAME, *refusal))
    for _ in range(6):
        with pytest.raises(error) as told:
            await refunded(stripe)
        assert type(told.value) is error
    assert (posted.call_count, stripe.breaker.state) == (6, "closed")


async def test_half_a_refund(vendor: respx.MockRouter, stripe: Stripe) -> None:
    """An answer that broke off is asked for again by the same key, which moves no money twice."""
    whole = answering(NAME, REFUND, TAKEN)
    half = httpx.Response(200, content=whole.content[:40])
    posted = routed(vendor, NAME, REFUND, TAKEN).mock(side_effect=[half, whole])
    assert (await refunded(stripe)).amount == Decimal(100)
    assert (posted.call_count, len(sent(posted))) == (2, 1)


@pytest.mark.parametrize("other", [{"amount": "10000"}, {"object": "charge"}, {"currency": None}])
async def test_a_refund_in_another_form(vendor: respx.MockRouter, stripe: Stripe, other: dict[str, str | None]) -> None:
    """What is no refund as we know it is not read as one, nor asked for again: it would come so again."""
    posted = routed(vendor, NAME, REFUND, TAKEN)
    posted.return_value = changed(answering(NAME, REFUND, TAKEN), **other)
    with pytest.raises(Unavailable, match="answered in another form"):
        await refunded(stripe)
    assert posted.call_count == 1


async def test_an_amount_that_is_not_exact(vendor: respx.MockRouter, stripe: Stripe) -> None:
    """A third digit behind the point of a riyal is rounded by nobody: nothing is sent."""
    with pytest.raises(NotExact, match="2 digits"):
        await stripe.refund(INTENT, Decimal("99.999"), "sar", key=ONCE)
    assert len(vendor.calls) == 0


async def test_one_breaker_for_two_clients(vendor: respx.MockRouter, clock: FrozenClock, waits: Waits) -> None:
    """Clients that share a breaker share its rest: what one found out, the other does not try."""
    breaker = Breaker(clock, threshold=2, rest_s=10)
    one, other = (Stripe(KEY, clock, base_url="http://pay.example.com", breaker=breaker, sleep=waits) for _ in range(2))
    posted = routed(vendor, NAME, REFUND, BROKEN)
    for client in (one, other):
        with pytest.raises(Unavailable) as away:
            await refunded(client)
        assert away.value.retry_at == clock.now() + timedelta(seconds=10)
        assert posted.call_count == 2
        await client.close()
