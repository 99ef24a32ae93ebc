"""The vendors' path, once through: an order is split, a vendor ships its share, and is paid for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.checks import requirement

if TYPE_CHECKING:
    from fixtures.vending import Market, Seller


@requirement("VND-01", "VND-02", "COM-01")
def test_order_is_split_among_its_vendors(market: Market, seller: Seller, other_seller: Seller) -> None:
    """Goods of two vendors and of the platform: each vendor gets one share, and all of it adds up to the order."""
    own = market.good(None, 3000)
    order = market.order(market.good(seller, 1999), market.good(other_seller, 299), own)
    shares = market.split(order, seller, other_seller)
    assert sum(share.subtotal for share in shares) + market.own_subtotal(order, own) == order["item_subtotal"]
    for share in shares:
        assert share.status == "pending"
        assert share.commission_amount + share.net_amount == share.subtotal


@requirement("VND-06", "PYO-01", "PYO-02")
def test_vendor_ships_and_is_paid(market: Market, seller: Seller) -> None:
    """The vendor ships its share, asks for the money, and the operator pays it, once."""
    share = seller.ship(market.sold(seller))
    assert share.status == "shipped"
    payout = seller.request()
    assert payout.net_amount == share.net_amount
    market.pay(payout, "process").expect(200, 201)
    market.pay(payout, "process").expect(400, 409, 422)
    assert [(one.id, one.status) for one in seller.payouts()] == [(payout.id, "completed")]


@requirement("VND-04")
def test_vendor_sees_no_other_vendors_share(market: Market, seller: Seller, other_seller: Seller) -> None:
    """A vendor neither finds nor opens what another one is to send."""
    share = market.sold(seller)
    assert other_seller.orders() == []
    other_seller.api.get(f"/vendor/orders/{share.id}").expect(404)
