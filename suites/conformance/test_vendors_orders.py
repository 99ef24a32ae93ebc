"""How an order is divided among its vendors, and what becomes of their shares."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from fixtures.checks import eventually, omit, requirement, settled
from fixtures.client import concurrently
from fixtures.shopping import minor
from suites.conformance.shapes import ID, REFUSED, error_faults, list_faults, money_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.client import Api
    from fixtures.vending import Market, Seller

STEPS = ("acknowledge", "process", "ready", "deliver", "complete")


@requirement("VND-01", "VND-02")
def test_each_vendor_gets_its_lines(market: Market, seller: Seller, other_seller: Seller) -> None:
    """Three goods of one vendor, one of another, one of the platform: two shares with exactly their own lines."""
    mine = [market.good(seller, units) for units in (1999, 299, 3)]
    theirs, own = market.good(other_seller, 4500), market.good(None, 1000)
    order = market.order(*mine, theirs, own, quantity=2)
    first, second = market.split(order, seller, other_seller)
    assert [(line.variant_id, line.quantity) for line in first.lines] == [(good.variant_id, 2) for good in mine]
    assert [(line.variant_id, line.quantity) for line in second.lines] == [(theirs.variant_id, 2)]
    assert first.subtotal == minor(2 * (1999 + 299 + 3), market.currency)
    assert second.subtotal == minor(9000, market.currency)
    assert first.subtotal + second.subtotal + market.own_subtotal(order, own) == order["item_subtotal"]


@requirement("VND-02")
def test_share_adds_up(market: Market, seller: Seller) -> None:
    """Each line is its price times its quantity, the subtotal their sum, the total that with shipping and tax."""
    share = market.sold(seller, 1999, 250, quantity=3)
    for line in share.lines:
        assert line.subtotal == line.unit_price * line.quantity
    assert sum(line.subtotal for line in share.lines) == share.subtotal
    assert share.subtotal + share.shipping_total + share.tax_total == share.total


@requirement("VND-02")
def test_discount_of_the_platform_is_not_the_vendors(market: Market, seller: Seller, other_seller: Seller) -> None:
    """A code that takes money off the order leaves the sum of the shares at the order's item subtotal."""
    checkout = market.checkout(market.good(seller, 1999), market.good(other_seller, 299))
    checkout.use(market.shop.percent_off(10))
    order = checkout.buy()
    shares = market.split(order, seller, other_seller)
    assert sum(share.subtotal for share in shares) == order["item_subtotal"]


@requirement("VND-03")
def test_currency_is_the_orders(market: Market, seller: Seller) -> None:
    """A share is in the currency of the order, and in its digits, whatever the vendor or the tenant usually takes."""
    others = [region.currency for region in market.shop.regions if region.currency != market.currency]
    if not others:
        omit("the target sells in one currency only")
    for currency in others:
        share = market.sold(seller, 2995, currency=currency)
        assert share.currency_code in (currency, None)
        assert share.subtotal == minor(2995, currency)
        assert share.commission_amount % minor(1, currency) == 0
        assert seller.commission({"id": share.order_id}).currency_code in (currency, None)


@requirement("VND-05")
def test_platforms_own_order_is_nobodys_share(market: Market, seller: Seller) -> None:
    """Between two orders with a vendor's goods, one without any makes no vendor order."""
    good = market.good(seller)
    orders = [market.order(one) for one in (good, market.good(None), good)]
    settled(seller.orders, lambda found: [one.order_id for one in found] == [orders[2]["id"], orders[0]["id"]])


@requirement("VND-12")
def test_parallel_orders_have_numbers_of_their_own(market: Market, seller: Seller) -> None:
    """Eight orders at the same moment make eight vendor orders with eight ids and eight numbers."""
    good = market.good(seller)
    carts = [market.checkout(good).prepare() for _ in range(8)]
    orders = concurrently(8, lambda number: carts[number].order())
    found = settled(seller.orders, lambda shares: len(shares) == 8)
    assert {share.order_id for share in found} == {order["id"] for order in orders}
    assert Counter(share.vendor_order_number for share in found).most_common(1)[0][1] == 1
    assert all(share.vendor_order_number for share in found)


