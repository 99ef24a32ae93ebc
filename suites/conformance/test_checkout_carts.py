"""Carts: what goes in, what is refused, and what stays as it is."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.checks import requirement
from fixtures.shopping import Checkout, address_in, minor, only
from suites.conformance.shapes import ID, TIME, error_faults, money_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.client import Answer, Api
    from fixtures.shopping import Buying, Good, Shop

UNKNOWN = "01HZZZZZZZZZZZZZZZZZZZZZZZ"
SUMS = ("total", "subtotal", "tax_total", "discount_total", "item_total", "shipping_total", "original_total")


@requirement("CRT-01")
def test_new_cart(buying: Buying, shop: Shop) -> None:
    """A new cart is empty, costs nothing, is in the region's currency, and can be read."""
    checkout = buying()
    cart = checkout.cart()
    assert ID.fullmatch(cart["id"])
    assert TIME.fullmatch(cart["created_at"])
    assert (cart["id"], cart["region_id"], cart["currency_code"]) == (checkout.id, shop.region.id, shop.region.currency)
    assert (cart["items"], cart["shipping_methods"], cart["completed_at"]) == ([], [], None)
    assert money_faults(cart, *SUMS) == []
    assert {cart[name] for name in SUMS} == {0}


@requirement("CRT-01")
def test_cart_of_a_guest(anonymous: Api, shop: Shop, good: Good) -> None:
    """Somebody who is not logged in has a cart too."""
    checkout = Checkout(anonymous, shop.region, shop)
    assert [item["variant_id"] for item in checkout.add(good)["items"]] == [good.variant_id]
    assert checkout.cart()["customer_id"] is None


@requirement("CRT-01")
@pytest.mark.parametrize("path", ["", "/line-items", "/complete"])
def test_unknown_cart(anonymous: Api, good: Good, path: str) -> None:
    """A cart that nobody has is 404, whatever is asked of it."""
    url = f"/store/carts/cart_{UNKNOWN}{path}"
    body = {"variant_id": good.variant_id, "quantity": 1} if path == "/line-items" else {}
    answer = anonymous.post(url, body) if path else anonymous.get(url)
    assert error_faults(answer.expect(404)) == []


@requirement("CRT-02")
def test_line_costs_what_the_catalogue_says(buying: Buying, shop: Shop) -> None:
    """Two of something cost twice its price, in each region."""
    good = shop.good()
    for region in shop.regions:
        price = minor(1999, region.currency)
        cart = buying(region=region).add(good, 2)
        line = only(cart["items"])
        assert (line["variant_id"], line["product_id"]) == (good.variant_id, good.product_id)
        assert (line["title"], line["quantity"]) == (good.title, 2)
        assert money_faults(line, "unit_price") == []
        assert line["unit_price"] == price
        assert cart["item_subtotal"] == 2 * price


@requirement("CRT-02")
def test_more_of_the_same_joins_its_line(buying: Buying, shop: Shop, good: Good) -> None:
    """The same variant again raises the quantity of the line that is there; another one makes a line of its own."""
    checkout = buying(good)
    first = checkout.cart()["items"][0]
    line = only(checkout.add(good, 2)["items"])
    assert (line["id"], line["quantity"]) == (first["id"], 3)
    assert len(checkout.add(shop.good())["items"]) == 2


@requirement("CRT-03")
def test_quantity_is_changed(buying: Buying, good: Good) -> None:
    """A new quantity takes the place of the old one, and the cart costs accordingly."""
    checkout = buying(good)
    before = checkout.cart()
    line_id = before["items"][0]["id"]
    cart = checkout.api.post(f"{checkout.path}/line-items/{line_id}", {"quantity": 3}).expect(200)["cart"]
    assert cart["items"][0]["quantity"] == 3
    assert cart["item_subtotal"] == 3 * before["item_subtotal"]
    assert checkout.cart()["total"] == cart["total"]


@requirement("CRT-03")
def test_line_is_taken_out(buying: Buying, shop: Shop, good: Good) -> None:
    """A quantity of 0 takes a line out, and so does DELETE, which answers with the cart as the line's parent."""
    checkout = buying(good, shop.good())
    one, two = [line["id"] for line in checkout.cart()["items"]]
    cart = checkout.api.post(f"{checkout.path}/line-items/{one}", {"quantity": 0}).expect(200)["cart"]
    assert [line["id"] for line in cart["items"]] == [two]
    answer = checkout.api.delete(f"{checkout.path}/line-items/{two}").expect(200)
    assert (answer["id"], answer["object"], answer["deleted"]) == (two, "line-item", True)
    assert (answer["parent"]["id"], answer["parent"]["items"]) == (checkout.id, [])
    assert (checkout.cart()["items"], checkout.cart()["total"]) == ([], 0)


BAD_LINES: dict[str, Callable[[str], dict[str, Any]]] = {
    "negative": lambda variant_id: {"variant_id": variant_id, "quantity": -1},
    "text": lambda variant_id: {"variant_id": variant_id, "quantity": "2"},
    "true": lambda variant_id: {"variant_id": variant_id, "quantity": True},
    "no quantity": lambda variant_id: {"variant_id": variant_id},
    "no variant": lambda _: {"quantity": 1},
    "unknown variant": lambda _: {"variant_id": f"variant_{UNKNOWN}", "quantity": 1},
    "unknown key": lambda variant_id: {"variant_id": variant_id, "quantity": 1, "unit_prize": 1},
    "own price": lambda variant_id: {"variant_id": variant_id, "quantity": 1, "unit_price": 1},
}


