"""What goes in and out: payment collections, sessions, payments, captures, refunds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from reference_impl.core.bodies import Body, example
from reference_impl.core.fields import Part
from reference_impl.core.money import Money, PositiveAmount

Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Metadata = dict[str, Any]


class NewCollection(Body):
    model_config = example(cart_id="cart_01JD0000000000000000000000")

    cart_id: Id


class NewSession(Body):
    """`data` is for the provider; pp_system_default refuses to authorise when it says {"authorize": false}."""

    model_config = example(provider_id="pp_system_default")

    provider_id: Annotated[Id, Field(examples=["pp_system_default"])]
    data: Metadata | None = None


class Capture(Body):
    """How much to take; left out: all that is authorised and not taken yet."""

    model_config = example(amount=30)

    amount: PositiveAmount | None = None


class Refund(Body):
    """How much to give back; left out: all that was taken and not given back yet."""

    model_config = example(amount=10, note="A thread was loose")

    amount: PositiveAmount | None = None
    note: Annotated[str, StringConstraints(max_length=1000)] | None = None


@dataclass(frozen=True, slots=True)
class PaymentProvider:
    id: str
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Session(Part):
    id: str
    payment_collection_id: str
    provider_id: str
    currency_code: str
    amount: Money
    status: str
    data: Metadata
    context: Metadata
    metadata: Metadata
    authorized_at: datetime | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Captured(Part):
    id: str
    payment_id: str
    amount: Money
    created_by: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Refunded(Part):
    id: str
    payment_id: str
    amount: Money
    note: str | None
    created_by: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Payment(Part):
    id: str
    payment_collection_id: str
    payment_session_id: str
    order_id: str
    customer_id: str | None
    provider_id: str
    currency_code: str
    amount: Money
    captured_amount: Money
    refunded_amount: Money
    data: Metadata
    metadata: Metadata | None
    captured_at: datetime | None
    canceled_at: datetime | None
    created_at: datetime
    updated_at: datetime
    captures: list[Captured]
    refunds: list[Refunded]

    @property
    def refundable(self) -> Decimal:
        """What was taken and not given back."""
        return self.captured_amount - self.refunded_amount


@dataclass(frozen=True, slots=True)
class Collection(Part):
    """What is to be paid for one cart, and what became of it."""

    id: str
    currency_code: str
    amount: Money
    status: str
    authorized_amount: Money
    captured_amount: Money
    refunded_amount: Money
    metadata: Metadata | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    payment_sessions: list[Session]
    payments: list[Payment]


@dataclass(frozen=True, slots=True)
class PaymentProviderList:
    payment_providers: list[PaymentProvider]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class CollectionEnvelope:
    payment_collection: Collection


@dataclass(frozen=True, slots=True)
class PaymentEnvelope:
    payment: Payment


@dataclass(frozen=True, slots=True)
class PaymentList:
    payments: list[Payment]
    count: int
    offset: int
    limit: int
