"""What a vendor owes the platform for a sale, and what is left: pure arithmetic, exact to the last digit.

All amounts are in major units of one currency and have no more digits than it has. For each line and for their sum:
commission + net = subtotal, and what an order says is always the sum over its lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from reference_impl.core.money import CURRENCIES, Money, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["percentage", "flat", "tiered"]


@dataclass(frozen=True, slots=True)
class Tier:
    """A rate in per cent for subtotals from `starts_at` up to, and without, `ends_before`; the last has no end."""

    starts_at: Money
    ends_before: Money | None
    rate: Money


@dataclass(frozen=True, slots=True)
class Terms:
    """How the commission of one vendor order is found. `rule_id` names the rule it comes from, if it was a rule."""

    type: Kind
    rate: Decimal | None = None
    flat_amount: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    rule_id: str | None = None


DEFAULT = Terms("percentage", rate=Decimal(15))
"""Where no rule says otherwise (domain-rules.md, Commission rule)."""


@dataclass(frozen=True, slots=True)
class Share:
    """A line's subtotal and how platform and vendor divide it."""

    subtotal: Decimal
    commission: Decimal
    net: Decimal


def rate_of(terms: Terms, subtotal: Decimal) -> Decimal | None:
    """The rate in per cent for a vendor order of this subtotal; None where the commission is a flat amount."""
    if terms.type == "flat":
        return None
    if terms.type == "percentage":
        assert terms.rate is not None, "a percentage rule has a rate"
        return terms.rate
    return next(tier.rate for tier in terms.tiers if tier.ends_before is None or subtotal < tier.ends_before)


def divide(terms: Terms, subtotals: Sequence[Decimal], currency: str) -> list[Share]:
    """Each line's share, in the order of the lines.

    A rate is taken of each line and rounded there. A flat amount, never above the sum, is spread over the lines in
    proportion to what they cost.
    """
    total = sum(subtotals, Decimal(0))
    rate = rate_of(terms, total)
    if rate is None:
        assert terms.flat_amount is not None, "a flat rule has an amount"
        commissions = spread(min(terms.flat_amount, total), subtotals, currency)
    else:
        commissions = [rounded(subtotal * rate / 100, currency) for subtotal in subtotals]
    return [
        Share(subtotal, commission, subtotal - commission)
        for subtotal, commission in zip(subtotals, commissions, strict=True)
    ]


def spread(amount: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """An amount, at most the sum of the weights, in parts that are proportional to them and at most each of them.

    Counted in the currency's smallest unit: everybody gets the whole units of their part, and the units that are left
    go to those who lost the most by that (the method of the largest remainder), so that the parts sum to the amount.
    """
    digits = CURRENCIES[currency]
    units = int(amount.scaleb(digits))
    shares = [int(weight.scaleb(digits)) for weight in weights]
    whole = sum(shares) or 1
    parts = [units * share // whole for share in shares]
    lost = sorted(range(len(shares)), key=lambda n: units * shares[n] % whole, reverse=True)
    for number in lost[: units - sum(parts)]:
        parts[number] += 1
    return [Decimal(part).scaleb(-digits) for part in parts]


def gap(tiers: Sequence[Tier]) -> str | None:
    """What is wrong with tiers that must cover every subtotal from 0 on exactly once, or None."""
    reached: Decimal | None = Decimal(0)
    for tier in tiers:
        if reached is None:
            return "nothing may follow the tier without an end"
        if tier.starts_at != reached:
            return f"a tier must start at {reached:f}, where the one before ends; it starts at {tier.starts_at:f}"
        if tier.ends_before is not None and tier.ends_before <= tier.starts_at:
            return f"the tier from {tier.starts_at:f} must end above that"
        reached = tier.ends_before
    return None if reached is None else f"no tier covers {reached:f} and above"


def payout_net(*, gross: Decimal, commission: Decimal, fee: Decimal, adjustment: Decimal) -> Decimal:
    """What reaches the vendor: gross - commission - fee + adjustment."""
    return gross - commission - fee + adjustment
