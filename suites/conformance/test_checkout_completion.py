"""The last word: a cart becomes an order, once, or says why not and stays a cart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import omit, requirement
from fixtures.shopping import Buying, Checkout
from suites.conformance.shapes import ID, error_faults

if TYPE_CHECKING:
    from fixtures.actors import Shopper
    from fixtures.client import Api
    from fixtures.shopping import Good, Shop


def orders_of(shopper: Shopper) -> int:
    """How many orders a customer has."""
    return int(shopper.api.get("/store/orders", {"limit": 0}).expect(200)["count"])


@requirement("CHK-01")
def test_order_is_what_the_cart_was(buying: Buying, shop: Shop, good: Good) -> None:
    """An order has the cart's lines, addresses, shipping, currency and sums, an id and a number."""
    checkout = buying(good, shop.good(), quantity=2).prepare()
    cart = checkout.cart()
    order = checkout.order()
    assert ID.fullmatch(order["id"])
    assert order["id"].startswith("order_")
    assert type(order["display_id"]) is int
    assert order["status"] == "pending"
    for name in ("currency_code", "region_id", "email", "total", "item_subtotal", "shipping_subtotal", "tax_total"):
        assert order[name] == cart[name], name
    lines = [(line["variant_id"], line["title"], line["quantity"], line["unit_price"]) for line in cart["items"]]
    sold = [(line["variant_id"], line["title"], line["quantity"], line["unit_price"]) for line in order["items"]]
    assert sorted(sold) == sorted(lines)
    assert {line["id"] for line in order["items"]}.isdisjoint(line["id"] for line in cart["items"])
    assert order["shipping_address"]["address_1"] == cart["shipping_address"]["address_1"]
    assert [one["amount"] for one in order["shipping_methods"]] == [one["amount"] for one in cart["shipping_methods"]]


@requirement("CHK-01")
def test_guest_orders(anonymous: Api, shop: Shop, good: Good) -> None:
    """Somebody without a log-in buys with nothing but an e-mail address, and can look at the order by its id."""
    order = Buying(anonymous, shop)(good).buy()
    shown = anonymous.get(f"/store/orders/{order['id']}").expect(200)["order"]
    assert (shown["id"], shown["total"]) == (order["id"], order["total"])


@requirement("CHK-02")
def test_completing_again_gives_the_same_order(shopper: Shopper, shop: Shop, good: Good) -> None:
    """Who did not hear the answer asks again, and again, and has one order."""
    checkout = Buying(shopper.api, shop)(good).prepare()
    first = checkout.order()
    assert [checkout.order()["id"] for _ in range(2)] == [first["id"]] * 2
    assert orders_of(shopper) == 1


@requirement("CHK-05")
def test_stock_falls_once(buying: Buying, shop: Shop) -> None:
    """Putting goods into a cart takes nothing; the order takes them, and repeating it takes no more."""
    one, two = shop.good(stock=5), shop.good(stock=7)
    checkout = buying(one, two, quantity=2).prepare()
    assert (shop.available(one), shop.available(two)) == (5, 7)
    checkout.order()
    checkout.order()
    assert (shop.available(one), shop.available(two)) == (3, 5)


@requirement("CHK-05", "CHK-06")
def test_stock_that_ran_out(buying: Buying, shop: Shop) -> None:
    """Who completes after the last unit was sold is refused; nothing of the cart is sold, and it stays a cart."""
    scarce, plenty = shop.good(stock=1), shop.good(stock=9)
    late = buying(plenty, scarce).prepare()
    buying(scarce).buy()
    assert error_faults(late.complete().expect(400, 409)) == []
    assert (shop.available(scarce), shop.available(plenty)) == (0, 9)
    assert late.cart()["completed_at"] is None


@requirement("CHK-07")
def test_empty_cart_is_no_order(shopper: Shopper, shop: Shop, good: Good) -> None:
    """A cart from which everything was taken out cannot be completed, even after it was made ready."""
    checkout = Buying(shopper.api, shop)(good).prepare()
    line_id = checkout.cart()["items"][0]["id"]
    checkout.api.delete(f"{checkout.path}/line-items/{line_id}").expect(200)
    assert error_faults(checkout.complete().expect(400)) == []
    assert (checkout.cart()["completed_at"], orders_of(shopper)) == (None, 0)


def _without_shipping(checkout: Checkout) -> None:
    checkout.pay()


def _without_collection(checkout: Checkout) -> None:
    checkout.ship()


def _without_session(checkout: Checkout) -> None:
    checkout.ship()
    checkout.collection()


@requirement("CHK-07")
@pytest.mark.parametrize("steps", [_without_shipping, _without_collection, _without_session])
def test_what_is_missing(shopper: Shopper, shop: Shop, good: Good, steps: object) -> None:
    """Without shipping, a payment collection or a payment session there is no order; with them there is."""
    assert callable(steps)
    checkout = Buying(shopper.api, shop)(good)
    steps(checkout)
    assert error_faults(checkout.complete().expect(400)) == []
    assert (checkout.cart()["completed_at"], orders_of(shopper)) == (None, 0)
    assert checkout.buy()["status"] == "pending"


@requirement("CHK-08")
def test_payment_that_is_not_authorised(shopper: Shopper, shop: Shop) -> None:
    """A refused payment answers with the cart and the reason; nothing is sold; another payment then succeeds."""
    good = shop.good(stock=1)
    checkout = Buying(shopper.api, shop)(good)
    checkout.ship()
    checkout.pay(data={"authorize": False})
    answer = checkout.complete().expect(200)
    if answer["type"] == "order":
        omit("the target's provider authorises every payment")
    assert (answer["type"], answer["cart"]["id"]) == ("cart", checkout.id)
    assert answer["error"]["type"] == "payment_authorization_error"
    assert isinstance(answer["error"]["message"], str)
    assert (checkout.cart()["completed_at"], orders_of(shopper), shop.available(good)) == (None, 0, 1)
    checkout.pay()
    checkout.order()
    assert (orders_of(shopper), shop.available(good)) == (1, 0)


@requirement("CHK-09")
def test_payment_follows_the_cart(buying: Buying, shop: Shop, good: Good) -> None:
    """Whoever changes a cart after choosing how to pay cannot have it for the old amount."""
    checkout = buying(good).prepare()
    total = checkout.add(good, 4)["total"]
    assert checkout.collection()["amount"] == total
    answer = checkout.complete()
    if answer.status != 200:
        assert error_faults(answer.expect(400)) == []
        checkout.pay()
        answer = checkout.complete().expect(200)
    assert answer["order"]["total"] == total
    assert shop.payment(answer["order"]["id"])["amount"] == total