@requirement("VND-04")
def test_other_vendors_share_does_not_exist(market: Market, seller: Seller, other_seller: Seller) -> None:
    """Another vendor's share is 404 to read and to ship, in no list and no count, and stays as it is."""
    share = market.sold(seller)
    assert error_faults(other_seller.api.get(f"/vendor/orders/{share.id}").expect(404)) == []
    assert error_faults(other_seller.fulfil(share).expect(404)) == []
    page = other_seller.api.get("/vendor/orders", {"order_id": share.order_id}).expect(200)
    assert (page["orders"], page["count"]) == ([], 0)
    assert seller.see(share) == share


@requirement("VND-04")
def test_two_vendors_of_one_order_do_not_meet(market: Market, seller: Seller, other_seller: Seller) -> None:
    """Of one order each vendor sees the own lines, and what is shipped by one is still to be shipped by the other."""
    order = market.order(market.good(seller, 1999), market.good(other_seller, 299))
    first, second = market.split(order, seller, other_seller)
    seller.ship(first)
    assert other_seller.see(second).status == "pending"
    assert not {line.variant_id for line in first.lines} & {line.variant_id for line in second.lines}


@requirement("VND-10")
@pytest.mark.parametrize("path", ["/vendor/orders", "/vendor/commissions", "/vendor/payouts"])
def test_only_vendors_enter(path: str, anonymous: Api, regular: Shopper, operator: Operator, market: Market) -> None:
    """Nobody, a customer and an operator are no vendors: 401 or 403."""
    assert market.api.get("/admin/vendors").status == 200
    for api in (anonymous, regular.api, operator.api):
        assert error_faults(api.get(path).expect(401, 403)) == []


@requirement("VND-11")
def test_list_of_shares(market: Market, seller: Seller) -> None:
    """Newest first, page by page, by status; amounts are numbers and ids are ids."""
    shares = [market.sold(seller, 500 + number) for number in range(3)]
    page = seller.api.get("/vendor/orders", {"limit": 2, "offset": 0}).expect(200)
    assert list_faults(page, "orders") == []
    assert [row["id"] for row in page["orders"]] == [shares[2].id, shares[1].id]
    assert (page["count"], page["limit"], page["offset"]) == (3, 2, 0)
    amounts = ("subtotal", "shipping_total", "tax_total", "total", "commission_amount", "net_amount")
    assert [money_faults(row, *amounts) for row in page["orders"]] == [[], []]
    assert all(ID.fullmatch(row["id"]) for row in page["orders"])
    rest = seller.api.get("/vendor/orders", {"limit": 2, "offset": 2}).expect(200)
    assert [row["id"] for row in rest["orders"]] == [shares[0].id]
    seller.ship(shares[1])
    shipped = seller.api.get("/vendor/orders", {"status": "shipped"}).expect(200)
    assert ([row["id"] for row in shipped["orders"]], shipped["count"]) == ([shares[1].id], 1)


@requirement("VND-06")
def test_shipping_is_shown(market: Market, seller: Seller) -> None:
    """A shipped share has its status and the parcel's number and carrier; its money is as before."""
    share = market.sold(seller)
    seller.fulfil(share, tracking_number="T-4711", carrier="Aramex").expect(200, 201)
    shipped = seller.see(share)
    assert (shipped.status, shipped.tracking_number, shipped.carrier) == ("shipped", "T-4711", "Aramex")
    assert (shipped.subtotal, shipped.commission_amount, shipped.net_amount) == (
        share.subtotal,
        share.commission_amount,
        share.net_amount,
    )


@requirement("VND-06")
def test_share_is_shipped_once(market: Market, seller: Seller) -> None:
    """What is shipped is not shipped again: the first parcel's number stays."""
    share = market.payable(seller)
    assert error_faults(seller.fulfil(share).expect(*REFUSED)) == []
    assert seller.see(share) == share


