"""Tables: cart, cart_line, cart_shipping_method, cart_promotion."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata

cart = Table(
    "cart",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("region_id", Text, ForeignKey("region.id"), nullable=False),
    Column("sales_channel_id", Text, ForeignKey("sales_channel.id"), nullable=False),
    Column("customer_id", Text, ForeignKey("customer.id")),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("email", Text),
    Column("shipping_address", JSONB),
    Column("billing_address", JSONB),
    Column("metadata", JSONB),
    Column("completed_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
Index("ix_cart_tenant_created", cart.c.tenant_id, cart.c.created_at)

cart_line = Table(
    "cart_line",
    metadata,
    Column("id", Text, primary_key=True),
    Column("cart_id", Text, ForeignKey("cart.id"), nullable=False, index=True),
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
    Column("unit_price", Numeric, nullable=False),  # as it was when the line was put in or changed
    Column("metadata", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("quantity > 0", name="quantity"),
    CheckConstraint("unit_price >= 0", name="unit_price"),
)

cart_shipping_method = Table(
    "cart_shipping_method",
    metadata,
    Column("id", Text, primary_key=True),
    Column("cart_id", Text, ForeignKey("cart.id"), nullable=False, unique=True),  # a second choice replaces the first
    Column("shipping_option_id", Text, ForeignKey("shipping_option.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
)

cart_promotion = Table(
    "cart_promotion",
    metadata,
    Column("cart_id", Text, ForeignKey("cart.id"), primary_key=True),
    Column("promotion_id", Text, ForeignKey("promotion.id"), primary_key=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
)
