"""A subscriber of the platform's events: CloudEvents 1.0 in JSON, structured mode, read into what happened.

An event may come twice, so it is known by its source and id; events of one subject come in their order. A type that the
subscriber does not know is nothing to it. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_TYPE = "application/cloudevents+json"


class NotAnEvent(ValueError):
    """What came is no CloudEvent in JSON, or one of a known type without what is read of it."""


class Customer(msgspec.Struct, frozen=True):
    id: str
    email: str


class Order(msgspec.Struct, frozen=True):
    """customer_id: None for a guest's."""

    id: str
    display_id: int
    currency_code: str
    total: Decimal
    customer_id: str | None = None


class Payment(msgspec.Struct, frozen=True):
    """amount: what was taken or given back this time."""

    id: str
    order_id: str
    amount: Decimal
    currency_code: str
    provider_id: str


class Captured(Payment, frozen=True, kw_only=True):
    capture_id: str


class Refunded(Payment, frozen=True, kw_only=True):
    refund_id: str


class WalletMove(msgspec.Struct, frozen=True):
    """id: of the ledger's row."""

    id: str
    wallet_id: str
    amount: Decimal
    currency: str
    balance_after: Decimal
    reference_id: str | None = None


class TradeIn(msgspec.Struct, frozen=True):
    id: str
    trade_in_number: str
    customer_id: str
    final_value: Decimal
    currency_code: str
    credit_type: str
    product_id: str | None = None


class ApprovedClaim(msgspec.Struct, frozen=True):
    id: str
    claim_number: str
    policy_id: str
    customer_id: str
    amount: Decimal
    currency_code: str


class Booking(msgspec.Struct, frozen=True):
    id: str
    booking_number: str
    customer_id: str
    service_id: str
    provider_id: str
    start_time: datetime
    currency_code: str
    total: Decimal


class BookingMade(Booking, frozen=True, kw_only=True):
    """rescheduled_from_id: the booking that it takes the place of."""

    attendee_count: int
    rescheduled_from_id: str | None = None


class BookingCancelled(Booking, frozen=True, kw_only=True):
    cancellation_fee: Decimal
    cancelled_by: str
    cancellation_reason: str | None = None


class VendorOrder(msgspec.Struct, frozen=True):
    id: str
    order_id: str
    vendor_id: str
    vendor_order_number: str
    currency_code: str
    subtotal: Decimal
    commission_amount: Decimal
    net_amount: Decimal


TYPES: Mapping[str, type[msgspec.Struct]] = {
    "customer.created": Customer,
    "order.placed": Order,
    "order.canceled": Order,
    "payment.captured": Captured,
    "payment.refunded": Refunded,
    "wallet.credited": WalletMove,
    "wallet.debited": WalletMove,
    "trade-in.approved": TradeIn,
    "trade-in.completed": TradeIn,
    "insurance.claim_approved": ApprovedClaim,
    "booking.created": BookingMade,
    "booking.cancelled": BookingCancelled,
    "vendor_order.created": VendorOrder,
}
"""What is read of each type of event."""


class Event(msgspec.Struct, frozen=True):
    """Something that happened. source: which tenant's platform; subject: the id of what it is about."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: msgspec.Struct

    @property
    def key(self) -> tuple[str, str]:
        """By which a second delivery is known."""
        return self.source, self.id


class _Envelope(msgspec.Struct):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"]
    data: msgspec.Raw


def read(raw: bytes, headers: Mapping[str, str]) -> Event | None:
    """The event of a delivery; None for a type that is not known here. Raises NotAnEvent."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != CONTENT_TYPE:
        raise NotAnEvent(f"the content type is {kind or 'missing'}, not {CONTENT_TYPE}")
    try:
        said = msgspec.json.decode(raw, type=_Envelope)
        if said.type not in TYPES:
            return None
        data = msgspec.json.decode(said.data, type=TYPES[said.type])
    except msgspec.DecodeError as problem:
        raise NotAnEvent(f"{problem}") from None
    return Event(said.id, said.source, said.type, said.subject, said.time, data)
