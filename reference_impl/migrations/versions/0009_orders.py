"""Orders, one per cart, each with the one parcel that it was thought to become; what was paid for them and given back."""

from __future__ import annotations

from alembic import op

revision = "0009_orders"
down_revision = "0008_payments"

TABLES = (
    """
    CREATE SEQUENCE order_display_id
    """,
    """
    CREATE TABLE "order" (
        id TEXT NOT NULL,
        display_id BIGINT NOT NULL,
        tenant_id TEXT NOT NULL,
        cart_id TEXT NOT NULL,
        payment_collection_id TEXT,
        customer_id TEXT,
        region_id TEXT NOT NULL,
        sales_channel_id TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        email TEXT,
        status TEXT NOT NULL,
        total NUMERIC NOT NULL,
        shipping_address JSONB,
        billing_address JSONB,
        metadata JSONB,
        canceled_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        parcel_provider TEXT,
        parcel_external_id TEXT,
        tracking_number TEXT,
        shipped_at TIMESTAMP WITH TIME ZONE,
        delivered_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_order PRIMARY KEY (id),
        CONSTRAINT ck_order_total CHECK (total >= 0),
        CONSTRAINT ck_order_status CHECK (status IN ('pending', 'completed', 'canceled')),
        CONSTRAINT uq_order_display_id UNIQUE (display_id),
        CONSTRAINT fk_order_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT uq_order_cart_id UNIQUE (cart_id),
        CONSTRAINT fk_order_cart_id FOREIGN KEY(cart_id) REFERENCES cart (id),
        CONSTRAINT uq_order_payment_collection_id UNIQUE (payment_collection_id),
        CONSTRAINT fk_order_payment_collection_id
            FOREIGN KEY(payment_collection_id) REFERENCES payment_collection (id),
        CONSTRAINT fk_order_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
        CONSTRAINT fk_order_region_id FOREIGN KEY(region_id) REFERENCES region (id),
        CONSTRAINT fk_order_sales_channel_id FOREIGN KEY(sales_channel_id) REFERENCES sales_channel (id),
        CONSTRAINT fk_order_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_order_tenant_created ON "order" (tenant_id, created_at)
    """,
    """
    CREATE TABLE order_line (
        id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        position INTEGER NOT NULL,
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
        discount NUMERIC NOT NULL,
        tax_rate NUMERIC NOT NULL,
        metadata JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_order_line PRIMARY KEY (id),
        CONSTRAINT ck_order_line_quantity CHECK (quantity > 0),
        CONSTRAINT ck_order_line_discount CHECK (discount BETWEEN 0 AND unit_price * quantity),
        CONSTRAINT fk_order_line_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
        CONSTRAINT fk_order_line_variant_id FOREIGN KEY(variant_id) REFERENCES product_variant (id),
        CONSTRAINT fk_order_line_product_id FOREIGN KEY(product_id) REFERENCES product (id),
        CONSTRAINT fk_order_line_vendor_id FOREIGN KEY(vendor_id) REFERENCES vendor (id)
    )
    """,
    """
    CREATE INDEX ix_order_line_order_id ON order_line (order_id)
    """,
    """
    CREATE TABLE order_line_adjustment (
        id TEXT NOT NULL,
        order_line_id TEXT NOT NULL,
        promotion_id TEXT NOT NULL,
        code TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        CONSTRAINT pk_order_line_adjustment PRIMARY KEY (id),
        CONSTRAINT fk_order_line_adjustment_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id),
        CONSTRAINT fk_order_line_adjustment_promotion_id FOREIGN KEY(promotion_id) REFERENCES promotion (id)
    )
    """,
    """
    CREATE INDEX ix_order_line_adjustment_order_line_id ON order_line_adjustment (order_line_id)
    """,
    """
    CREATE TABLE order_shipping_method (
        id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        shipping_option_id TEXT NOT NULL,
        name TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        tax_rate NUMERIC NOT NULL,
        data JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_order_shipping_method PRIMARY KEY (id),
        CONSTRAINT fk_order_shipping_method_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
        CONSTRAINT fk_order_shipping_method_shipping_option_id
            FOREIGN KEY(shipping_option_id) REFERENCES shipping_option (id)
    )
    """,
    """
    CREATE INDEX ix_order_shipping_method_order_id ON order_shipping_method (order_id)
    """,
    """
    CREATE TABLE payment (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        payment_collection_id TEXT NOT NULL,
        payment_session_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        customer_id TEXT,
        provider_id TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        captured_amount NUMERIC DEFAULT '0' NOT NULL,
        refunded_amount NUMERIC DEFAULT '0' NOT NULL,
        data JSONB NOT NULL,
        metadata JSONB,
        captured_at TIMESTAMP WITH TIME ZONE,
        canceled_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_payment PRIMARY KEY (id),
        CONSTRAINT ck_payment_amount CHECK (amount > 0),
        CONSTRAINT ck_payment_captured_amount CHECK (captured_amount BETWEEN 0 AND amount),
        CONSTRAINT ck_payment_refunded_amount CHECK (refunded_amount BETWEEN 0 AND captured_amount),
        CONSTRAINT fk_payment_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_payment_payment_collection_id
            FOREIGN KEY(payment_collection_id) REFERENCES payment_collection (id),
        CONSTRAINT uq_payment_payment_session_id UNIQUE (payment_session_id),
        CONSTRAINT fk_payment_payment_session_id FOREIGN KEY(payment_session_id) REFERENCES payment_session (id),
        CONSTRAINT fk_payment_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
        CONSTRAINT fk_payment_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
        CONSTRAINT fk_payment_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_payment_order_id ON payment (order_id)
    """,
    """
    CREATE INDEX ix_payment_payment_collection_id ON payment (payment_collection_id)
    """,
    """
    CREATE INDEX ix_payment_tenant_created ON payment (tenant_id, created_at)
    """,
    """
    CREATE TABLE capture (
        id TEXT NOT NULL,
        payment_id TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        created_by TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_capture PRIMARY KEY (id),
        CONSTRAINT ck_capture_amount CHECK (amount > 0),
        CONSTRAINT fk_capture_payment_id FOREIGN KEY(payment_id) REFERENCES payment (id)
    )
    """,
    """
    CREATE INDEX ix_capture_payment_id ON capture (payment_id)
    """,
    """
    CREATE TABLE refund (
        id TEXT NOT NULL,
        payment_id TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        note TEXT,
        created_by TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_refund PRIMARY KEY (id),
        CONSTRAINT ck_refund_amount CHECK (amount > 0),
        CONSTRAINT fk_refund_payment_id FOREIGN KEY(payment_id) REFERENCES payment (id)
    )
    """,
    """
    CREATE INDEX ix_refund_payment_id ON refund (payment_id)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE refund, capture, payment")
    op.execute('DROP TABLE order_shipping_method, order_line_adjustment, order_line, "order"')
    op.execute("DROP SEQUENCE order_display_id")
