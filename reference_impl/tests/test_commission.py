"""Commission: whatever the rule and the currency, nothing is lost and nothing is made by dividing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reference_impl.core.money import CURRENCIES, decimals
from reference_impl.modules.vendors.commission import DEFAULT, Terms, Tier, divide, gap, payout_net, rate_of, spread

profile = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
currencies = st.sampled_from(["usd", "jpy", "kwd"])
rates = st.integers(0, 1_000_000).map(lambda parts: Decimal(parts).scaleb(-4))


def amounts(currency: str, most: int = 10**9) -> st.SearchStrategy[Decimal]:
    digits = CURRENCIES[currency]
    return st.integers(0, most).map(lambda units: Decimal(units).scaleb(-digits))


@st.composite
def tiers(draw: st.DrawFn, currency: str) -> tuple[Tier, ...]:
    ends = sorted(draw(st.sets(amounts(currency).filter(bool), max_size=4)))
    starts = [Decimal(0), *ends]
    return tuple(Tier(start, end, draw(rates)) for start, end in zip(starts, [*ends, None], strict=True))


@st.composite
def sales(draw: st.DrawFn) -> tuple[Terms, list[Decimal], str]:
    """Terms of any kind, the subtotals of some lines, and their currency."""
    currency = draw(currencies)
    terms = draw(
        st.one_of(
            rates.map(lambda rate: Terms("percentage", rate=rate)),
            amounts(currency).map(lambda flat: Terms("flat", flat_amount=flat)),
            tiers(currency).map(lambda steps: Terms("tiered", tiers=steps)),
        )
    )
    return terms, draw(st.lists(amounts(currency), min_size=1, max_size=8)), currency


@profile
@given(sales())
def test_commission_and_net_are_the_subtotal(sale: tuple[Terms, list[Decimal], str]) -> None:
    """For each line and for their sum, at the currency's digits; neither part is below zero."""
    terms, subtotals, currency = sale
    shares = divide(terms, subtotals, currency)
    assert [share.commission + share.net for share in shares] == subtotals
    assert all(share.commission >= 0 and share.net >= 0 for share in shares)
    assert all(decimals(share.commission) <= CURRENCIES[currency] for share in shares)
    assert sum(share.commission for share in shares) + sum(share.net for share in shares) == sum(subtotals)


@profile
@given(sales())
def test_a_rate_is_taken_of_each_line(sale: tuple[Terms, list[Decimal], str]) -> None:
    """Each line's commission is within half a unit of its exact value, and a line's share depends on no other line."""
    terms, subtotals, currency = sale
    rate = rate_of(terms, sum(subtotals, Decimal(0)))
    if rate is None:
        return
    half = Decimal(1).scaleb(-CURRENCIES[currency]) / 2
    for share in divide(terms, subtotals, currency):
        assert abs(share.commission - share.subtotal * rate / 100) <= half
        assert [share] == divide(Terms("percentage", rate=rate), [share.subtotal], currency)


@profile
@given(st.data())
def test_a_flat_amount_is_never_above_the_subtotal(data: st.DataObject) -> None:
    """It is the flat amount or all there is, no line pays more than it costs, and each pays nearly its part."""
    currency = data.draw(currencies)
    flat = data.draw(amounts(currency))
    subtotals = data.draw(st.lists(amounts(currency), min_size=1, max_size=8))
    total = sum(subtotals, Decimal(0))
    commissions = [share.commission for share in divide(Terms("flat", flat_amount=flat), subtotals, currency)]
    assert sum(commissions) == min(flat, total)
    unit = Decimal(1).scaleb(-CURRENCIES[currency])
    for commission, subtotal in zip(commissions, subtotals, strict=True):
        assert commission <= subtotal
        assert not total or abs(commission - min(flat, total) * subtotal / total) < unit


@profile
@given(st.data())
def test_tiers_without_gaps_hold_every_subtotal(data: st.DataObject) -> None:
    """Tiers that pass have exactly one for each subtotal: the one that starts at or below it and ends above it."""
    currency = data.draw(currencies)
    steps = data.draw(tiers(currency))
    assert gap(steps) is None
    subtotal = data.draw(amounts(currency))
    holding = [
        step
        for step in steps
        if step.starts_at <= subtotal and (step.ends_before is None or subtotal < step.ends_before)
    ]
    assert [rate_of(Terms("tiered", tiers=steps), subtotal)] == [step.rate for step in holding]


@pytest.mark.parametrize(
    ("subtotal", "currency", "expected"),
    [
        ("2.99", "usd", "0.45"),
        ("10.10", "usd", "1.52"),
        ("333", "jpy", "50"),
        ("1.234", "kwd", "0.185"),
        ("0", "usd", "0"),
    ],
)
def test_the_default_is_fifteen_per_cent(subtotal: str, currency: str, expected: str) -> None:
    """Rounded to the nearest unit of the currency, halves up."""
    assert divide(DEFAULT, [Decimal(subtotal)], currency)[0].commission == Decimal(expected)


def test_a_flat_amount_goes_to_the_largest_remainders() -> None:
    """10 yen over three lines of one price: the first gets the yen that is left."""
    assert spread(Decimal(10), [Decimal(100)] * 3, "jpy") == [Decimal(4), Decimal(3), Decimal(3)]
    assert spread(Decimal(0), [Decimal(0)], "usd") == [Decimal(0)]


@pytest.mark.parametrize(
    "bounds",
    [
        [(0, 100), (101, None)],  # nobody has 100
        [(0, 100), (99, None)],  # two have 99
        [(1, None)],
        [(0, 100)],
        [(0, None), (100, None)],
        [(0, 0), (0, None)],
        [(0, 100), (100, 50), (50, None)],
        [],
    ],
)
def test_a_gap_is_found(bounds: list[tuple[int, int | None]]) -> None:
    """Tiers that leave out a subtotal, or hold one twice, are refused with a sentence."""
    steps = [Tier(Decimal(start), None if end is None else Decimal(end), Decimal(10)) for start, end in bounds]
    assert gap(steps)


def test_what_reaches_the_vendor() -> None:
    """net = gross - commission - fee + adjustment."""
    amount = payout_net(
        gross=Decimal("100.00"), commission=Decimal("15.00"), fee=Decimal("0.25"), adjustment=Decimal(-5)
    )
    assert amount == Decimal("79.75")