@requirement("VND-06")
def test_parallel_shipping(market: Market, seller: Seller) -> None:
    """Six calls at once ship it once, and the number kept is that of the one that was told so."""
    share = market.sold(seller)
    answers = concurrently(6, lambda number: seller.fulfil(share, tracking_number=f"T-{number}"))
    told = [number for number, answer in enumerate(answers) if answer.is_success]
    assert len(told) == 1
    assert [answer.status for answer in answers if answer.status >= 500] == []
    assert seller.see(share).tracking_number == f"T-{told[0]}"


@requirement("VND-06")
def test_malformed_shipping(market: Market, seller: Seller) -> None:
    """A parcel that makes no sense is refused, and nothing is shipped."""
    share = market.sold(seller)
    line = share.lines[0].id
    for changed in (
        {"tracking_number": 5},
        {"carrier": None},
        {"items": [{"id": "vordli_01J00000000000000000000000", "quantity": 1}]},
        {"items": [{"id": line, "quantity": -1}]},
        {"items": [{"id": line, "quantity": 2}]},
    ):
        assert error_faults(seller.fulfil(share, **changed).expect(400, 404, 422)) == []
        assert seller.see(share) == share


@requirement("VND-07")
def test_cancelled_order_is_taken_from_its_vendors(market: Market, seller: Seller) -> None:
    """An order that is cancelled has its shares cancelled, what they earned reversed, and they cannot be shipped."""
    good = market.good(seller)
    order = market.order(good)
    share = seller.share(order)
    market.shop.cancel(order["id"]).expect(200)
    cancelled = settled(lambda: seller.see(share), lambda now: now.status in ("cancelled", "canceled"))
    assert error_faults(seller.fulfil(cancelled).expect(*REFUSED)) == []
    assert seller.commission(order).status == "reversed"
    assert seller.see(share).status == cancelled.status


@requirement("VND-07")
def test_cancelling_stops_at_what_is_shipped(market: Market, seller: Seller, other_seller: Seller) -> None:
    """Of an order that is cancelled, the share that is on its way stays shipped and earned; the other is cancelled."""
    order = market.order(market.good(seller, 1999), market.good(other_seller, 299))
    first, second = market.split(order, seller, other_seller)
    seller.ship(first)
    earned = seller.commission(order)
    market.shop.cancel(order["id"])
    eventually(lambda: other_seller.see(second).status, lambda status: status in ("cancelled", "canceled"))
    assert seller.see(first).status == "shipped"
    assert seller.commission(order) == earned


@requirement("VND-14")
def test_steps_on_the_way_to_the_customer(market: Market, seller: Seller) -> None:
    """pending → acknowledged → processing → ready_to_ship → shipped → delivered → completed, one after the other."""
    share = market.sold(seller)
    if seller.turn(share, "acknowledge").status in (404, 405, 501):
        omit("vendors of this target do not tell the steps before shipping")
    seen = [seller.see(share).status]
    for step in STEPS[1:3]:
        seller.turn(share, step).expect(200, 201)
        seen.append(seller.see(share).status)
    seen.append(seller.ship(share).status)
    for step in STEPS[3:]:
        seller.turn(share, step).expect(200, 201)
        seen.append(seller.see(share).status)
    assert seen == ["acknowledged", "processing", "ready_to_ship", "shipped", "delivered", "completed"]


@requirement("VND-14")
def test_no_step_is_left_out(market: Market, seller: Seller) -> None:
    """A new share cannot be said to be packed, delivered or completed."""
    share = market.sold(seller)
    for step in STEPS[1:]:
        answer = seller.turn(share, step)
        if answer.status in (404, 405, 501):
            omit(f"vendors of this target do not tell this step: {answer!r}")
        assert error_faults(answer.expect(*REFUSED)) == []
        assert seller.see(share) == share


@requirement("VND-14")
def test_cancelled_share_stays_cancelled(market: Market, seller: Seller) -> None:
    """No step leads out of cancelled."""
    share = market.sold(seller)
    market.settle(share, "cancel").expect(200, 201)
    cancelled = seller.see(share)
    assert cancelled.status in ("cancelled", "canceled")
    for step in STEPS:
        assert error_faults(seller.turn(share, step).expect(*REFUSED)) == []
        assert seller.see(share) == cancelled
