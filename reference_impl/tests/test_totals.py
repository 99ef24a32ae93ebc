"""The arithmetic of carts: exact, in minor units, and the same however it is added up."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_impl.core.money import CURRENCIES
from reference_impl.modules.carts.totals import LineTotals, Reduction, add_up, discounts, line_totals

THOUSAND = settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
RATES = [Decimal(rate) for rate in ("0", "5", "7.5", "8.25", "10", "15", "33.333", "100")]
currencies = st.sampled_from(["usd", "jpy", "kwd"])


def unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-CURRENCIES[currency])


@st.composite
def amounts(draw: st.DrawFn, currency: str, most: int = 10**9) -> Decimal:
    return Decimal(draw(st.integers(0, most))) * unit(currency)


@st.composite
def reductions(draw: st.DrawFn, currency: str) -> Reduction:
    if draw(st.booleans()):
        return Reduction(True, Decimal(draw(st.integers(1, 10_000))) / 100)
    return Reduction(False, draw(amounts(currency)) + unit(currency), draw(st.sampled_from([currency, "eur"])))


@st.composite
def carts(draw: st.DrawFn) -> tuple[str, list[tuple[Decimal, int]], list[Reduction], Decimal, Decimal]:
    """A currency, lines (price, quantity), promotions, the tax rate in percent, and what shipping costs."""
    currency = draw(currencies)
    line = st.tuples(amounts(currency), st.integers(1, 1000))
    lines = draw(st.lists(line, min_size=1, max_size=6))
    chosen = draw(st.lists(reductions(currency), max_size=3))
    return currency, lines, chosen, draw(st.sampled_from(RATES)), draw(amounts(currency, 10**6))


Cart = tuple[str, list[tuple[Decimal, int]], list[Reduction], Decimal, Decimal]


def lines_of(cart: Cart) -> list[LineTotals]:
    currency, lines, chosen, rate, _ = cart
    taken = discounts(currency, [price * quantity for price, quantity in lines], chosen)
    return [
        line_totals(currency, price, quantity, sum((parts[n] for parts in taken), Decimal(0)), rate)
        for n, (price, quantity) in enumerate(lines)
    ]


@THOUSAND
@given(carts())
def test_sums_add_up(cart: Cart) -> None:
    """Of any cart: total = items + shipping + tax - discounts, and every sum is an amount of its currency."""
    currency, _, _, rate, shipping = cart
    items = lines_of(cart)
    sums = add_up(items, [line_totals(currency, shipping, 1, Decimal(0), rate)])
    assert sums.total == sums.item_subtotal + sums.shipping_subtotal + sums.tax_total - sums.discount_subtotal
    assert sums.total == sums.item_total + sums.shipping_total
    assert sums.total == sums.original_total - sums.discount_total
    assert sums.original_total == sums.subtotal + sums.original_tax_total
    assert sums.discount_total == sums.discount_subtotal + sums.discount_tax_total
    for name in (field.name for field in fields(sums)):
        amount = getattr(sums, name)
        assert amount >= 0, name
        assert amount % unit(currency) == 0, name


@THOUSAND
@given(carts())
def test_lines_agree_with_fractions(cart: Cart) -> None:
    """Each line's tax is the exact one to within half of the smallest unit, by arithmetic that knows no digits."""
    currency, lines, _, rate, _ = cart
    half = Fraction(unit(currency)) / 2
    for (price, quantity), line in zip(lines, lines_of(cart), strict=True):
        assert line.subtotal == price * quantity
        assert 0 <= line.discount_subtotal <= line.subtotal
        net = Fraction(line.subtotal) - Fraction(line.discount_subtotal)
        assert abs(Fraction(line.tax_total) - net * Fraction(rate) / 100) <= half
        assert line.total == line.subtotal - line.discount_subtotal + line.tax_total


@THOUSAND
@given(st.data(), currencies)
def test_fixed_amounts_are_spread_to_the_last_unit(data: st.DataObject, currency: str) -> None:
    """A fixed amount is divided without a remainder, in proportion to within one unit, and never takes too much."""
    subtotals = data.draw(st.lists(amounts(currency), min_size=1, max_size=8))
    amount = data.draw(amounts(currency)) + unit(currency)
    (parts,) = discounts(currency, subtotals, [Reduction(False, amount, currency)])
    whole = sum(subtotals)
    assert sum(parts) == min(amount, whole)
    for part, subtotal in zip(parts, subtotals, strict=True):
        assert 0 <= part <= subtotal
        if whole:
            fair = Fraction(min(amount, whole)) * Fraction(subtotal) / Fraction(whole)
            assert abs(Fraction(part) - fair) < unit(currency)


@pytest.mark.parametrize(
    ("currency", "price", "discount", "tax"),
    [("usd", "2.99", "0.45", "0.21"), ("jpy", "299", "45", "21"), ("kwd", "2.999", "0.450", "0.210")],
)
def test_halves_are_rounded_up(currency: str, price: str, discount: str, tax: str) -> None:
    """15 % of 2.99 are 0.45 and not 0.44: per line, at the currency's digits."""
    (parts,) = discounts(currency, [Decimal(price)], [Reduction(True, Decimal(15))])
    line = line_totals(currency, Decimal(price), 1, parts[0], Decimal("8.25"))
    assert (parts[0], line.tax_total) == (Decimal(discount), Decimal(tax))


def test_promotions_take_from_what_is_left() -> None:
    """Half off twice leaves a quarter, and an amount in another currency gives nothing."""
    half, dollars = Reduction(True, Decimal(50)), Reduction(False, Decimal(5), "usd")
    assert discounts("usd", [Decimal(100)], [half, half, dollars]) == [[Decimal(50)], [Decimal(25)], [Decimal(5)]]
    assert discounts("kwd", [Decimal(100)], [dollars]) == [[Decimal(0)]]


def test_twenty_digits_times_a_million() -> None:
    """The largest price times the largest quantity, with tax, keeps every digit."""
    line = line_totals("usd", Decimal("999999999999999999.99"), 1_000_000, Decimal(0), Decimal("8.25"))
    assert line.subtotal == Decimal("999999999999999999990000.00")
    assert line.tax_total == Decimal("82499999999999999999175.00")
    assert line.total == Decimal("1082499999999999999989175.00")
