"""Taking an order back: its goods and its money return, once."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from fixtures.checks import requirement
from fixtures.client import concurrently
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from fixtures.shopping import Buying, Shop


@requirement("ORD-04")
def test_cancelled_order(buying: Buying, shop: Shop) -> None:
    """A cancelled order says so, and its goods can be sold again."""
    good = shop.good(stock=3)
    order = buying(good, quantity=2).buy()
    assert shop.available(good) == 1
    assert shop.cancel(order["id"]).expect(200)["order"]["status"] == "canceled"
    assert shop.order(order["id"])["status"] == "canceled"
    assert shop.available(good) == 3


@requirement("ORD-04")
def test_cancelling_again(buying: Buying, shop: Shop) -> None:
    """A second time is refused, and gives nothing back a second time."""
    good = shop.good(stock=3)
    order = buying(good, quantity=2).buy()
    payment = shop.payment(order["id"])
    shop.capture(payment["id"]).expect(200)
    shop.cancel(order["id"]).expect(200)
    assert error_faults(shop.cancel(order["id"]).expect(400)) == []
    assert shop.available(good) == 3
    assert shop.taken(payment["id"]) == (order["total"], order["total"])


@requirement("ORD-04")
def test_cancelling_gives_back_what_was_taken(buying: Buying, shop: Shop) -> None:
    """What was captured and not refunded yet is refunded with the cancellation: all of it, and no more."""
    order = buying(shop.good()).buy()
    payment = shop.payment(order["id"])
    shop.capture(payment["id"]).expect(200)
    part = Decimal(order["total"]) // 4
    shop.refund(payment["id"], part).expect(200)
    shop.cancel(order["id"]).expect(200)
    assert shop.taken(payment["id"]) == (order["total"], order["total"])
    assert error_faults(shop.refund(payment["id"], part).expect(400)) == []


@requirement("ORD-09")
def test_nothing_is_taken_for_a_cancelled_order(buying: Buying, shop: Shop) -> None:
    """What was authorised for an order that is cancelled cannot be captured any more."""
    order = buying(shop.good()).buy()
    payment = shop.payment(order["id"])
    shop.cancel(order["id"]).expect(200)
    assert error_faults(shop.capture(payment["id"]).expect(*REFUSED)) == []
    assert shop.taken(payment["id"]) == (0, 0)


@requirement("ORD-08", "ORD-04")
def test_cancelled_by_ten_at_once(buying: Buying, shop: Shop) -> None:
    """Ten cancel one order at the same moment: one does it, and its goods and its money come back once."""
    good = shop.good(stock=20)
    order = buying(good, quantity=2).buy()
    payment = shop.payment(order["id"])
    shop.capture(payment["id"]).expect(200)
    answers = concurrently(10, lambda _: shop.cancel(order["id"]))
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) <= {200, *REFUSED}, statuses
    assert statuses[200] == 1
    assert shop.available(good) == 20
    assert shop.taken(payment["id"]) == (order["total"], order["total"])
