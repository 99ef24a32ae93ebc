"""What a shop's pages read of the platform's answers, and the refusals that they tell apart.

Amounts are exact, in major units of a lower-case ISO 4217 currency. Times are aware.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec


class ShopError(Exception):
    """A refusal as the platform words it: `{"type", "message", "code"?}`. The message may be shown to a shopper."""

    def __init__(self, status: int, message: str, kind: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code


class LoggedOut(ShopError):
    """Nobody is logged in, or no longer: to the log-in page."""


class LoginRefused(ShopError):
    """The password is wrong, or the address is somebody's already: said below the form."""


class Invalid(ShopError):
    """What was entered, or what was asked for, is not possible: the message says which part."""


class NotAllowed(ShopError):
    """The shop itself is refused, as with a publishable key that is no longer valid."""


class OutOfStock(NotAllowed):
    """There is not as much left as was asked for: the page offers less."""


class NotFound(ShopError):
    """It is not there, or it is somebody else's."""


class Conflict(ShopError):
    """It was possible a moment ago: the page is read anew."""


class PaymentRefused(ShopError):
    """The cart is still a cart: the page asks for another way to pay."""


class Broken(ShopError):
    """An answer that no page knows what to do with."""


class Customer(msgspec.Struct, frozen=True):
    id: str
    email: str


class Country(msgspec.Struct, frozen=True):
    iso_2: str
    display_name: str


class Region(msgspec.Struct, frozen=True):
    """Where the shop sells."""

    id: str
    name: str
    currency_code: str
    countries: list[Country]


class Price(msgspec.Struct, frozen=True):
    calculated_amount: Decimal
    currency_code: str


class Variant(msgspec.Struct, frozen=True):
    """calculated_price: None where it is not sold in the region."""

    id: str
    title: str
    calculated_price: Price | None = None


class Product(msgspec.Struct, frozen=True):
    id: str
    title: str
    variants: list[Variant]


class Line(msgspec.Struct, frozen=True):
    """A line of a cart or of an order."""

    id: str
    variant_id: str
    title: str
    quantity: int
    unit_price: Decimal


class Cart(msgspec.Struct, frozen=True):
    id: str
    currency_code: str
    items: list[Line]
    item_total: Decimal
    shipping_total: Decimal
    tax_total: Decimal
    discount_total: Decimal
    total: Decimal
    completed_at: datetime | None = None


class Removed(msgspec.Struct, frozen=True):
    id: str
    deleted: bool


class ShippingOption(msgspec.Struct, frozen=True):
    id: str
    name: str
    amount: Decimal


class PaymentProvider(msgspec.Struct, frozen=True):
    id: str
    is_enabled: bool


class PaymentSession(msgspec.Struct, frozen=True):
    id: str
    provider_id: str
    status: str


class PaymentCollection(msgspec.Struct, frozen=True):
    """What is to be paid for a cart."""

    id: str
    amount: Decimal
    currency_code: str
    status: str
    payment_sessions: list[PaymentSession] = []


class Order(msgspec.Struct, frozen=True):
    id: str
    display_id: int
    status: str
    payment_status: str
    fulfillment_status: str
    currency_code: str
    total: Decimal
    items: list[Line]


class Wallet(msgspec.Struct, frozen=True):
    id: str
    currency: str
    balance: Decimal
    status: str
    freeze_reason: str | None = None


class Transaction(msgspec.Struct, frozen=True):
    """A row of a wallet's ledger; the amount is signed, a debit is negative."""

    id: str
    type: str
    amount: Decimal
    balance_after: Decimal
    created_at: datetime
    description: str | None = None


class Offer(msgspec.Struct, frozen=True):
    id: str
    offer_amount: Decimal
    credit_type: str
    status: str
    expires_at: datetime


class TradeIn(msgspec.Struct, frozen=True):
    id: str
    trade_in_number: str
    status: str
    make: str
    model_name: str
    currency_code: str
    offers: list[Offer] = []


class TradeInRules(msgspec.Struct, frozen=True):
    """How trading in works: what part of its price a thing is worth in each condition."""

    conditions: dict[str, Decimal]
    offer_valid_days: int


class Plan(msgspec.Struct, frozen=True):
    """What a product can be insured with."""

    id: str
    product_id: str
    plan_type: str
    coverage_amount: Decimal
    premium: Decimal
    currency_code: str


class Policy(msgspec.Struct, frozen=True):
    id: str
    policy_number: str
    status: str
    coverage_amount: Decimal
    currency_code: str
    start_date: datetime
    end_date: datetime


class Claim(msgspec.Struct, frozen=True):
    id: str
    claim_number: str
    status: str
    claim_amount: Decimal
    currency_code: str


class Service(msgspec.Struct, frozen=True):
    """Something to book."""

    id: str
    name: str
    duration_minutes: int
    price: Decimal
    currency_code: str


class Slot(msgspec.Struct, frozen=True):
    start_time: datetime
    end_time: datetime
    provider_id: str


class Booking(msgspec.Struct, frozen=True):
    id: str
    booking_number: str
    status: str
    start_time: datetime
    end_time: datetime
    total: Decimal
    currency_code: str
    cancellation_fee: Decimal | None = None
