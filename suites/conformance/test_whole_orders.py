"""Whole orders by the dice: goods of several vendors, codes, tax and shipping, and not a digit lost on the way."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from fixtures.checks import requirement, settled
from fixtures.shopping import minor, only
from fixtures.vending import percent_of
from suites.conformance.test_checkout_totals import CART_MONEY, sum_faults
from suites.conformance.test_commission_sums import exact, sums

if TYPE_CHECKING:
    import random

    from fixtures.plugin import Run
    from fixtures.shopping import Checkout, Good
    from fixtures.vending import Market, Seller, VendorOrder

RATES = ("12.5", "33.3333", "0.01")
PERCENT_OFF = ("5", "33.33", "50", "99.99")
UNITS = (0, 1, 3, 5, 99, 1999, 3333, 33333)
"""Prices in the smallest units of a currency: nothing, 0.01, 0.05, thirds of what cannot be divided by three."""
FIFTEEN_DIGITS = 999_999_999_999_999
"""As many digits as a double carries exactly: bought one at a time, so that sums stay within that."""


class Placed(msgspec.Struct, frozen=True):
    """An order that was bought: what of it the platform sells itself, and whose the rest is."""

    order: dict[str, Any]
    own: set[str]  # variants
    sellers: list[Seller]


class Dice:
    """Carts of one currency: some goods of several vendors and the platform's own, nasty prices, none to two codes."""

    def __init__(self, market: Market, rng: random.Random, currency: str) -> None:
        self._market, self._rng, self._currency = market, rng, currency
        self.rates = {market.seller(commissionRate=Decimal(rate)): rate for rate in RATES}
        self._goods: dict[tuple[Seller | None, int], Good] = {}
        shop = market.shop
        self._codes = [shop.percent_off(Decimal(percent)) for percent in PERCENT_OFF]
        self._codes += [shop.amount_off(minor(units, currency), currency) for units in (1, 3334)]

    def _good(self, seller: Seller | None, units: int) -> Good:
        if (seller, units) not in self._goods:
            self._goods[seller, units] = self._market.good(seller, units, self._currency)
        return self._goods[seller, units]

    def fill(self) -> tuple[Checkout, set[str], list[Seller]]:
        """A cart with its shipping; the variants in it that are the platform's, and the vendors of the others."""
        rng = self._rng
        whose: list[Seller | None] = [*self.rates, None]
        lines = [(rng.choice(whose), rng.choice(UNITS)) for _ in range(rng.randint(1, 5))]
        goods = {self._good(*line): line[0] for line in lines}
        region = self._market.shop.region_in(self._currency)
        checkout = self._market.checkout(*goods, region=region, quantity=rng.choice((1, 2, 3, 7)))
        if rng.random() < 0.1:
            dear = rng.choice(whose)
            goods[self._good(dear, FIFTEEN_DIGITS)] = dear
            checkout.add(self._good(dear, FIFTEEN_DIGITS))
        if codes := rng.sample(self._codes, rng.randint(0, 2)):
            checkout.use(*codes)
        own = {good.variant_id for good, seller in goods.items() if seller is None}
        return checkout, own, [one for one in self.rates if one in goods.values()]


@requirement("COM-11", "CHK-04", "CRT-06", "COM-01", "VND-02")
@pytest.mark.parametrize("currency", ["usd", "jpy", "kwd"])
def test_nothing_is_lost_on_the_way(market: Market, rng: random.Random, run: Run, currency: str) -> None:
    """Cart = collection = order; shares + own goods = the item subtotal; commission + net = subtotal: to the digit."""
    dice = Dice(market, rng, currency)
    placed = [_buy(market, *dice.fill()) for _ in range(run.rounds(merge=3, nightly=334))]
    expected = sum(len(one.sellers) for one in placed)
    shares = settled(lambda: _shares(dice), lambda found: sum(map(len, found.values())) == expected, within_s=60)
    for one in placed:
        found = [only(shares[one.order["id"], seller]) for seller in one.sellers]
        own = sum(
            (item["unit_price"] * item["quantity"] for item in one.order["items"] if item["variant_id"] in one.own),
            Decimal(0),
        )
        assert sum(share.subtotal for share in found) + own == one.order["item_subtotal"]
        for seller, share in zip(one.sellers, found, strict=True):
            assert share.currency_code in (None, currency)
            _judge_share(share, dice.rates[seller], currency)


def _buy(market: Market, checkout: Checkout, own: set[str], sellers: list[Seller]) -> Placed:
    """Buy the cart, and hold cart, collection, order and payment against each other on the way."""
    cart = checkout.ship()
    where = f"{cart['currency_code']} {cart['total']}"
    assert sum_faults(cart) == [], where
    assert checkout.pay()["amount"] == cart["total"], where
    order = checkout.order()
    assert {name: order[name] for name in CART_MONEY} == {name: cart[name] for name in CART_MONEY}, where
    assert sum_faults(order) == [], where
    assert market.shop.payment(order["id"])["amount"] == cart["total"], where
    return Placed(order, own, sellers)


def _shares(dice: Dice) -> dict[tuple[str, Seller], list[VendorOrder]]:
    found: dict[tuple[str, Seller], list[VendorOrder]] = defaultdict(list)
    for seller in dice.rates:
        for share in seller.orders():
            found[share.order_id, seller].append(share)
    return found


def _judge_share(share: VendorOrder, rate: str, currency: str) -> None:
    assert exact(share, currency)
    assert sums(share) == {
        "subtotal": share.subtotal,
        "commission_amount": share.commission_amount,
        "net_amount": share.net_amount,
    }
    for line in share.lines:
        assert exact(line, currency)
        assert line.subtotal == line.unit_price * line.quantity
        assert line.commission_amount == percent_of(line.subtotal, rate, currency)
