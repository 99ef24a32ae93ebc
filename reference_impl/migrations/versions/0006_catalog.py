"""The catalogue: regions, channels, shipping, products with variants, prices and stock, promotions."""

from __future__ import annotations

from alembic import op

revision = "0006_catalog"
down_revision = "0005_vendors"

TABLES = (
    """
    CREATE TABLE region (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        name TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        automatic_taxes BOOLEAN DEFAULT true NOT NULL,
        tax_rate NUMERIC DEFAULT '0' NOT NULL,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_region PRIMARY KEY (id),
        CONSTRAINT ck_region_tax_rate CHECK (tax_rate BETWEEN 0 AND 100),
        CONSTRAINT fk_region_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_region_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_region_tenant_id ON region (tenant_id)
    """,
    """
    CREATE TABLE region_country (
        region_id TEXT NOT NULL,
        iso_2 TEXT NOT NULL,
        CONSTRAINT pk_region_country PRIMARY KEY (region_id, iso_2),
        CONSTRAINT fk_region_country_region_id FOREIGN KEY(region_id) REFERENCES region (id)
    )
    """,
    """
    CREATE TABLE sales_channel (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT,
        is_disabled BOOLEAN DEFAULT false NOT NULL,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_sales_channel PRIMARY KEY (id),
        CONSTRAINT fk_sales_channel_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
    )
    """,
    """
    CREATE INDEX ix_sales_channel_tenant_id ON sales_channel (tenant_id)
    """,
    """
    CREATE TABLE stock_location (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        name TEXT NOT NULL,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_stock_location PRIMARY KEY (id),
        CONSTRAINT fk_stock_location_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
    )
    """,
    """
    CREATE INDEX ix_stock_location_tenant_id ON stock_location (tenant_id)
    """,
    """
    CREATE TABLE shipping_profile (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_shipping_profile PRIMARY KEY (id),
        CONSTRAINT fk_shipping_profile_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
    )
    """,
    """
    CREATE INDEX ix_shipping_profile_tenant_id ON shipping_profile (tenant_id)
    """,
    """
    CREATE TABLE shipping_option (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        name TEXT NOT NULL,
        code TEXT NOT NULL,
        description TEXT,
        shipping_profile_id TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_shipping_option PRIMARY KEY (id),
        CONSTRAINT fk_shipping_option_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_shipping_option_shipping_profile_id
            FOREIGN KEY(shipping_profile_id) REFERENCES shipping_profile (id)
    )
    """,
    """
    CREATE INDEX ix_shipping_option_tenant_id ON shipping_option (tenant_id)
    """,
    """
    CREATE TABLE shipping_option_price (
        id TEXT NOT NULL,
        shipping_option_id TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        CONSTRAINT pk_shipping_option_price PRIMARY KEY (id),
        CONSTRAINT ck_shipping_option_price_amount CHECK (amount >= 0),
        CONSTRAINT fk_shipping_option_price_shipping_option_id
            FOREIGN KEY(shipping_option_id) REFERENCES shipping_option (id),
        CONSTRAINT fk_shipping_option_price_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_shipping_option_price_currency ON shipping_option_price (shipping_option_id, currency_code)
    """,
    """
    CREATE TABLE product (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        vendor_id TEXT,
        title TEXT NOT NULL,
        subtitle TEXT,
        description TEXT,
        handle TEXT NOT NULL,
        status TEXT NOT NULL,
        thumbnail TEXT,
        is_giftcard BOOLEAN DEFAULT false NOT NULL,
        discountable BOOLEAN DEFAULT true NOT NULL,
        external_id TEXT,
        shipping_profile_id TEXT,
        options JSONB NOT NULL,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_product PRIMARY KEY (id),
        CONSTRAINT ck_product_status CHECK (status IN ('draft', 'proposed', 'published', 'rejected')),
        CONSTRAINT fk_product_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_product_vendor_id FOREIGN KEY(vendor_id) REFERENCES vendor (id),
        CONSTRAINT fk_product_shipping_profile_id FOREIGN KEY(shipping_profile_id) REFERENCES shipping_profile (id)
    )
    """,
    """
    CREATE INDEX ix_product_tenant_id ON product (tenant_id)
    """,
    """
    CREATE INDEX ix_product_vendor_id ON product (vendor_id)
    """,
    """
    CREATE UNIQUE INDEX uq_product_handle ON product (tenant_id, handle) WHERE deleted_at IS NULL
    """,
    """
    CREATE TABLE product_sales_channel (
        product_id TEXT NOT NULL,
        sales_channel_id TEXT NOT NULL,
        CONSTRAINT pk_product_sales_channel PRIMARY KEY (product_id, sales_channel_id),
        CONSTRAINT fk_product_sales_channel_product_id FOREIGN KEY(product_id) REFERENCES product (id),
        CONSTRAINT fk_product_sales_channel_sales_channel_id
            FOREIGN KEY(sales_channel_id) REFERENCES sales_channel (id)
    )
    """,
    """
    CREATE INDEX ix_product_sales_channel_sales_channel_id ON product_sales_channel (sales_channel_id)
    """,
    """
    CREATE TABLE product_variant (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        title TEXT NOT NULL,
        sku TEXT,
        barcode TEXT,
        options JSONB NOT NULL,
        variant_rank INTEGER NOT NULL,
        manage_inventory BOOLEAN NOT NULL,
        allow_backorder BOOLEAN NOT NULL,
        inventory_item_id TEXT,
        stocked_quantity INTEGER DEFAULT '0' NOT NULL,
        reserved_quantity INTEGER DEFAULT '0' NOT NULL,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_product_variant PRIMARY KEY (id),
        CONSTRAINT ck_product_variant_stocked_quantity CHECK (stocked_quantity >= 0),
        CONSTRAINT ck_product_variant_reserved_quantity CHECK (reserved_quantity >= 0),
        CONSTRAINT ck_product_variant_not_sold_twice CHECK (allow_backorder OR reserved_quantity <= stocked_quantity),
        CONSTRAINT ck_product_variant_inventory_item CHECK (manage_inventory = (inventory_item_id IS NOT NULL)),
        CONSTRAINT fk_product_variant_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_product_variant_product_id FOREIGN KEY(product_id) REFERENCES product (id),
        CONSTRAINT uq_product_variant_inventory_item_id UNIQUE (inventory_item_id)
    )
    """,
    """
    CREATE INDEX ix_product_variant_product_id ON product_variant (product_id)
    """,
    """
    CREATE INDEX ix_product_variant_tenant_id ON product_variant (tenant_id)
    """,
    """
    CREATE UNIQUE INDEX uq_product_variant_sku ON product_variant (tenant_id, sku)
        WHERE deleted_at IS NULL
    """,
    """
    CREATE TABLE variant_price (
        id TEXT NOT NULL,
        variant_id TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_variant_price PRIMARY KEY (id),
        CONSTRAINT ck_variant_price_amount CHECK (amount >= 0),
        CONSTRAINT fk_variant_price_variant_id FOREIGN KEY(variant_id) REFERENCES product_variant (id),
        CONSTRAINT fk_variant_price_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_variant_price_currency ON variant_price (variant_id, currency_code)
    """,
    """
    CREATE TABLE promotion (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        code TEXT NOT NULL,
        type TEXT NOT NULL,
        value NUMERIC NOT NULL,
        currency_code TEXT,
        status TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_promotion PRIMARY KEY (id),
        CONSTRAINT ck_promotion_type CHECK (type IN ('percentage', 'fixed')),
        CONSTRAINT ck_promotion_status CHECK (status IN ('draft', 'active', 'inactive')),
        CONSTRAINT ck_promotion_value CHECK (value > 0 AND (type = 'fixed' OR value <= 100)),
        CONSTRAINT ck_promotion_currency_code CHECK ((type = 'fixed') = (currency_code IS NOT NULL)),
        CONSTRAINT fk_promotion_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_promotion_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_promotion_tenant_id ON promotion (tenant_id)
    """,
    """
    CREATE UNIQUE INDEX uq_promotion_code ON promotion (tenant_id, code) WHERE deleted_at IS NULL
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute(
        "DROP TABLE promotion, variant_price, product_variant, product_sales_channel, product, shipping_option_price,"
        " shipping_option, shipping_profile, stock_location, sales_channel, region_country, region"
    )