@requirement("CRT-04")
@pytest.mark.parametrize("body", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_line_is_refused(buying: Buying, good: Good, body: Callable[[str], dict[str, Any]]) -> None:
    """What is no sound line is refused, and the cart is as it was."""
    checkout = buying(good)
    before = checkout.cart()
    answer = checkout.api.post(f"{checkout.path}/line-items", body(good.variant_id)).expect(400)
    assert error_faults(answer) == []
    assert checkout.cart() == before


@requirement("CRT-04")
def test_line_becomes_negative(buying: Buying, good: Good) -> None:
    """A line cannot be changed to less than nothing."""
    checkout = buying(good)
    before = checkout.cart()
    path = f"{checkout.path}/line-items/{before['items'][0]['id']}"
    assert error_faults(checkout.api.post(path, {"quantity": -1}).expect(400)) == []
    assert checkout.cart() == before


@requirement("CRT-04")
def test_what_is_not_published_is_not_sold(buying: Buying, shop: Shop) -> None:
    """A draft cannot be put into a cart, by somebody who knows its id."""
    draft = shop.good(status="draft")
    checkout = buying()
    assert error_faults(checkout.put(draft).expect(400)) == []
    assert checkout.cart()["items"] == []


UNKNOWN_KEYS = {
    "new cart": ("/store/carts", {"nonsense": 1}),
    "cart": ("/store/carts/{cart}", {"nonsense": 1}),
    "completed_at": ("/store/carts/{cart}", {"completed_at": "2026-01-01T00:00:00Z"}),
    "total": ("/store/carts/{cart}", {"total": 0}),
    "shipping": ("/store/carts/{cart}/shipping-methods", {"option_id": "so_x", "amount": 0}),
    "collection": ("/store/payment-collections", {"cart_id": "{cart}", "amount": 1}),
}


@requirement("CRT-05")
@pytest.mark.parametrize(("path", "body"), UNKNOWN_KEYS.values(), ids=UNKNOWN_KEYS.keys())
def test_unknown_key(buying: Buying, good: Good, path: str, body: dict[str, object]) -> None:
    """A member that the platform does not know, or that is not the client's to set, is refused."""
    checkout = buying(good)
    before = checkout.cart()
    sent = {name: checkout.id if value == "{cart}" else value for name, value in body.items()}
    answer = checkout.api.post(path.replace("{cart}", checkout.id), sent).expect(400)
    assert error_faults(answer) == []
    assert checkout.cart() == before


@requirement("CRT-10")
def test_addresses_are_kept(buying: Buying, shop: Shop) -> None:
    """Where to send it, who pays and the e-mail address are kept; what is not named later stays."""
    checkout = buying()
    address = {**address_in(shop.region.country), "first_name": "Noor", "address_2": "Flat ٣"}
    body = {"email": "noor@example.com", "shipping_address": address}
    checkout.api.post(checkout.path, body).expect(200)
    checkout.api.post(checkout.path, {"metadata": {"gift": True}}).expect(200)
    cart = checkout.cart()
    assert (cart["email"], cart["metadata"]) == ("noor@example.com", {"gift": True})
    assert {name: cart["shipping_address"][name] for name in address} == address
    assert cart["billing_address"]["first_name"] == "Quinn"


@requirement("CRT-10")
def test_country_outside_of_the_region(buying: Buying) -> None:
    """A country that the region does not have is refused, and the address stays as it was."""
    checkout = buying()
    before = checkout.cart()
    answer = checkout.api.post(checkout.path, {"shipping_address": address_in("aq")}).expect(400)
    assert error_faults(answer) == []
    assert checkout.cart() == before


@requirement("CRT-11")
def test_more_than_there_is(buying: Buying, shop: Shop) -> None:
    """Of three, four cannot be put into a cart, at once or one after the other."""
    good = shop.good(stock=3)
    checkout = buying(good, quantity=2)
    before = checkout.cart()
    assert error_faults(checkout.put(good, 2).expect(400)) == []
    assert checkout.cart() == before
    assert checkout.add(good, 1)["items"][0]["quantity"] == 3
    assert error_faults(buying().put(good, 4).expect(400)) == []


def _changes(checkout: Checkout, good: Good, line_id: str) -> list[Answer]:
    api, path = checkout.api, checkout.path
    return [
        checkout.put(good),
        api.post(f"{path}/line-items/{line_id}", {"quantity": 5}),
        api.post(f"{path}/line-items/{line_id}", {"quantity": 0}),
        api.delete(f"{path}/line-items/{line_id}"),
        api.post(path, {"email": "late@example.com"}),
    ]


def _untimed(cart: dict[str, Any]) -> dict[str, Any]:
    """A cart without the times of its last change: Medusa writes it before it refuses, and then writes it back."""
    lines = [{name: value for name, value in line.items() if name != "updated_at"} for line in cart["items"]]
    return {name: value for name, value in cart.items() if name != "updated_at"} | {"items": lines}


@requirement("CRT-08", "CHK-01")
def test_completed_cart_is_frozen(buying: Buying, good: Good, shop: Shop) -> None:
    """Nothing goes into or out of a cart that became an order; neither the cart nor the order changes."""
    checkout = buying(good)
    order = checkout.buy()
    cart = checkout.cart()
    assert cart["completed_at"] is not None
    for answer in _changes(checkout, good, cart["items"][0]["id"]):
        assert error_faults(answer.expect(400)) == []
    assert _untimed(checkout.cart()) == _untimed(cart)
    assert Decimal(shop.order(order["id"])["total"]) == cart["total"]
