"""What is told: each kind of event, by the change that it is for, with the ids and the exact amounts of that change."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.booking import on
from fixtures.checks import requirement
from fixtures.shopping import minor
from suites.conformance.feed import Feed, data_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.booking import Booker, Desk, Service
    from fixtures.insuring import Insured, Insurer, Policy
    from fixtures.plugin import Capabilities
    from fixtures.shopping import Buying, Good, Shop
    from fixtures.trading import Appraiser, Trader
    from fixtures.vending import Market
    from suites.conformance.feed import Event


@pytest.fixture(scope="module")
def feed(operator: Operator) -> Feed:
    """The main tenant's feed."""
    return Feed(operator)


def told(feed: Feed, subject: str, *kinds: str) -> list[Event]:
    """The events about a thing, which must be one of each of these types, in this order."""
    events = feed.about(subject, *kinds)
    assert [event["type"] for event in events] == list(kinds)
    return events


@requirement("EVT-06")
def test_customer(feed: Feed, shopper: Shopper) -> None:
    """customer.created tells of a new customer."""
    (event,) = told(feed, shopper.id, "customer.created")
    assert data_faults(event, id=shopper.id, email=shopper.email) == []


@requirement("EVT-06")
def test_order(feed: Feed, capabilities: Capabilities, buying: Buying, shop: Shop, good: Good) -> None:
    """order.placed and order.canceled tell of an order, payment.captured and payment.refunded of what was paid."""
    capabilities.need("checkout")
    order = buying(good).buy()
    payment = shop.payment(order["id"])
    part = minor(150, order["currency_code"])
    shop.capture(payment["id"]).expect(200)
    shop.refund(payment["id"], part).expect(200)
    shop.cancel(order["id"]).expect(200)
    total, currency = Decimal(order["total"]), order["currency_code"]
    same = {"id": order["id"], "total": total, "currency_code": currency, "display_id": order["display_id"]}
    events = told(feed, order["id"], "order.placed", "order.canceled")
    assert [fault for event in events for fault in data_faults(event, **same)] == []
    moved = told(feed, payment["id"], "payment.captured", "payment.refunded", "payment.refunded")
    paid = {"id": payment["id"], "order_id": order["id"], "currency_code": currency}
    amounts = (total, part, total - part)
    faults = [data_faults(event, amount=amount, **paid) for event, amount in zip(moved, amounts, strict=True)]
    assert faults == [[], [], []]


@requirement("EVT-06")
def test_vendor_order(feed: Feed, capabilities: Capabilities, market: Market) -> None:
    """vendor_order.created tells of a vendor's share, with what the platform and the vendor get of it."""
    capabilities.need("vendors")
    seller = market.seller()
    share = market.sold(seller, 1999)
    (event,) = told(feed, share.id, "vendor_order.created")
    same = ("id", "order_id", "vendor_order_number", "currency_code", "subtotal", "commission_amount", "net_amount")
    assert data_faults(event, vendor_id=seller.vendor_id, **{name: getattr(share, name) for name in same}) == []


@requirement("EVT-06")
def test_booking(feed: Feed, capabilities: Capabilities, desk: Desk, booker: Booker, roomy: Service) -> None:
    """booking.created and booking.cancelled tell of a booking, with what it costs and what cancelling it does."""
    capabilities.need("bookings")
    booking = booker.book(roomy, on(desk.day, 10))
    booker.cancel(booking, "Ill")
    same = ("id", "booking_number", "service_id", "provider_id", "currency_code", "total")
    known = {"customer_id": booker.id, **{name: getattr(booking, name) for name in same}}
    made, cancelled = told(feed, booking.id, "booking.created", "booking.cancelled")
    assert data_faults(made, attendee_count=1, **known) == []
    assert data_faults(cancelled, cancellation_fee=Decimal(0), cancellation_reason="Ill", **known) == []


@requirement("EVT-06")
def test_trade_in(feed: Feed, capabilities: Capabilities, trader: Trader, appraiser: Appraiser) -> None:
    """trade-in.approved and trade-in.completed tell of a trade-in, with what the customer gets for it."""
    capabilities.need("trade_in")
    done = appraiser.bring(trader, trader.submit(), "completed")
    same = ("id", "trade_in_number", "product_id", "final_value", "currency_code")
    known = {"customer_id": trader.id, "credit_type": "wallet", **{name: getattr(done, name) for name in same}}
    events = told(feed, done.id, "trade-in.approved", "trade-in.completed")
    assert [fault for event in events for fault in data_faults(event, **known)] == []


@requirement("EVT-06")
def test_claim(feed: Feed, capabilities: Capabilities, insurer: Insurer, insured: Insured, policy: Policy) -> None:
    """insurance.claim_approved tells of the claim that is paid out; one that is rejected is told by nothing."""
    capabilities.need("insurance")
    rejected, approved = insured.file(policy, "7.25"), insured.file(policy, "8.50")
    insurer.decide(rejected, "rejected").expect(200)
    insurer.decide(approved).expect(200)
    (event,) = told(feed, approved.id, "insurance.claim_approved")
    known = {"id": approved.id, "policy_id": policy.id, "customer_id": insured.id}
    assert data_faults(event, claim_number=approved.claim_number, amount=Decimal("8.50"), **known) == []
    assert feed.read(subject=rejected.id) == []  # decided before the other one, which is there
