"""Many at once: one order per cart, each unit sold once, and numbers that nobody has twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fixtures.checks import requirement
from fixtures.client import concurrently
from fixtures.shopping import Buying
from suites.conformance.shapes import REFUSED

if TYPE_CHECKING:
    from fixtures.actors import Shopper
    from fixtures.client import Answer
    from fixtures.plugin import Run
    from fixtures.shopping import Good, Shop

AT_ONCE = 50


def placed(answers: list[Answer]) -> list[str]:
    """The ids of the orders that were answered."""
    return [answer["order"]["id"] for answer in answers if answer.status == 200 and answer["type"] == "order"]


@requirement("CHK-03", "CHK-05", "CHK-02")
def test_one_cart_completed_by_fifty(shopper: Shopper, shop: Shop, run: Run) -> None:
    """Fifty complete one cart at the same moment: one order, its goods taken once, and nobody gets a 5xx."""
    for _ in range(run.rounds(merge=1, nightly=10)):
        good = shop.good(stock=AT_ONCE)
        before = _orders(shopper)
        checkout = Buying(shopper.api, shop)(good).prepare()
        answers = concurrently(AT_ONCE, lambda _, checkout=checkout: checkout.complete())  # type: ignore[misc]
        statuses = Counter(answer.status for answer in answers)
        assert set(statuses) <= {200, 409}, statuses
        assert len(set(placed(answers))) == 1
        assert _orders(shopper) == before + 1
        assert shop.available(good) == AT_ONCE - 1


@requirement("CHK-06", "CHK-05")
def test_last_units_are_sold_once(shopper: Shopper, shop: Shop, run: Run) -> None:
    """Of three units, ten carts that fifty complete at the same moment buy three: the others stay carts."""
    carts = run.rounds(merge=10, nightly=AT_ONCE)
    good = shop.good(stock=3)
    buying = Buying(shopper.api, shop)
    checkouts = [buying(good).prepare() for _ in range(carts)]
    answers = concurrently(AT_ONCE, lambda n: checkouts[n % carts].complete())
    statuses = Counter(answer.status for answer in answers)
    assert set(statuses) <= {200, *REFUSED}, statuses
    assert len(set(placed(answers))) == _orders(shopper) == 3, statuses
    assert shop.available(good) == 0
    open_still = [checkout.cart()["completed_at"] is None for checkout in checkouts]
    assert open_still.count(True) == carts - 3


@requirement("CHK-06", "CHK-05")
def test_goods_in_either_order(shopper: Shopper, shop: Shop) -> None:
    """Carts that hold the same goods the other way round are all sold: none waits for the other for ever."""
    one, two = shop.good(stock=10), shop.good(stock=10)
    buying = Buying(shopper.api, shop)
    checkouts = [buying(*((one, two) if n % 2 else (two, one))).prepare() for n in range(10)]
    answers = concurrently(10, lambda n: checkouts[n].complete())
    assert Counter(answer.status for answer in answers) == {200: 10}
    assert (shop.available(one), shop.available(two)) == (0, 0)


@requirement("ORD-06")
def test_numbers_are_distinct(shopper: Shopper, shop: Shop, good: Good) -> None:
    """Ten orders at the same moment have ten numbers; who was told to try again has the order then."""
    buying = Buying(shopper.api, shop)
    checkouts = [buying(good).prepare() for _ in range(10)]
    answers = concurrently(10, lambda n: checkouts[n].complete())
    assert {answer.status for answer in answers} <= {200, 409}
    assert len({checkout.order()["display_id"] for checkout in checkouts}) == 10


@requirement("CRT-02", "CHK-04")
def test_lines_added_at_once(shopper: Shopper, shop: Shop, good: Good) -> None:
    """Twenty clicks on "add" at the same moment put twenty into the cart, and it costs twenty."""
    checkout = Buying(shopper.api, shop)(good)
    single = checkout.cart()["item_subtotal"]
    answers = concurrently(20, lambda _: checkout.put(good))
    accepted = sum(answer.is_success for answer in answers)
    assert [answer for answer in answers if answer.status >= 500] == []
    cart = checkout.cart()
    assert sum(line["quantity"] for line in cart["items"]) == 1 + accepted
    assert cart["item_subtotal"] == single * (1 + accepted)


def _orders(shopper: Shopper) -> int:
    return int(shopper.api.get("/store/orders", {"limit": 0}).expect(200)["count"])
