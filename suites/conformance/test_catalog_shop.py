"""What the shop shows to anybody with its key: regions, products, prices, shipping options."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.shopping import minor
from suites.conformance.shapes import CURRENCY, ID, TIME, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.client import Api
    from fixtures.shopping import Buying, Good, Shop

UNKNOWN = "01HZZZZZZZZZZZZZZZZZZZZZZZ"


@requirement("CAT-01")
def test_regions_are_listed(anonymous: Api) -> None:
    """Every region says what it is, in which currency it sells, and to which countries."""
    page = anonymous.get("/store/regions").expect(200)
    assert list_faults(page, "regions") == []
    assert page["count"] >= len(page["regions"]) >= 1
    for region in page["regions"]:
        assert ID.fullmatch(region["id"])
        assert CURRENCY.fullmatch(region["currency_code"])
        assert TIME.fullmatch(region["created_at"])
        assert all(len(country["iso_2"]) == 2 for country in region["countries"])


@requirement("CAT-01")
def test_region_is_read(anonymous: Api) -> None:
    """A region is read by its id as it was listed; an id that nobody has is 404."""
    listed = anonymous.get("/store/regions").expect(200)["regions"][0]
    shown = anonymous.get(f"/store/regions/{listed['id']}").expect(200)["region"]
    assert (shown["id"], shown["currency_code"]) == (listed["id"], listed["currency_code"])
    assert error_faults(anonymous.get(f"/store/regions/reg_{UNKNOWN}").expect(404)) == []


@requirement("CAT-02")
def test_product_is_for_sale(anonymous: Api, good: Good) -> None:
    """A published product is found in the shop, by itself and in the list, with its variant and its option."""
    shown = anonymous.get(f"/store/products/{good.product_id}").expect(200)["product"]
    assert (shown["id"], shown["title"]) == (good.product_id, good.title)
    assert [variant["id"] for variant in shown["variants"]] == [good.variant_id]
    assert [option["title"] for option in shown["options"]] == ["Size"]
    page = anonymous.get("/store/products", {"q": good.title}).expect(200)
    assert list_faults(page, "products") == []
    assert [product["id"] for product in page["products"]] == [good.product_id]


@requirement("CAT-02")
def test_unknown_product(anonymous: Api) -> None:
    """An id that no product has is 404."""
    assert error_faults(anonymous.get(f"/store/products/prod_{UNKNOWN}").expect(404)) == []


@requirement("CAT-03")
def test_price_is_that_of_the_region(anonymous: Api, shop: Shop) -> None:
    """In each region a variant costs what it was given in that region's currency, to the last digit."""
    prices = {region.currency: minor(12345 + n, region.currency) for n, region in enumerate(shop.regions)}
    good = shop.good(prices)
    for region in shop.regions:
        query = {"region_id": region.id, "fields": "id,*variants.calculated_price"}
        product = anonymous.get(f"/store/products/{good.product_id}", query).expect(200)["product"]
        price = product["variants"][0]["calculated_price"]
        assert money_faults(price, "calculated_amount", "original_amount") == []
        assert (price["currency_code"], price["calculated_amount"]) == (region.currency, prices[region.currency])


def _deleted(shop: Shop) -> Good:
    good = shop.good()
    shop.api.delete(f"/admin/products/{good.product_id}").expect(200)
    return good


HIDDEN: dict[str, Callable[[Shop], Good]] = {
    "draft": lambda shop: shop.good(status="draft"),
    "in no channel": lambda shop: shop.good(sales_channels=[]),
    "deleted": _deleted,
}


@requirement("CAT-04")
@pytest.mark.parametrize("made", HIDDEN.values(), ids=HIDDEN.keys())
def test_what_is_not_for_sale(anonymous: Api, shop: Shop, made: Callable[[Shop], Good]) -> None:
    """What is not for sale is not in the shop: not by its id, not in the list, not in the count."""
    good = made(shop)
    assert error_faults(anonymous.get(f"/store/products/{good.product_id}").expect(404)) == []
    page = anonymous.get("/store/products", {"q": good.title}).expect(200)
    assert (page["products"], page["count"]) == ([], 0)


@requirement("CAT-05")
def test_list_of_products_in_pages(anonymous: Api, shop: Shop) -> None:
    """Two of three, then the last one, in the order that was asked for; a limit of 0 gives the count alone."""
    title = shop.body()["title"]
    made = [shop.good(title=f"{title} {letter}") for letter in "ABC"]
    query: dict[str, str | int] = {"q": title, "order": "title", "fields": "id,title", "limit": 2}
    first = anonymous.get("/store/products", query).expect(200)
    rest = anonymous.get("/store/products", {**query, "offset": 2}).expect(200)
    assert [product["id"] for product in first["products"] + rest["products"]] == [good.product_id for good in made]
    assert (first["count"], first["limit"], rest["offset"]) == (3, 2, 2)
    newest = anonymous.get("/store/products", {**query, "order": "-title"}).expect(200)["products"]
    assert [product["id"] for product in newest] == [made[2].product_id, made[1].product_id]
    none = anonymous.get("/store/products", {**query, "limit": 0}).expect(200)
    assert (none["products"], none["count"]) == ([], 3)


@requirement("CAT-06")
def test_fields_choose(anonymous: Api, shop: Shop, good: Good) -> None:
    """Names replace what is shown by default, a star opens a relation, and ids are always there."""
    query = {"region_id": shop.region.id, "fields": "id,title,*variants.calculated_price"}
    product = anonymous.get(f"/store/products/{good.product_id}", query).expect(200)["product"]
    assert set(product) - {"categories"} == {"id", "title", "variants"}  # Medusa adds the categories by itself
    assert set(product["variants"][0]) == {"id", "calculated_price"}
    less = anonymous.get(f"/store/products/{good.product_id}", {"fields": "-variants"}).expect(200)["product"]
    assert "title" in less
    assert "variants" not in less


@requirement("CAT-09")
def test_shipping_options_of_a_cart(buying: Buying, shop: Shop, good: Good) -> None:
    """The ways to have a cart sent cost an amount in the cart's currency, in every region."""
    for region in shop.regions:
        checkout = buying(good, region=region)
        options = checkout.options()
        assert len({option["id"] for option in options}) == len(options)
        for option in options:
            assert money_faults(option, "amount") == []
            assert Decimal(option["amount"]) >= 0
            assert option["calculated_price"]["currency_code"] == region.currency
        assert checkout.ship()["shipping_subtotal"] == options[0]["amount"]


@requirement("CAT-09")
def test_shipping_options_of_no_cart(anonymous: Api) -> None:
    """Without a cart, and for a cart that nobody has, there are no shipping options."""
    assert error_faults(anonymous.get("/store/shipping-options").expect(400)) == []
    unknown = anonymous.get("/store/shipping-options", {"cart_id": f"cart_{UNKNOWN}"})
    assert error_faults(unknown.expect(400, 404)) == []
