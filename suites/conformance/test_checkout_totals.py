"""What a cart costs: sums, discounts, taxes, and that the order and its payment say the same."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.checks import requirement
from fixtures.shopping import Buying, Checkout, digits_of, minor, only
from suites.conformance.shapes import error_faults, money_faults

if TYPE_CHECKING:
    import random

    from fixtures.plugin import Run
    from fixtures.shopping import Good, Shop

_MONEY = ("total", "subtotal", "tax_total", "discount_total")
_DOUBLE = Decimal("1e-6")
"""Medusa keeps a third of 10 exactly and writes it as a double: such parts add up to within less than this."""
CART_MONEY = (*_MONEY, "discount_subtotal", "item_subtotal", "item_total", "shipping_subtotal", "shipping_total")


def sum_faults(cart: dict[str, Any]) -> list[str]:
    """Where the sums of a cart or an order do not add up.

    `total = items + shipping + tax - discounts`, with items and shipping before tax and discount; in Medusa
    `item_total` and `shipping_total` are after both, so that they add up to the total by themselves.
    """
    faults = money_faults(cart, *CART_MONEY)
    if faults:
        return faults
    net = cart["item_subtotal"] + cart["shipping_subtotal"]
    if cart["total"] != net + cart["tax_total"] - cart["discount_subtotal"]:
        faults.append(f"{cart['total']} is not {net} + {cart['tax_total']} - {cart['discount_subtotal']}")
    if cart["total"] != cart["item_total"] + cart["shipping_total"]:
        faults.append(f"{cart['total']} is not {cart['item_total']} + {cart['shipping_total']}")
    if cart["item_subtotal"] != sum(line["unit_price"] * line["quantity"] for line in cart["items"]):
        faults.append(f"{cart['item_subtotal']} is not what the lines cost")
    adjusted = sum(one["amount"] for line in cart["items"] for one in line["adjustments"])
    if abs(cart["discount_subtotal"] - adjusted) > _DOUBLE:
        faults.append(f"{cart['discount_subtotal']} is not what promotions took off the lines: {adjusted}")
    if not 0 <= cart["discount_subtotal"] <= cart["item_subtotal"]:
        faults.append(f"{cart['discount_subtotal']} is more than there is to take off, or less than nothing")
    if cart["tax_total"] < 0 or cart["total"] < 0:
        faults.append("a tax or a total is below 0")
    return faults


def digit_faults(cart: dict[str, Any]) -> list[str]:
    """Which sums have more digits than the cart's currency."""
    unit = Decimal(1).scaleb(-digits_of(cart["currency_code"]))
    return [f"{name} is {cart[name]}" for name in CART_MONEY if Decimal(cart[name]) % unit]


@requirement("CRT-06")
def test_sums_of_a_cart(buying: Buying, shop: Shop) -> None:
    """Goods and shipping, with whatever tax the region has, add up in every region."""
    goods = [
        shop.good({region.currency: minor(units, region.currency) for region in shop.regions}) for units in (299, 7)
    ]
    for region in shop.regions:
        checkout = buying(*goods, region=region, quantity=3)
        cart = checkout.ship()
        assert cart["item_subtotal"] == 3 * minor(306, region.currency)
        assert cart["shipping_subtotal"] == cart["shipping_methods"][0]["amount"]
        assert sum_faults(cart) == []
        assert sum_faults(checkout.cart()) == []


@requirement("CRT-06")
def test_tax_follows_the_rate(buying: Buying, good: Good, shop: Shop) -> None:
    """The tax of a line is its rate on what is left of it after discounts, to within half of the smallest unit."""
    for region in shop.regions:
        checkout = buying(good, region=region, quantity=3)
        checkout.use(shop.percent_off(10))
        cart = checkout.cart()
        line = only(cart["items"])
        net = line["unit_price"] * 3 - sum(one["amount"] for one in line["adjustments"])
        expected = sum(net * Decimal(one["rate"]) / 100 for one in line["tax_lines"])
        assert abs(cart["item_tax_total"] - expected) <= minor(1, region.currency) / 2
        assert sum_faults(cart) == []


@requirement("CRT-07")
def test_percentage_off(buying: Buying, shop: Shop, good: Good) -> None:
    """Ten percent take a tenth off the goods; without the code, the cart costs what it did."""
    checkout = buying(good, quantity=10)
    before = checkout.cart()
    code = shop.percent_off(10)
    cart = checkout.use(code)
    assert cart["discount_subtotal"] == before["item_subtotal"] / 10
    assert [promotion["code"] for promotion in cart["promotions"]] == [code]
    assert sum_faults(cart) == []
    path = f"{checkout.path}/promotions"
    checkout.api.send("DELETE", path, json={"promo_codes": [code]}).expect(200)
    after = checkout.cart()
    assert (after["total"], after["discount_total"]) == (before["total"], 0)


