"""The feed of events: each once, in order, of the own tenant alone, and none missed by who reads on."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import eventually, requirement, settled
from fixtures.client import concurrently
from fixtures.shopping import WALLET, Buying
from suites.conformance.feed import Feed, data_faults, event_faults, moves
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.shopping import Good, Shop
    from suites.conformance.feed import Event

CANCELLED = 6


@pytest.fixture(scope="module")
def feed(operator: Operator) -> Feed:
    """The main tenant's feed."""
    return Feed(operator)


@requirement("EVT-01")
def test_cloud_event(feed: Feed, operator: Operator, wallet: Wallet) -> None:
    """An event has every attribute that CloudEvents 1.0 asks for, tells what happened, and is for nobody to keep."""
    credit = operator.credit(wallet, "12.50", "order-1")
    debit = operator.debit(wallet, "2.25")
    page = settled(lambda: feed.page(subject=wallet.id), lambda found: len(found["events"]) == 2)
    assert page.headers["cache-control"] in ("no-store", "private, no-store", "private")
    told = list(zip(page["events"], ("wallet.credited", "wallet.debited"), (credit, debit), strict=True))
    assert [(event["type"], event["subject"]) for event, _, _ in told] == [(kind, wallet.id) for _, kind, _ in told]
    same = ("id", "wallet_id", "amount", "balance_after", "reference_id")
    faults = [data_faults(event, **{name: getattr(row, name) for name in same}) for event, _, row in told]
    assert faults == [[], []]
    assert (page["count"], page["limit"], page["next"]) == (2, 100, page["events"][-1]["id"])


@requirement("EVT-02")
def test_each_once_and_in_order(feed: Feed, operator: Operator, wallet: Wallet) -> None:
    """Twenty credits at the same moment are told once each, in the order of the ledger, however they are read."""
    concurrently(20, lambda _: operator.credit(wallet, "1"))
    ledger = [row.id for row in reversed(operator.ledger(wallet))]
    events = settled(lambda: feed.read(subject=wallet.id), lambda found: len(found) >= len(ledger))
    assert moves(events) == ledger
    assert len({event["id"] for event in events}) == len(events)
    assert feed.read(limit=7, subject=wallet.id) == events
    after = events[4]["id"]
    mine = [event for event in feed.read(after) if event["subject"] == wallet.id]
    assert mine == feed.read(after, subject=wallet.id) == events[5:]
    assert feed.page(limit=0, subject=wallet.id).expect(200)["count"] == len(events)


@requirement("EVT-07")
def test_of_a_type(feed: Feed, operator: Operator, wallet: Wallet) -> None:
    """Asked for one type, the feed shows nothing else; a type that does not exist has no events."""
    start = feed.beginning(wallet)
    operator.debit(wallet, "1")
    operator.credit(wallet, "1")
    feed.about(wallet.id, "wallet.debited", "wallet.credited")
    found = eventually(lambda: feed.read(start, type="wallet.debited"), bool)
    assert {event["type"] for event in found} == {"wallet.debited"}
    assert wallet.id in {event["subject"] for event in found}
    assert feed.page(after=start, type="no.such.type").expect(200)["events"] == []


@requirement("EVT-07")
def test_nowhere_to_read_on(feed: Feed, wallet: Wallet) -> None:
    """Behind an event that nobody has there is nothing to read, and no beginning either: 404; bad limits are 400."""
    last = feed.beginning(wallet)
    for after in ("evt_01HZZZZZZZZZZZZZZZZZZZZZZZ", "no-event", wallet.id):
        assert error_faults(feed.page(after=after).expect(404)) == []
    for limit in (101, -1):
        assert error_faults(feed.page(limit).expect(400)) == []
    end = feed.page(after=last, subject=wallet.id).expect(200)
    assert (end["events"], end["count"], end["next"]) == ([], 0, last)


