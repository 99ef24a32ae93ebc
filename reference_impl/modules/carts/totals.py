"""What a cart costs: pure functions over exact decimals.

Every line is rounded once per amount at the digits of its currency, and all sums are sums of rounded amounts, so that
what is shown adds up. For each line and for all of them together:

    total = subtotal - discount_subtotal + tax_total
    original_total = subtotal + original_tax_total = total + discount_total

Names and meaning of the sums are Medusa's (source: its totals utilities and the recorded exchanges): `subtotal` is
before discount and tax, `item_total` and `shipping_total` are after both.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal, localcontext
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from reference_impl.core.fields import Part
from reference_impl.core.money import CURRENCIES, Money, rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

P = ParamSpec("P")
T = TypeVar("T")

_EXACT = Context(prec=120)  # 20 digits of price, times quantities, rates and shares, without a rounding of its own
ZERO = Decimal(0)


def _exactly(function: Callable[P, T]) -> Callable[P, T]:
    @functools.wraps(function)
    def calculated(*args: P.args, **kwargs: P.kwargs) -> T:
        with localcontext(_EXACT):
            return function(*args, **kwargs)

    return calculated


@dataclass(frozen=True, slots=True)
class LineTotals(Part):
    """The sums of one line, or of one shipping method."""

    subtotal: Money
    discount_subtotal: Money
    discount_tax_total: Money
    discount_total: Money
    tax_total: Money
    total: Money
    original_subtotal: Money
    original_tax_total: Money
    original_total: Money


@dataclass(frozen=True, slots=True)
class Totals(Part):
    """The sums of a cart or an order."""

    total: Money
    subtotal: Money
    tax_total: Money
    discount_total: Money
    discount_subtotal: Money
    discount_tax_total: Money
    original_total: Money
    original_subtotal: Money
    original_tax_total: Money
    item_total: Money
    item_subtotal: Money
    item_tax_total: Money
    item_discount_total: Money
    original_item_total: Money
    original_item_subtotal: Money
    original_item_tax_total: Money
    shipping_total: Money
    shipping_subtotal: Money
    shipping_tax_total: Money
    shipping_discount_total: Money
    original_shipping_total: Money
    original_shipping_subtotal: Money
    original_shipping_tax_total: Money


@dataclass(frozen=True, slots=True)
class Reduction:
    """A promotion as arithmetic: so many percent of each line, or an amount spread over all of them."""

    percentage: bool
    value: Decimal
    currency: str | None = None  # of a fixed amount; in any other currency it gives nothing


@_exactly
def line_totals(currency: str, unit_price: Decimal, quantity: int, discount: Decimal, tax_rate: Decimal) -> LineTotals:
    """The sums of one line; `discount` is what promotions take off it, `tax_rate` is in percent on top."""
    subtotal = rounded(unit_price * quantity, currency)
    original_tax = rounded(subtotal * tax_rate / 100, currency)
    tax = rounded((subtotal - discount) * tax_rate / 100, currency)
    return LineTotals(
        subtotal=subtotal,
        discount_subtotal=discount,
        discount_tax_total=original_tax - tax,
        discount_total=discount + original_tax - tax,
        tax_total=tax,
        total=subtotal - discount + tax,
        original_subtotal=subtotal,
        original_tax_total=original_tax,
        original_total=subtotal + original_tax,
    )


@_exactly
def discounts(currency: str, subtotals: Sequence[Decimal], reductions: Iterable[Reduction]) -> list[list[Decimal]]:
    """What each promotion takes off each line, promotion by promotion; each takes from what the ones before have left.

    Never more than there is, and a fixed amount is spread to the last minor unit.
    """
    left = list(subtotals)
    taken = []
    for reduction in reductions:
        if reduction.percentage:
            parts = [rounded(one * reduction.value / 100, currency) for one in left]
        elif reduction.currency == currency:
            parts = _spread(currency, min(reduction.value, sum(left, ZERO)), left)
        else:
            parts = [ZERO] * len(left)
        left = [one - part for one, part in zip(left, parts, strict=True)]
        taken.append(parts)
    return taken


def _spread(currency: str, amount: Decimal, over: Sequence[Decimal]) -> list[Decimal]:
    """An amount divided in proportion, in minor units that add up to it: who was cut most gets what is left first."""
    whole = sum(over, ZERO)
    if not whole:
        return [ZERO] * len(over)
    unit = Decimal(1).scaleb(-CURRENCIES[currency])
    shares = [amount * one / whole for one in over]
    parts = [share.quantize(unit, rounding=ROUND_DOWN) for share in shares]
    by_loss = sorted(range(len(over)), key=lambda i: parts[i] - shares[i])
    for i in by_loss[: int((amount - sum(parts, ZERO)) / unit)]:
        parts[i] += unit
    return parts


@_exactly
def add_up(items: Sequence[LineTotals], shipping: Sequence[LineTotals]) -> Totals:
    """The sums of all lines and shipping methods."""

    def both(name: str) -> Decimal:
        return _sum(items, name) + _sum(shipping, name)

    return Totals(
        total=both("total"),
        subtotal=both("subtotal"),
        tax_total=both("tax_total"),
        discount_total=both("discount_total"),
        discount_subtotal=both("discount_subtotal"),
        discount_tax_total=both("discount_tax_total"),
        original_total=both("original_total"),
        original_subtotal=both("original_subtotal"),
        original_tax_total=both("original_tax_total"),
        item_total=_sum(items, "total"),
        item_subtotal=_sum(items, "subtotal"),
        item_tax_total=_sum(items, "tax_total"),
        item_discount_total=_sum(items, "discount_total"),
        original_item_total=_sum(items, "original_total"),
        original_item_subtotal=_sum(items, "original_subtotal"),
        original_item_tax_total=_sum(items, "original_tax_total"),
        shipping_total=_sum(shipping, "total"),
        shipping_subtotal=_sum(shipping, "subtotal"),
        shipping_tax_total=_sum(shipping, "tax_total"),
        shipping_discount_total=_sum(shipping, "discount_total"),
        original_shipping_total=_sum(shipping, "original_total"),
        original_shipping_subtotal=_sum(shipping, "original_subtotal"),
        original_shipping_tax_total=_sum(shipping, "original_tax_total"),
    )


def _sum(lines: Sequence[LineTotals], name: str) -> Decimal:
    return sum((getattr(line, name) for line in lines), ZERO)
