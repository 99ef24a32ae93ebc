"""What goes in and out: vendors, commission rules, vendor orders, commissions, payouts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, WithJsonSchema, model_validator

from reference_impl.core.bodies import Body
from reference_impl.core.money import CURRENCIES, CurrencyCode, Money, NonNegativeAmount, PositiveAmount, decimals
from reference_impl.core.times import Instant
from reference_impl.modules.vendors.commission import Kind, Tier, gap

RATE_DIGITS = 4

Rate = Annotated[
    NonNegativeAmount,
    Field(le=100, decimal_places=RATE_DIGITS),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100, "examples": [12.5]}),
]
"""Per cent."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Note = Annotated[str, StringConstraints(max_length=1000)]
Id = Annotated[str, StringConstraints(max_length=64)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
    Field(examples=["souq@example.com"]),
]
Handle = Annotated[
    str, StringConstraints(max_length=100, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$"), Field(examples=["old-souq"])
]
VendorStatus = Literal["pending", "active", "suspended", "rejected"]
Unshipped = Literal["pending", "acknowledged", "processing", "ready_to_ship"]
VendorOrderStatus = Literal[Unshipped, "shipped", "delivered", "completed", "cancelled", "returned", "disputed"]
PayoutStatus = Literal["pending", "on_hold", "processing", "completed", "failed"]


def check_digits(currency: str, *amounts: Decimal) -> None:
    """Raises ValueError for a currency that nobody knows, or an amount with more digits than it has."""
    digits = CURRENCIES.get(currency)
    if digits is None:
        raise ValueError(f"currency_code: {currency} is not an ISO 4217 code that the platform knows")
    if any(decimals(amount) > digits for amount in amounts):
        raise ValueError(f"{currency} has {digits} digits behind the point")


class NewAddress(Body):
    line1: Name
    line2: Name | None = None
    city: Name
    state: Name | None = None
    postalCode: Annotated[str, StringConstraints(min_length=1, max_length=20)]  # noqa: N815 (spelled so by the API)
    countryCode: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z]{2}$")]  # noqa: N815

    def stored(self) -> dict[str, str | None]:
        """As it is kept and answered."""
        place = {"line1": self.line1, "line2": self.line2, "city": self.city, "state": self.state}
        return {**place, "postal_code": self.postalCode, "country_code": self.countryCode.lower()}


class NewVendor(Body):
    handle: Handle
    businessName: Name  # noqa: N815
    legalName: Name  # noqa: N815
    email: Email
    phone: Annotated[str, StringConstraints(max_length=50)] | None = None
    address: NewAddress
    commissionRate: Rate | None = None  # noqa: N815


class NewAccount(Body):
    """An e-mail address that is registered as a vendor's log-in (`POST /auth/vendor/emailpass/register`)."""

    email: Email


class Reason(Body):
    reason: Note | None = None


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
    status: Literal["active", "inactive"]


class ShippedItem(Body):
    """A line of the vendor order, by its own id or by that of the order's line."""

    id: Id
    quantity: Annotated[int, Field(gt=0, le=1_000_000_000)]


class Fulfillment(Body):
    """A vendor order is shipped whole: `items`, where given, are all its lines in full."""

    tracking_number: Name
    carrier: Name
    items: Annotated[list[ShippedItem], Field(max_length=1000)] | None = None


class PayoutRequest(Body):
    """All that is payable in one currency, the tenant's unless another is named."""

    currency_code: CurrencyCode | None = None


class PayoutAdjustment(Body):
    type: Literal["credit", "debit"]
    amount: PositiveAmount
    reason: Note | None = None


class Processing(Body):
    """What the transfer costs."""

    fee_amount: NonNegativeAmount = Decimal(0)


@dataclass(frozen=True, slots=True)
class Vendor:
    """A seller. `commission_rate` is what was agreed with it, in per cent, or null."""

    id: str
    handle: str
    business_name: str
    legal_name: str
    email: str
    phone: str | None
    address: dict[str, Any]
    status: str
    status_reason: str | None
    commission_rate: Money | None
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    vendor_id: str | None
    name: str
    type: Kind
    rate: Money | None
    flat_amount: Money | None
    tiers: list[Tier] | None
    currency_code: str | None
    priority: int
    status: str
    valid_from: datetime | None
    valid_to: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class VendorOrderLine:
    id: str
    order_line_id: str
    product_id: str
    variant_id: str
    title: str
    quantity: int
    unit_price: Money
    subtotal: Money
    commission_amount: Money
    net_amount: Money


@dataclass(frozen=True, slots=True)
class VendorOrder:
    """A vendor's share of an order; commission + net = subtotal."""

    id: str
    vendor_id: str
    order_id: str
    vendor_order_number: str
    status: str
    currency_code: str
    subtotal: Money
    shipping_total: Money
    tax_total: Money
    total: Money
    commission_amount: Money
    net_amount: Money
    tracking_number: str | None
    carrier: str | None
    shipped_at: datetime | None
    cancelled_at: datetime | None
    created_at: datetime
    updated_at: datetime
    items: list[VendorOrderLine]


@dataclass(frozen=True, slots=True)
class Commission:
    """What a vendor order leaves to platform and vendor. `commission_rate` is in per cent; null for a flat amount."""

    id: str
    vendor_id: str
    vendor_order_id: str
    order_id: str
    rule_id: str | None
    currency_code: str
    commission_rate: Money | None
    gross_amount: Money
    commission_amount: Money
    net_amount: Money
    status: str
    payout_id: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of all commissions in one currency that are not reversed; `commission_rate` is their mean in per cent."""

    currency_code: str
    total_gross: Money
    total_commission: Money
    total_net: Money
    commission_rate: Money | None


@dataclass(frozen=True, slots=True)
class Payout:
    """Money for a vendor: net = gross - commission - fee + adjustment."""

    id: str
    vendor_id: str
    payout_number: str
    status: str
    currency_code: str
    gross_amount: Money
    commission_amount: Money
    fee_amount: Money
    adjustment_amount: Money
    net_amount: Money
    retry_count: int
    hold_reason: str | None
    failure_reason: str | None
    processed_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Transfer:
    """One attempt to pay a payout; at most one of them succeeds."""

    id: str
    currency_code: str
    amount: Money
    status: str
    failure_reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VendorEnvelope:
    vendor: Vendor


@dataclass(frozen=True, slots=True)
class VendorList:
    vendors: list[Vendor]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may log in for a vendor."""

    id: str
    email: str
    vendor_id: str


@dataclass(frozen=True, slots=True)
class AccountEnvelope:
    vendor_account: Account


@dataclass(frozen=True, slots=True)
class RuleEnvelope:
    commission_rule: Rule


@dataclass(frozen=True, slots=True)
class RuleList:
    commission_rules: list[Rule]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class VendorOrderEnvelope:
    order: VendorOrder


@dataclass(frozen=True, slots=True)
class VendorOrderList:
    orders: list[VendorOrder]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class CommissionList:
    commissions: list[Commission]
    summary: Summary
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class PayoutEnvelope:
    payout: Payout


@dataclass(frozen=True, slots=True)
class PayoutDetail:
    """A payout with every attempt to pay it, the first one first."""

    payout: Payout
    transfers: list[Transfer]


@dataclass(frozen=True, slots=True)
class PayoutList:
    payouts: list[Payout]
    count: int
    offset: int
    limit: int
