"""What goes in and out: orders; and what other modules learn of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from reference_impl.core.fields import Part
from reference_impl.core.money import Money
from reference_impl.modules.carts.service import Address, Adjustment, Cart, LineTotals, TaxLine, Totals
from reference_impl.modules.payments.service import Collection

Metadata = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OrderItem(LineTotals):
    id: str
    title: str
    subtitle: str
    thumbnail: str | None
    variant_id: str
    product_id: str
    vendor_id: str | None
    product_title: str
    product_handle: str
    variant_title: str
    variant_sku: str | None
    requires_shipping: bool
    is_discountable: bool
    is_tax_inclusive: bool
    quantity: int
    unit_price: Money
    metadata: Metadata
    created_at: datetime
    tax_lines: list[TaxLine]
    adjustments: list[Adjustment]


@dataclass(frozen=True, slots=True)
class OrderShippingMethod(LineTotals):
    id: str
    order_id: str
    name: str
    shipping_option_id: str
    amount: Money
    is_tax_inclusive: bool
    data: Metadata
    created_at: datetime
    tax_lines: list[TaxLine]
    adjustments: list[Adjustment]


@dataclass(frozen=True, slots=True)
class Fulfillment(Part):
    """How far an order is on its way. `external_id`: what the provider calls it."""

    id: str
    provider_id: str
    external_id: str
    tracking_number: str | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    canceled_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OrderSummary(Part):
    """What an order is worth and what of it was paid."""

    current_order_total: Money
    original_order_total: Money
    paid_total: Money
    refunded_total: Money
    transaction_total: Money
    pending_difference: Money


@dataclass(frozen=True, slots=True)
class Order(Totals):
    id: str
    display_id: int
    version: int
    status: str
    payment_status: str
    fulfillment_status: str
    currency_code: str
    region_id: str
    sales_channel_id: str
    customer_id: str | None
    email: str | None
    metadata: Metadata | None
    canceled_at: datetime | None
    created_at: datetime
    updated_at: datetime
    summary: OrderSummary
    items: list[OrderItem]
    shipping_methods: list[OrderShippingMethod]
    shipping_address: Address | None
    billing_address: Address | None
    payment_collections: list[Collection]
    fulfillments: list[Fulfillment]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order as other modules see it; `subtotal` is before discount and tax."""

    id: str
    product_id: str
    variant_id: str
    vendor_id: str | None
    title: str
    quantity: int
    unit_price: Decimal
    subtotal: Decimal
    discount_total: Decimal  # off the subtotal, before tax
    tax_total: Decimal
    metadata: Metadata  # what the customer's cart said about the line


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """An order as other modules see it."""

    id: str
    display_id: int
    status: str
    customer_id: str | None
    email: str | None
    currency_code: str
    item_subtotal: Decimal
    shipping_total: Decimal
    tax_total: Decimal
    total: Decimal
    created_at: datetime
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class OrderEnvelope:
    order: Order


@dataclass(frozen=True, slots=True)
class OrderList:
    orders: list[Order]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class CompletionError:
    message: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The cart has become this order."""

    type: Literal["order"]
    order: Order


@dataclass(frozen=True, slots=True)
class NotCompleted:
    """The payment was not authorised; the cart is as it was."""

    type: Literal["cart"]
    cart: Cart
    error: CompletionError
