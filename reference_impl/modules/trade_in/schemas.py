"""What goes in and out: trade-ins and their offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from reference_impl.core.bodies import Body, example
from reference_impl.core.money import CurrencyCode, Money, NonNegativeAmount, PositiveAmount

Condition = Literal["excellent", "good", "fair", "poor"]
CreditType = Literal["wallet", "store_credit", "refund"]
Status = Literal["submitted", "evaluated", "approved", "completed", "rejected"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Words = Annotated[str, StringConstraints(max_length=5000)]
Photo = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https?://\S+$")]
Vin = Annotated[str, StringConstraints(pattern=r"^[A-HJ-NPR-Z0-9]{17}$"), Field(examples=["1HGCM82633A004352"])]

FACTORS: dict[str, Decimal] = {
    "excellent": Decimal("0.9"),
    "good": Decimal("0.7"),
    "fair": Decimal("0.5"),
    "poor": Decimal("0.3"),
}
"""What a thing is worth in each condition, as a part of its base price."""
OFFER_DAYS = 7


class Submission(Body):
    """A thing that a customer wants to give back. With a `product_id` its base price is the catalogue's."""

    model_config = example(make="Toyota", model_name="Corolla", year=2021, mileage_km=40000, condition="good")

    product_id: Annotated[str, StringConstraints(max_length=64)] | None = None
    make: Annotated[Name, Field(examples=["Toyota"])]
    model_name: Annotated[Name, Field(examples=["Corolla"])]
    year: Annotated[int, Field(ge=1886, le=2100, examples=[2021])]
    mileage_km: Annotated[int, Field(ge=0, le=10_000_000)]
    condition: Condition
    vin: Vin | None = None
    description: Words | None = None
    photos: Annotated[list[Photo], Field(max_length=20)] = Field(default_factory=list)
    currency_code: CurrencyCode = "usd"


class Inspection(Body):
    """What the operator found: the condition (else the customer's word counts), and what it is based on."""

    model_config = example(condition="good", base_price=12000)

    condition: Condition | None = None
    base_price: NonNegativeAmount | None = None
    notes: Words | None = None


class NewOffer(Body):
    """An offer; without an amount it is the estimated value."""

    model_config = example(offer_amount=9000, credit_type="wallet")

    offer_amount: PositiveAmount | None = None
    credit_type: CreditType = "wallet"


class CounterTradeIn(Submission):
    """A trade-in at the counter: submitted for the customer, inspected, priced and offered in one go."""

    model_config = example(
        customer_id="cus_01JD0000000000000000000000",
        make="Toyota",
        model_name="Corolla",
        year=2021,
        mileage_km=40000,
        condition="good",
        base_price=12000,
    )

    customer_id: Annotated[str, StringConstraints(max_length=64)]
    base_price: NonNegativeAmount | None = None
    notes: Words | None = None
    offer_amount: PositiveAmount | None = None
    credit_type: CreditType = "wallet"


class Approval(Body):
    """What the customer gets. Where an offer was accepted, that decides, and nothing else may be named here."""

    model_config = example(final_value=9000)

    final_value: NonNegativeAmount | None = None
    credit_type: CreditType | None = None


class Rejection(Body):
    model_config = example(reason="The frame is bent")

    reason: Annotated[str, StringConstraints(max_length=1000)] | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer. It is shown as expired from `expires_at` on, whether or not anybody has written that down."""

    id: str
    request_id: str
    offer_amount: Money
    currency_code: str
    credit_type: str
    status: str
    expires_at: datetime
    decided_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TradeIn:
    """A trade-in with its offers, newest first. `condition` is the customer's word, `inspected_condition` ours."""

    id: str
    trade_in_number: str
    customer_id: str
    product_id: str | None
    make: str
    model_name: str
    year: int
    mileage_km: int
    condition: str
    vin: str | None
    description: str | None
    photos: list[str]
    currency_code: str
    status: str
    evaluation_step: str
    evaluation_error: str | None
    inspected_condition: str | None
    inspection_notes: str | None
    base_price: Money | None
    estimated_value: Money | None
    final_value: Money | None
    credit_type: str | None
    rejection_reason: str | None
    restocked_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    offers: list[Offer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PublicInfo:
    """How trading in works, for anybody."""

    conditions: dict[str, Money] = field(default_factory=lambda: dict(FACTORS))
    credit_types: tuple[str, ...] = ("wallet", "store_credit", "refund")
    offer_valid_days: int = OFFER_DAYS


@dataclass(frozen=True, slots=True)
class TradeInEnvelope:
    trade_in: TradeIn


@dataclass(frozen=True, slots=True)
class OfferEnvelope:
    offer: Offer


@dataclass(frozen=True, slots=True)
class TradeInList:
    trade_ins: list[TradeIn]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class PublicTradeInList:
    """The own trade-ins; for somebody who is not logged in there are none, and the rules all the same."""

    trade_ins: list[TradeIn]
    count: int
    offset: int
    limit: int
    public_info: PublicInfo
