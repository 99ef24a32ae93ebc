"""Carts: lines, shipping, promotions."""

from __future__ import annotations

from alembic import op

revision = "0007_carts"
down_revision = "0006_catalog"

TABLES = (
    """
    CREATE TABLE cart (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        region_id TEXT NOT NULL,
        sales_channel_id TEXT NOT NULL,
        customer_id TEXT,
        currency_code TEXT NOT NULL,
        email TEXT,
        shipping_address JSONB,
        billing_address JSONB,
        metadata JSONB,
        completed_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_cart PRIMARY KEY (id),
        CONSTRAINT fk_cart_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_cart_region_id FOREIGN KEY(region_id) REFERENCES region (id),
        CONSTRAINT fk_cart_sales_channel_id FOREIGN KEY(sales_channel_id) REFERENCES sales_channel (id),
        CONSTRAINT fk_cart_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
        CONSTRAINT fk_cart_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_cart_tenant_created ON cart (tenant_id, created_at)
    """,
    """
    CREATE TABLE cart_line (
        id TEXT NOT NULL,
        cart_id TEXT NOT NULL,
        variant_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        vendor_id TEXT,
        product_title TEXT NOT NULL,
        product_handle TEXT NOT NULL,
        thumbnail TEXT,
        variant_title TEXT NOT NULL,
        variant_sku TEXT,
        requires_shipping BOOLEAN NOT NULL,
        is_discountable BOOLEAN NOT NULL,
        quantity INTEGER NOT NULL,
        unit_price NUMERIC NOT NULL,
        metadata JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_cart_line PRIMARY KEY (id),
        CONSTRAINT ck_cart_line_quantity CHECK (quantity > 0),
        CONSTRAINT ck_cart_line_unit_price CHECK (unit_price >= 0),
        CONSTRAINT fk_cart_line_cart_id FOREIGN KEY(cart_id) REFERENCES cart (id),
        CONSTRAINT fk_cart_line_variant_id FOREIGN KEY(variant_id) REFERENCES product_variant (id),
        CONSTRAINT fk_cart_line_product_id FOREIGN KEY(product_id) REFERENCES product (id),
        CONSTRAINT fk_cart_line_vendor_id FOREIGN KEY(vendor_id) REFERENCES vendor (id)
    )
    """,
    """
    CREATE INDEX ix_cart_line_cart_id ON cart_line (cart_id)
    """,
    """
    CREATE TABLE cart_shipping_method (
        id TEXT NOT NULL,
        cart_id TEXT NOT NULL,
        shipping_option_id TEXT NOT NULL,
        name TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        data JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_cart_shipping_method PRIMARY KEY (id),
        CONSTRAINT ck_cart_shipping_method_amount CHECK (amount >= 0),
        CONSTRAINT uq_cart_shipping_method_cart_id UNIQUE (cart_id),
        CONSTRAINT fk_cart_shipping_method_cart_id FOREIGN KEY(cart_id) REFERENCES cart (id),
        CONSTRAINT fk_cart_shipping_method_shipping_option_id
            FOREIGN KEY(shipping_option_id) REFERENCES shipping_option (id)
    )
    """,
    """
    CREATE TABLE cart_promotion (
        cart_id TEXT NOT NULL,
        promotion_id TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_cart_promotion PRIMARY KEY (cart_id, promotion_id),
        CONSTRAINT fk_cart_promotion_cart_id FOREIGN KEY(cart_id) REFERENCES cart (id),
        CONSTRAINT fk_cart_promotion_promotion_id FOREIGN KEY(promotion_id) REFERENCES promotion (id)
    )
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE cart_promotion, cart_shipping_method, cart_line, cart")
