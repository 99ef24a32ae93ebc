"""What goes in and out: vendors, commission rules, vendor orders, commissions, payouts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, WithJsonSchema

from reference_impl.core.bodies import Body, example
from reference_impl.core.money import CURRENCIES, CurrencyCode, Money, NonNegativeAmount, PositiveAmount, decimals
from reference_impl.modules.vendors.commission import Kind, Tier

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
    model_config = example(
        handle="souq-carpets",
        businessName="Souq Carpets",
        legalName="Souq Carpets LLC",
        email="owner@example.com",
        address={"line1": "King Fahd Road 1", "city": "Riyadh", "postalCode": "11564", "countryCode": "sa"},
        commissionRate=12.5,
    )

    handle: Handle
    businessName: Name  # noqa: N815
    legalName: Name  # noqa: N815
    email: Email
    phone: Annotated[str, StringConstraints(max_length=50)] | None = None
    address: NewAddress
    commissionRate: Rate | None = None  # noqa: N815


class NewAccount(Body):
    """An e-mail address that is registered as a vendor's log-in (`POST /auth/vendor/emailpass/register`)."""

    model_config = example(email="owner@example.com")

    email: Email


class Reason(Body):
    model_config = example(reason="The licence has ended")

    reason: Note | None = None


class ShippedItem(Body):
    """A line of the vendor order, by its own id or by that of the order's line."""

    id: Id
    quantity: Annotated[int, Field(gt=0, le=1_000_000_000)]


class Fulfillment(Body):
    """A vendor order is shipped whole: `items`, where given, are all its lines in full."""

    model_config = example(tracking_number="1Z999AA10123456784", carrier="Aramex")

    tracking_number: Name
    carrier: Name
    items: Annotated[list[ShippedItem], Field(max_length=1000)] | None = None


class PayoutRequest(Body):
    """All that is payable in one currency, the tenant's unless another is named."""

    model_config = example(currency_code="usd")

    currency_code: CurrencyCode | None = None


class PayoutAdjustment(Body):
    model_config = example(type="debit", amount=1, reason="The packaging")

    type: Literal["credit", "debit"]
    amount: PositiveAmount
    reason: Note | None = None


class Processing(Body):
    """What the transfer costs."""

    model_config = example(fee_amount=0.25)

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
