"""Tables: region, region_country, sales_channel, shipping_profile, shipping_option, stock_location, product, promotion.

And what hangs on them: variants, prices, the products of a channel.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata


def _stamps() -> list[Column[object]]:
    return [
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("deleted_at", DateTime(timezone=True)),
    ]


def _of_tenant() -> Column[str]:
    return Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False, index=True)


region = Table(
    "region",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("name", Text, nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("automatic_taxes", Boolean, nullable=False, server_default=text("true")),
    Column("tax_rate", Numeric, nullable=False, server_default="0"),  # percent, on top of the price
    Column("metadata", JSONB),
    *_stamps(),
    CheckConstraint("tax_rate BETWEEN 0 AND 100", name="tax_rate"),
)

region_country = Table(
    "region_country",
    metadata,
    Column("region_id", Text, ForeignKey("region.id"), primary_key=True),
    Column("iso_2", Text, primary_key=True),
)

sales_channel = Table(
    "sales_channel",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("is_disabled", Boolean, nullable=False, server_default=text("false")),
    Column("metadata", JSONB),
    *_stamps(),
)

stock_location = Table(
    "stock_location",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("name", Text, nullable=False),
    Column("metadata", JSONB),
    *_stamps(),
)

shipping_profile = Table(
    "shipping_profile",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("metadata", JSONB),
    *_stamps(),
)

shipping_option = Table(
    "shipping_option",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("name", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("description", Text),
    Column("shipping_profile_id", Text, ForeignKey("shipping_profile.id"), nullable=False),
    *_stamps(),
)

shipping_option_price = Table(
    "shipping_option_price",
    metadata,
    Column("id", Text, primary_key=True),
    Column("shipping_option_id", Text, ForeignKey("shipping_option.id"), nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("amount", Numeric, nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
)
Index(
    "uq_shipping_option_price_currency",
    shipping_option_price.c.shipping_option_id,
    shipping_option_price.c.currency_code,
    unique=True,
)

product = Table(
    "product",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("vendor_id", Text, ForeignKey("vendor.id"), index=True),  # empty: the platform's own
    Column("title", Text, nullable=False),
    Column("subtitle", Text),
    Column("description", Text),
    Column("handle", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("thumbnail", Text),
    Column("is_giftcard", Boolean, nullable=False, server_default=text("false")),
    Column("discountable", Boolean, nullable=False, server_default=text("true")),
    Column("external_id", Text),
    Column("shipping_profile_id", Text, ForeignKey("shipping_profile.id")),  # empty: nothing to ship
    Column("options", JSONB, nullable=False),  # [{"id", "title", "values": [{"id", "value"}]}]
    Column("metadata", JSONB),
    *_stamps(),
    CheckConstraint("status IN ('draft', 'proposed', 'published', 'rejected')", name="status"),
)
Index(
    "uq_product_handle", product.c.tenant_id, product.c.handle, unique=True, postgresql_where=text("deleted_at IS NULL")
)

product_sales_channel = Table(
    "product_sales_channel",
    metadata,
    Column("product_id", Text, ForeignKey("product.id"), primary_key=True),
    Column("sales_channel_id", Text, ForeignKey("sales_channel.id"), primary_key=True, index=True),
)

product_variant = Table(
    "product_variant",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("product_id", Text, ForeignKey("product.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("sku", Text),
    Column("barcode", Text),
    Column("options", JSONB, nullable=False),  # {"Size": "M"}
    Column("variant_rank", Integer, nullable=False),
    Column("manage_inventory", Boolean, nullable=False),
    Column("allow_backorder", Boolean, nullable=False),
    Column("inventory_item_id", Text, unique=True),
    Column("stocked_quantity", Integer, nullable=False, server_default="0"),
    Column("reserved_quantity", Integer, nullable=False, server_default="0"),  # sold, and not yet sent
    Column("metadata", JSONB),
    *_stamps(),
    CheckConstraint("stocked_quantity >= 0", name="stocked_quantity"),
    CheckConstraint("reserved_quantity >= 0", name="reserved_quantity"),
    CheckConstraint("allow_backorder OR reserved_quantity <= stocked_quantity", name="not_sold_twice"),
    CheckConstraint("manage_inventory = (inventory_item_id IS NOT NULL)", name="inventory_item"),
)
Index(
    "uq_product_variant_sku",
    product_variant.c.tenant_id,
    product_variant.c.sku,
    unique=True,
    postgresql_where=text("deleted_at IS NULL"),
)

variant_price = Table(
    "variant_price",
    metadata,
    Column("id", Text, primary_key=True),
    Column("variant_id", Text, ForeignKey("product_variant.id"), nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
)
Index("uq_variant_price_currency", variant_price.c.variant_id, variant_price.c.currency_code, unique=True)

promotion = Table(
    "promotion",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("code", Text, nullable=False),
    Column("type", Text, nullable=False),  # percentage or fixed
    Column("value", Numeric, nullable=False),  # percent, or an amount of currency_code
    Column("currency_code", Text, ForeignKey("currency.code")),
    Column("status", Text, nullable=False),
    *_stamps(),
    CheckConstraint("type IN ('percentage', 'fixed')", name="type"),
    CheckConstraint("status IN ('draft', 'active', 'inactive')", name="status"),
    CheckConstraint("value > 0 AND (type = 'fixed' OR value <= 100)", name="value"),
    CheckConstraint("(type = 'fixed') = (currency_code IS NOT NULL)", name="currency_code"),
)
Index(
    "uq_promotion_code",
    promotion.c.tenant_id,
    promotion.c.code,
    unique=True,
    postgresql_where=text("deleted_at IS NULL"),
)
