"""What goes in: commission rules."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from reference_impl.core.bodies import Body, example
from reference_impl.core.money import CurrencyCode, NonNegativeAmount, PositiveAmount
from reference_impl.core.times import Instant
from reference_impl.modules.vendors.commission import Kind, Tier, gap
from reference_impl.modules.vendors.schemas import Id, Name, Rate, check_digits


class NewTier(Body):
    """A rate for subtotals from `starts_at` up to, and without, `ends_before`."""

    starts_at: NonNegativeAmount
    ends_before: PositiveAmount | None = None
    rate: Rate

    def tier(self) -> Tier:
        return Tier(self.starts_at, self.ends_before, self.rate)


class NewRule(Body):
    """`percentage` with a `rate`, `flat` with a `flat_amount`, or `tiered` with `tiers` that cover all from 0 on.

    A flat or tiered one names its currency. It holds from `valid_from` until `valid_to`, as far as they are given.
    """

    model_config = example(name="Carpets", type="percentage", rate=10)

    name: Name
    vendor_id: Id | None = None
    type: Kind
    rate: Rate | None = None
    flat_amount: NonNegativeAmount | None = None
    tiers: Annotated[list[NewTier], Field(min_length=1, max_length=50)] | None = None
    currency_code: CurrencyCode | None = None
    priority: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    status: Literal["active", "inactive"] = "active"
    valid_from: Instant | None = None
    valid_to: Instant | None = None

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> Self:
        terms = {"percentage": self.rate, "flat": self.flat_amount, "tiered": self.tiers}
        if [kind for kind, value in terms.items() if value is not None] != [self.type]:
            raise ValueError("a percentage rule has a rate, a flat one a flat_amount, a tiered one tiers, nothing else")
        if self.type != "percentage" and self.currency_code is None:
            raise ValueError(f"currency_code: a {self.type} rule names the currency of its amounts")
        tiers = [tier.tier() for tier in self.tiers or ()]
        if self.currency_code is not None:
            amounts = [self.flat_amount, *(end for tier in tiers for end in (tier.starts_at, tier.ends_before))]
            check_digits(self.currency_code, *(amount for amount in amounts if amount is not None))
        problem = gap(tiers) if tiers else None
        if problem:
            raise ValueError(f"tiers: {problem}")
        if self.valid_from is not None and self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to: must be after valid_from")
        return self


class RuleChange(Body):
    model_config = example(status="inactive")

    status: Literal["active", "inactive"]
