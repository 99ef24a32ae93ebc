"""The checkout path, once through: from an empty cart to an order that is paid, refunded in part, and taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from fixtures.checks import requirement, settled
from fixtures.shopping import WALLET, Buying, minor

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.plugin import Capabilities
    from fixtures.shopping import Good, Shop


@requirement("CAT-01", "CAT-03")
def test_shopper_finds_what_is_for_sale(shop: Shop, good: Good, buyer: Shopper) -> None:
    """The shop says where it sells, shows what was put up for sale, and names its price there."""
    query = {"region_id": shop.region.id, "fields": "id,title,*variants.calculated_price"}
    product = buyer.api.get(f"/store/products/{good.product_id}", query).expect(200)["product"]
    assert product["title"] == good.title
    price = product["variants"][0]["calculated_price"]
    assert price["currency_code"] == shop.region.currency
    assert price["calculated_amount"] == minor(1999, shop.region.currency)


@requirement("CRT-01", "CHK-01", "CHK-04", "ORD-01")
def test_cart_becomes_an_order(buying: Buying, good: Good, buyer: Shopper) -> None:
    """A shopper fills a cart, says where to send it, chooses how to pay, and has an order of the same total."""
    checkout = buying(good, quantity=2).prepare()
    total = checkout.cart()["total"]
    order = checkout.order()
    assert order["total"] == total
    assert [(line["variant_id"], line["quantity"]) for line in order["items"]] == [(good.variant_id, 2)]
    assert buyer.api.get(f"/store/orders/{order['id']}").expect(200)["order"]["id"] == order["id"]


@requirement("CHK-02", "CHK-05")
def test_order_is_placed_once(shop: Shop, buying: Buying) -> None:
    """Completing a cart again gives the same order, and stock falls once."""
    good = shop.good(stock=5)
    checkout = buying(good, quantity=2).prepare()
    first = checkout.order()
    assert checkout.order()["id"] == first["id"]
    assert shop.available(good) == 3


@requirement("PAY-03", "PAY-05", "ORD-04")
def test_order_is_paid_and_taken_back(shop: Shop, buying: Buying) -> None:
    """An operator takes the money, gives a part back, and cancels: the rest goes back too, and so does the stock."""
    good = shop.good(stock=1)
    order = buying(good).buy()
    payment = shop.payment(order["id"])
    shop.capture(payment["id"]).expect(200)
    shop.refund(payment["id"], minor(100, shop.region.currency)).expect(200)
    assert shop.cancel(order["id"]).expect(200)["order"]["status"] == "canceled"
    assert shop.taken(payment["id"]) == (Decimal(order["total"]), Decimal(order["total"]))
    assert shop.available(good) == 1


@requirement("PAY-09", "PAY-10")
def test_wallet_pays_and_gets_it_back(
    shop: Shop, good: Good, shopper: Shopper, operator: Operator, capabilities: Capabilities
) -> None:
    """A wallet pays for an order, once, and has its money back when the order is cancelled."""
    capabilities.need("wallet")
    shop.needs(WALLET)
    wallet = shopper.wallet()
    operator.credit(wallet, "1000")
    order = Buying(shopper.api, shop)(good, region=shop.region_in(wallet.currency)).buy(WALLET)
    paid = 1000 - Decimal(order["total"])
    settled(lambda: operator.balance(wallet), lambda balance: balance == paid)
    shop.cancel(order["id"]).expect(200)
    settled(lambda: operator.balance(wallet), lambda balance: balance == 1000)