@requirement("EVT-03")
def test_strangers_see_none(
    feed: Feed, operator: Operator, stranger_operator: Operator, stranger: Shopper, wallet: Wallet
) -> None:
    """Another tenant's operator finds, counts and reads on from none of our events, and sees the own ones."""
    theirs = Feed(stranger_operator)
    ours = feed.beginning(wallet)
    page = theirs.page(subject=wallet.id).expect(200)
    assert (page["events"], page["count"]) == ([], 0)
    unknown = theirs.page(after="evt_01HZZZZZZZZZZZZZZZZZZZZZZZ").expect(404)
    assert theirs.page(after=ours).expect(404).text.replace(ours, "") == unknown.text.replace(
        "evt_01HZZZZZZZZZZZZZZZZZZZZZZZ", ""
    )
    other = stranger.wallet()
    start = theirs.beginning(other)
    operator.credit(wallet, "1")
    stranger_operator.credit(other, "1")
    seen = eventually(lambda: theirs.read(start), lambda found: other.id in {event["subject"] for event in found})
    own = eventually(lambda: feed.read(ours), lambda found: wallet.id in {event["subject"] for event in found})
    assert wallet.id not in {event["subject"] for event in seen}
    assert {event["source"] for event in seen}.isdisjoint({event["source"] for event in own})
    assert len({event["source"] for event in seen}) == len({event["source"] for event in own}) == 1


@requirement("EVT-05")
def test_refused_movements(feed: Feed, operator: Operator, wallet: Wallet) -> None:
    """Movements that are refused, and the same one again, leave no event behind."""
    kept = operator.credit(wallet, "10", "order-1")
    operator.adjust(wallet, type="debit", amount=11).expect(*REFUSED)
    answers = concurrently(5, lambda _: operator.adjust(wallet, type="credit", amount=10, reference_id="order-1"))
    assert [answer for answer in answers if answer.status >= 500] == []
    last = operator.debit(wallet, "1")
    events = settled(lambda: feed.read(subject=wallet.id), lambda found: last.id in moves(found))
    assert moves(events) == [kept.id, last.id]


@requirement("EVT-05")
def test_checkout_that_is_undone(feed: Feed, operator: Operator, shopper: Shopper, shop: Shop, good: Good) -> None:
    """A checkout that its empty wallet does not pay for is told by nothing; with money in it, by one order.placed."""
    shop.needs(WALLET)
    wallet = shopper.wallet()
    start = feed.beginning(wallet)
    checkout = Buying(shopper.api, shop)(good).prepare(WALLET)
    refused = checkout.complete()
    assert refused.status in REFUSED or refused["type"] == "cart"
    operator.credit(wallet, "1000000")
    checkout.pay(WALLET)
    order_id = checkout.order()["id"]
    events = settled(lambda: feed.read(start, type="order.placed"), lambda found: order_id in moves(found))
    assert moves([event for event in events if event["data"].get("customer_id") == shopper.id]) == [order_id]
    debits = settled(lambda: feed.read(start, subject=wallet.id), lambda found: len(found) >= 2)
    assert [(event["type"], event["data"]["reference_id"]) for event in debits] == [
        ("wallet.credited", None),
        ("wallet.debited", order_id),
    ]


@requirement("EVT-04")
def test_late_commits(feed: Feed, operator: Operator, shop: Shop, shopper: Shopper, good: Good, wallet: Wallet) -> None:
    """Who reads on while orders are cancelled has read, at the end, what somebody who begins anew reads then."""
    orders = [_paid(shop, Buying(shopper.api, shop), good) for _ in range(CANCELLED)]
    start = feed.beginning(wallet)
    followed: list[Event] = []
    left = list(orders)

    def read_on() -> None:
        followed.extend(feed.read(followed[-1]["id"] if followed else start))

    def act(number: int) -> None:
        while left:
            if number == 0:
                shop.cancel(left[-1]).expect(200)
                left.pop()
            else:  # a credit is done at once, and pulls the reader past what a cancellation has yet to commit
                operator.credit(wallet, "1")
                read_on()

    concurrently(2, act)
    anew = eventually(lambda: feed.read(start), lambda found: set(orders) <= _cancelled(found))
    read_on()
    assert [event["id"] for event in followed[: len(anew)]] == [event["id"] for event in anew]
    assert len({event["id"] for event in followed}) == len(followed)
    refunds = [event["data"] for event in anew if event["type"] == "payment.refunded"]
    assert set(orders) <= {data["order_id"] for data in refunds}
    assert [fault for event in anew for fault in event_faults(event)] == []


def _paid(shop: Shop, buying: Buying, good: Good) -> str:
    """The id of an order whose payment was taken."""
    order = buying(good).buy()
    payment = shop.payment(order["id"])
    shop.capture(payment["id"]).expect(200)
    assert Decimal(payment["amount"]) > 0
    return str(order["id"])


def _cancelled(events: list[Event]) -> set[str]:
    return {event["subject"] for event in events if event["type"] == "order.canceled"}
