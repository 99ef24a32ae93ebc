"""Tables: order, order_line, order_line_adjustment, order_shipping_method, fulfillment."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Sequence,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata
from reference_impl.core.transitions import Machine

ORDERS = Machine({"pending": {"completed", "canceled"}, "completed": set(), "canceled": set()})

order_display_id = Sequence("order_display_id", metadata=metadata)

order = Table(
    "order",
    metadata,
    Column("id", Text, primary_key=True),
    Column("display_id", BigInteger, order_display_id, nullable=False, unique=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("cart_id", Text, ForeignKey("cart.id"), nullable=False, unique=True),  # one order per cart
    Column("payment_collection_id", Text, ForeignKey("payment_collection.id"), unique=True),  # empty: nothing to pay
    Column("customer_id", Text, ForeignKey("customer.id")),
    Column("region_id", Text, ForeignKey("region.id"), nullable=False),
    Column("sales_channel_id", Text, ForeignKey("sales_channel.id"), nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("email", Text),
    Column("status", Text, nullable=False),
    Column("total", Numeric, nullable=False),
    Column("shipping_address", JSONB),
    Column("billing_address", JSONB),
    Column("metadata", JSONB),
    Column("canceled_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("total >= 0", name="total"),
    CheckConstraint(f"status IN ({', '.join(repr(status) for status in ORDERS.statuses)})", name="status"),
)
Index("ix_order_tenant_created", order.c.tenant_id, order.c.created_at)
Index("ix_order_customer_created", order.c.customer_id, order.c.created_at)

order_line = Table(
    "order_line",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("order.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("variant_id", Text, ForeignKey("product_variant.id"), nullable=False),
    Column("product_id", Text, ForeignKey("product.id"), nullable=False),
    Column("vendor_id", Text, ForeignKey("vendor.id")),
    Column("product_title", Text, nullable=False),
    Column("product_handle", Text, nullable=False),
    Column("thumbnail", Text),
    Column("variant_title", Text, nullable=False),
    Column("variant_sku", Text),
    Column("requires_shipping", Boolean, nullable=False),
    Column("is_discountable", Boolean, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", Numeric, nullable=False),
    Column("discount", Numeric, nullable=False),
    Column("tax_rate", Numeric, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("discount BETWEEN 0 AND unit_price * quantity", name="discount"),
)

order_line_adjustment = Table(
    "order_line_adjustment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_line_id", Text, ForeignKey("order_line.id"), nullable=False, index=True),
    Column("promotion_id", Text, ForeignKey("promotion.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
)

order_shipping_method = Table(
    "order_shipping_method",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("order.id"), nullable=False, index=True),
    Column("shipping_option_id", Text, ForeignKey("shipping_option.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("tax_rate", Numeric, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

fulfillment = Table(
    "fulfillment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, ForeignKey("order.id"), nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("external_id", Text, nullable=False),  # what the provider calls it
    Column("tracking_number", Text),
    Column("shipped_at", DateTime(timezone=True)),
    Column("delivered_at", DateTime(timezone=True)),
    Column("canceled_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
Index("uq_fulfillment_order_provider", fulfillment.c.order_id, fulfillment.c.provider_id, unique=True)
