"""Two tenants sell side by side: neither's carts, regions and goods are the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from fixtures.shopping import Buying
from suites.conformance.shapes import error_faults

if TYPE_CHECKING:
    from fixtures.actors import Shopper
    from fixtures.shopping import Good, Shop


@requirement("CRT-12")
def test_strangers_cart(buying: Buying, good: Good, stranger: Shopper) -> None:
    """Another tenant's shopper who knows a cart's id can do nothing with it, and learns nothing."""
    checkout = buying(good).prepare()
    before = checkout.cart()
    api = stranger.api
    for answer in (
        api.get(checkout.path),
        api.post(checkout.path, {"email": "stranger@example.com"}),
        api.post(f"{checkout.path}/line-items", {"variant_id": good.variant_id, "quantity": 1}),
        api.delete(f"{checkout.path}/line-items/{before['items'][0]['id']}"),
        api.post(f"{checkout.path}/complete", {}),
        api.post("/store/payment-collections", {"cart_id": checkout.id}),
        api.get("/store/shipping-options", {"cart_id": checkout.id}),
    ):
        assert error_faults(answer.expect(404)) == []
    assert checkout.cart() == before


@requirement("CRT-12")
def test_strangers_payment_collection(buying: Buying, good: Good, stranger: Shopper) -> None:
    """Another tenant's shopper cannot choose how our cart is paid."""
    checkout = buying(good)
    collection = checkout.collection()
    path = f"/store/payment-collections/{collection['id']}/payment-sessions"
    assert error_faults(stranger.api.post(path, {"provider_id": "pp_system_default"}).expect(404)) == []
    assert checkout.collection()["payment_sessions"] == []


@requirement("CRT-12")
def test_cart_in_a_strangers_region(buying: Buying, stranger_shop: Shop) -> None:
    """Our shop makes no cart in another tenant's region, and moves none there."""
    theirs = stranger_shop.region.id
    assert error_faults(buying.api.post("/store/carts", {"region_id": theirs}).expect(400, 404)) == []
    checkout = buying()
    assert error_faults(checkout.api.post(checkout.path, {"region_id": theirs}).expect(400, 404)) == []
    assert checkout.cart()["region_id"] == checkout.region.id


@requirement("CRT-12")
@pytest.mark.parametrize("at_once", [False, True], ids=["line", "new cart"])
def test_strangers_goods(buying: Buying, stranger_shop: Shop, shop: Shop, at_once: bool) -> None:
    """Our shop sells nothing that belongs to another tenant, in a line or with a new cart."""
    prices = {region.currency: 1 for region in (*shop.regions, *stranger_shop.regions)}
    theirs = stranger_shop.good(prices)  # type: ignore[arg-type]
    if at_once:
        body = {"region_id": shop.region.id, "items": [{"variant_id": theirs.variant_id, "quantity": 1}]}
        assert error_faults(buying.api.post("/store/carts", body).expect(400, 404)) == []
    else:
        checkout = buying()
        assert error_faults(checkout.put(theirs).expect(400, 404)) == []
        assert checkout.cart()["items"] == []


@requirement("CRT-12")
def test_strangers_shipping_and_codes(buying: Buying, stranger_shop: Shop, good: Good, stranger: Shopper) -> None:
    """Neither another tenant's shipping option nor its promotion code works in our cart."""
    checkout = buying(good)
    theirs = Buying(stranger.api, stranger_shop)(stranger_shop.good())
    before = checkout.cart()
    option_id = theirs.options()[0]["id"]
    checkout.api.post(f"{checkout.path}/shipping-methods", {"option_id": option_id}).expect(400, 404)
    code = stranger_shop.percent_off(50)
    checkout.api.post(f"{checkout.path}/promotions", {"promo_codes": [code]}).expect(400, 404)
    assert checkout.cart() == before
