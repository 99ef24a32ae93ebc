"""Who sees which orders, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.shopping import Buying, only
from suites.conformance.shapes import ID, TIME, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.client import Api
    from fixtures.shopping import Good, Shop

UNKNOWN = "order_01HZZZZZZZZZZZZZZZZZZZZZZZ"


@requirement("ORD-01")
def test_own_orders(shopper: Shopper, shop: Shop, good: Good) -> None:
    """Two orders are listed, newest first, and each is read as it was answered at first."""
    buying = Buying(shopper.api, shop)
    older, newer = buying(good).buy(), buying(good, quantity=2).buy()
    page = shopper.api.get("/store/orders", {"order": "-created_at"}).expect(200)
    assert list_faults(page, "orders") == []
    assert [order["id"] for order in page["orders"]] == [newer["id"], older["id"]]
    assert page["count"] == 2
    for order in page["orders"]:
        assert ID.fullmatch(order["id"])
        assert TIME.fullmatch(order["created_at"])
        assert money_faults(order, "total") == []
    shown = shopper.api.get(f"/store/orders/{newer['id']}").expect(200)["order"]
    assert [(line["id"], line["quantity"]) for line in shown["items"]] == [
        (line["id"], line["quantity"]) for line in newer["items"]
    ]
    assert (shown["total"], shown["display_id"]) == (newer["total"], newer["display_id"])


@requirement("ORD-01")
def test_own_orders_in_pages(shopper: Shopper, shop: Shop, good: Good) -> None:
    """A page of one shows the newest, the next one the older, and both count all."""
    buying = Buying(shopper.api, shop)
    ids = [buying(good).buy()["id"] for _ in range(2)]
    query: dict[str, str | int] = {"order": "-created_at", "limit": 1}
    pages = [shopper.api.get("/store/orders", query | {"offset": n}).expect(200) for n in range(2)]
    assert [order["id"] for page in pages for order in page["orders"]] == ids[::-1]
    assert [page["count"] for page in pages] == [2, 2]


@requirement("ORD-01")
def test_fields_of_an_order(buying: Buying, buyer: Shopper, good: Good) -> None:
    """`fields` decides what of an order is answered."""
    order = buying(good).buy()
    path = f"/store/orders/{order['id']}"
    shown = buyer.api.get(path, {"fields": "id,status,total,items.*"}).expect(200)["order"]
    assert (shown["id"], shown["status"], shown["total"]) == (order["id"], "pending", order["total"])
    assert shown["items"][0]["variant_id"] == good.variant_id
    assert "shipping_address" not in shown


@requirement("ORD-01", "ORD-05")
def test_unknown_order(regular: Shopper, operator: Operator) -> None:
    """An order that nobody has is 404 for customers and operators."""
    assert error_faults(regular.api.get(f"/store/orders/{UNKNOWN}").expect(404)) == []
    assert error_faults(operator.api.get(f"/admin/orders/{UNKNOWN}").expect(404)) == []
    assert error_faults(operator.api.post(f"/admin/orders/{UNKNOWN}/cancel", {}).expect(404)) == []


@requirement("ORD-02")
def test_orders_of_others_are_not_listed(shopper: Shopper, other_shopper: Shopper, shop: Shop, good: Good) -> None:
    """A customer's list neither shows nor counts what somebody else has ordered."""
    Buying(other_shopper.api, shop)(good).buy()
    page = shopper.api.get("/store/orders").expect(200)
    assert (page["orders"], page["count"]) == ([], 0)


@requirement("ORD-02")
def test_nobody_has_no_orders(anonymous: Api) -> None:
    """Without a log-in there is no list of orders."""
    assert error_faults(anonymous.get("/store/orders").expect(401)) == []


@requirement("ORD-03")
def test_order_of_somebody_else(buying: Buying, good: Good, shopper: Shopper, anonymous: Api) -> None:
    """Knowing the id of somebody's order is not enough to read it, with or without a log-in."""
    order = buying(good).buy()
    for api in (shopper.api, anonymous):
        answer = api.get(f"/store/orders/{order['id']}").expect(404)
        assert error_faults(answer) == []
        assert str(order["total"]) not in answer.text


@requirement("ORD-05")
def test_operator_reads_an_order(buying: Buying, good: Good, operator: Operator) -> None:
    """An operator finds the order in the tenant's list and reads it, with its payment."""
    order = buying(good).buy()
    page = operator.api.get("/admin/orders", {"limit": 20, "order": "-created_at"}).expect(200)
    assert list_faults(page, "orders") == []
    assert order["id"] in {one["id"] for one in page["orders"]}
    shown = _read(operator, order["id"])
    assert (shown["total"], shown["status"], shown["payment_status"]) == (order["total"], "pending", "authorized")


@requirement("ORD-05")
@pytest.mark.parametrize("path", ["", "/cancel"])
def test_stranger_has_no_order(
    buying: Buying, good: Good, shop: Shop, stranger_operator: Operator, stranger: Shopper, path: str
) -> None:
    """Another tenant's operator and shopper find no order of ours, and cancel none."""
    order = buying(good).buy()
    url = f"/admin/orders/{order['id']}{path}"
    answer = stranger_operator.api.post(url, {}) if path else stranger_operator.api.get(url)
    assert error_faults(answer.expect(404)) == []
    stranger.api.get(f"/store/orders/{order['id']}").expect(404)
    listed = stranger_operator.api.get("/admin/orders", {"limit": 100}).expect(200)["orders"]
    assert order["id"] not in {one["id"] for one in listed}
    assert shop.order(order["id"])["status"] == "pending"


@requirement("ORD-07")
def test_what_was_sold_stays(buying: Buying, shop: Shop, buyer: Shopper) -> None:
    """A product that is renamed and then deleted is still in the order as it was sold."""
    good = shop.good()
    order = buying(good).buy()
    shop.api.post(f"/admin/products/{good.product_id}", {"title": "Renamed"}).expect(200)
    shop.api.delete(f"/admin/products/{good.product_id}").expect(200)
    shown = buyer.api.get(f"/store/orders/{order['id']}").expect(200)["order"]
    line = only(shown["items"])
    assert (line["title"], line["unit_price"]) == (good.title, order["items"][0]["unit_price"])
    assert shown["total"] == order["total"]


def _read(operator: Operator, order_id: str) -> dict[str, object]:
    """An order as the operator reads it."""
    query = {"fields": "id,status,payment_status,total,*payment_collections.payments"}
    return dict(operator.api.get(f"/admin/orders/{order_id}", query).expect(200)["order"])