@requirement("CRT-07")
def test_amount_off(buying: Buying, shop: Shop) -> None:
    """An amount is spread over the lines to the last unit, whatever they cost."""
    currency = shop.region.currency
    goods = [shop.good({currency: minor(units, currency)}) for units in (1000, 1000, 1001)]
    checkout = buying(*goods)
    cart = checkout.use(shop.amount_off(minor(1000, currency), currency))
    assert cart["discount_subtotal"] == minor(1000, currency)
    assert sum_faults(cart) == []


@requirement("CRT-07")
def test_more_off_than_there_is(buying: Buying, shop: Shop) -> None:
    """A promotion that is worth more than the goods makes them free, and not better than free."""
    currency = shop.region.currency
    checkout = buying(shop.good({currency: minor(500, currency)}))
    cart = checkout.use(shop.amount_off(minor(600, currency), currency))
    assert cart["discount_subtotal"] == minor(500, currency)
    assert (cart["item_total"], cart["total"]) == (0, 0)


@requirement("CRT-07")
def test_unknown_code(buying: Buying, good: Good) -> None:
    """A code that nobody made is refused, and the cart costs what it did."""
    checkout = buying(good)
    before = checkout.cart()
    answer = checkout.api.post(f"{checkout.path}/promotions", {"promo_codes": ["QA-NO-SUCH-CODE"]}).expect(400)
    assert error_faults(answer) == []
    assert checkout.cart() == before


@requirement("CRT-09")
def test_digits_of_sums(buying: Buying, shop: Shop) -> None:
    """Seven percent off an odd price, with tax: every sum is still an amount that can be paid."""
    good = shop.good({region.currency: minor(1999, region.currency) for region in shop.regions})
    code = shop.percent_off(7)
    for region in shop.regions:
        checkout = buying(good, region=region)
        checkout.use(code)
        assert digit_faults(checkout.ship()) == []


@requirement("CHK-04")
def test_payment_asks_for_the_total(buying: Buying, shop: Shop, good: Good) -> None:
    """In every region the payment collection asks for what the cart costs, and the order says the same."""
    for region in shop.regions:
        checkout = buying(good, region=region).prepare()
        cart = checkout.cart()
        collection = checkout.collection()
        assert (collection["amount"], collection["currency_code"]) == (cart["total"], region.currency)
        order = checkout.order()
        assert (order["total"], order["currency_code"]) == (cart["total"], region.currency)
        assert shop.payment(order["id"])["amount"] == cart["total"]


class Generator:
    """Carts by the dice: some goods of odd prices, codes of odd percentages and amounts, every region."""

    def __init__(self, shop: Shop, rng: random.Random) -> None:
        self._shop = shop
        self._rng = rng
        self._goods = [self._good() for _ in range(5)]
        self._codes: dict[str, list[str]] = {region.currency: [] for region in shop.regions}
        for percent in ("7", "12.5", "33.33"):
            code = shop.percent_off(Decimal(percent))
            for codes in self._codes.values():
                codes.append(code)
        for currency, codes in self._codes.items():
            codes.append(shop.amount_off(minor(rng.randint(1, 5000), currency), currency))

    def _good(self) -> Good:
        units = {
            one.currency: self._rng.choice((1, 5, 3333, self._rng.randint(1, 50_000))) for one in self._shop.regions
        }
        return self._shop.good({currency: minor(amount, currency) for currency, amount in units.items()})

    def checkout(self, buying: Buying, number: int) -> Checkout:
        """A cart with one to four lines, none to two codes, shipping, and an address; in each region in its turn."""
        region = self._shop.regions[number % len(self._shop.regions)]
        goods = self._rng.sample(self._goods, self._rng.randint(1, 4))
        checkout = buying(*goods, region=region, quantity=self._rng.randint(1, 9))
        if codes := self._rng.sample(self._codes[region.currency], self._rng.randint(0, 2)):
            checkout.use(*codes)
        checkout.ship()
        return checkout


@requirement("CHK-04", "CRT-06")
def test_generated_carts(buying: Buying, shop: Shop, rng: random.Random, run: Run) -> None:
    """For carts by the dice in every currency: sums add up, and cart = collection = order, to the last digit."""
    generator = Generator(shop, rng)
    for number in range(run.rounds(merge=8, nightly=1000)):
        checkout = generator.checkout(buying, number)
        cart = checkout.cart()
        where = f"cart {number}, {cart['currency_code']} {cart['total']}"
        assert sum_faults(cart) == [], where
        assert checkout.pay()["amount"] == cart["total"], where
        order = checkout.order()
        assert sum_faults(order) == [], where
        assert {name: order[name] for name in CART_MONEY} == {name: cart[name] for name in CART_MONEY}, where


@pytest.mark.parametrize("units", [1, 99_999_999_999])
@requirement("CHK-04")
def test_small_and_large_amounts(buying: Buying, shop: Shop, units: int) -> None:
    """One smallest unit and a thousand million are carried from the price to the payment alike."""
    currency = shop.region.currency
    checkout = buying(shop.good({currency: minor(units, currency)})).prepare()
    cart = checkout.cart()
    assert cart["item_subtotal"] == minor(units, currency)
    order = checkout.order()
    assert order["total"] == shop.payment(order["id"])["amount"] == cart["total"]
