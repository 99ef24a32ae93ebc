"""Stripe's client, against its simulator over HTTP: money moves once, in Stripe's units."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.simulators.base import Running, running
from fixtures.simulators.stripe import Stripe as Simulator
from reference_impl.core.clock import FrozenClock
from reference_impl.core.money import CURRENCIES
from reference_impl.integrations.base import Conflict, CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.stripe.client import DIGITS, NotExact, Stripe, major_units, minor_units

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PRICE = Decimal("10.99")


@pytest.fixture
def vendor() -> Simulator:
    return Simulator()


@pytest.fixture
def served(vendor: Simulator) -> Iterator[Running]:
    with running(vendor) as there:
        yield there


@pytest.fixture
async def stripe(served: Running, vendor: Simulator) -> AsyncIterator[Stripe]:
    async def at_once(seconds: float) -> None:
        pass

    clock = FrozenClock(datetime(2026, 11, 22, tzinfo=UTC))
    client = Stripe(vendor.api_key, clock, base_url=served.base_url, sleep=at_once)
    yield client
    await client.close()


@pytest.mark.anyio
async def test_a_payment_is_asked_for_in_minor_units(stripe: Stripe, vendor: Simulator) -> None:
    intent = await stripe.create_payment_intent(PRICE, "usd", key="pay_1", metadata={"medusa_order_id": "طلب & 1"})
    assert (intent.amount, intent.currency, intent.metadata) == (PRICE, "usd", {"medusa_order_id": "طلب & 1"})
    assert vendor.intents[intent.id]["amount"] == 1099
    assert vendor.received[0].headers["idempotency-key"] == "pay_1"
    assert await stripe.payment_intent(intent.id) == intent


@pytest.mark.anyio
async def test_a_payment_is_made_once_per_key(stripe: Stripe, vendor: Simulator) -> None:
    first = await stripe.create_payment_intent(PRICE, "usd", key="pay_1")
    assert await stripe.create_payment_intent(PRICE, "usd", key="pay_1") == first
    with pytest.raises(Conflict, match="same parameters"):
        await stripe.create_payment_intent(PRICE * 2, "usd", key="pay_1")
    assert len(vendor.intents) == 1


@pytest.mark.anyio
async def test_a_lost_answer_is_asked_for_again_and_moves_no_money_twice(stripe: Stripe, vendor: Simulator) -> None:
    """The answer is cut off three times after the work was done; each try carries the same key."""
    vendor.switches.half_answers = True
    with pytest.raises(Unavailable):
        await stripe.create_payment_intent(PRICE, "usd", key="pay_1")
    vendor.switches.half_answers = False
    intent = await stripe.create_payment_intent(PRICE, "usd", key="pay_1")
    assert list(vendor.intents) == [intent.id]
    assert [each.headers["idempotency-key"] for each in vendor.received] == ["pay_1"] * 4


@pytest.mark.anyio
async def test_a_refund_is_given_once_per_key(stripe: Stripe, vendor: Simulator) -> None:
    intent = await stripe.create_payment_intent(PRICE, "usd", key="pay_1")
    vendor.succeed(intent.id)
    first = await stripe.refund(intent.id, Decimal("4.00"), "usd", key="refund_1")
    again = await stripe.refund(intent.id, Decimal("4.00"), "usd", key="refund_1")
    assert (again, first.amount, first.payment_intent, len(vendor.refunds)) == (first, Decimal(4), intent.id, 1)
    with pytest.raises(Rejected, match="greater than unrefunded") as refusal:
        await stripe.refund(intent.id, Decimal("7.00"), "usd", key="refund_2")
    assert list(refusal.value.fields) == ["amount"]


@pytest.mark.anyio
async def test_what_stripe_says_keeps_its_meaning(stripe: Stripe, vendor: Simulator) -> None:
    with pytest.raises(NotFound, match="No such payment_intent: 'pi_0'"):
        await stripe.payment_intent("pi_0")
    vendor.switches.refuse_key = True
    with pytest.raises(CredentialsRejected, match="Invalid API Key"):
        await stripe.payment_intent("pi_0")
    vendor.switches.refuse_key, vendor.switches.rate_limited = False, True
    with pytest.raises(Unavailable, match="rate limit"):
        await stripe.payment_intent("pi_0")
    vendor.switches.rate_limited, vendor.switches.flapping = False, 2
    with pytest.raises(NotFound):
        await stripe.payment_intent("pi_0")  # the first try met a broken server


@pytest.mark.anyio
@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\nb"])
async def test_what_is_no_key_is_sent_nowhere(stripe: Stripe, vendor: Simulator, key: str) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        await stripe.create_payment_intent(PRICE, "usd", key=key)
    assert vendor.received == []


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("10.99", "usd", 1099),
        ("10.9", "usd", 1090),
        ("1E+2", "usd", 10000),
        ("500", "jpy", 500),
        ("500.00", "jpy", 500),
        ("5.12", "kwd", 5120),
        ("5", "isk", 500),
        ("7", "mga", 7),
        ("12345678901234567890.12", "usd", 1234567890123456789012),
    ],
)
def test_amounts_are_counted_as_stripe_does(amount: str, currency: str, units: int) -> None:
    assert minor_units(Decimal(amount), currency) == units
    assert major_units(units, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("10.999", "usd"),
        ("0.001", "usd"),
        ("0", "usd"),
        ("-1", "usd"),
        ("NaN", "usd"),
        ("Infinity", "usd"),
        ("0.5", "jpy"),
        ("5.124", "kwd"),  # Stripe's partners take two of its three digits
        ("5.50", "isk"),  # whole amounts, written with two digits
        ("7.2", "mga"),
        ("5", "ugx"),  # Stripe's page lists it in two ways
        ("5", "USD"),
        ("5", "xxx"),
    ],
)
def test_what_stripe_cannot_take_exactly_is_not_rounded(amount: str, currency: str) -> None:
    with pytest.raises(NotExact):
        minor_units(Decimal(amount), currency)


@given(st.sampled_from(sorted(DIGITS)), st.integers(min_value=1, max_value=10**12))
def test_every_whole_amount_comes_back_as_it_went(currency: str, whole: int) -> None:
    amount = Decimal(whole)
    assert major_units(minor_units(amount, currency), currency) == amount


def test_stripe_counts_all_of_our_currencies_but_one() -> None:
    assert set(CURRENCIES) - set(DIGITS) == {"ugx"}
