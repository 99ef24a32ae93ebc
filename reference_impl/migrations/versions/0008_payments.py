"""Payments: what is to be paid, how, what was taken and given back."""

from __future__ import annotations

from alembic import op

revision = "0008_payments"
down_revision = "0007_carts"

TABLES = (
    """
    CREATE TABLE payment_collection (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        cart_id TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        metadata JSONB,
        canceled_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_payment_collection PRIMARY KEY (id),
        CONSTRAINT ck_payment_collection_amount CHECK (amount >= 0),
        CONSTRAINT fk_payment_collection_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT uq_payment_collection_cart_id UNIQUE (cart_id),
        CONSTRAINT fk_payment_collection_cart_id FOREIGN KEY(cart_id) REFERENCES cart (id),
        CONSTRAINT fk_payment_collection_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE TABLE payment_session (
        id TEXT NOT NULL,
        payment_collection_id TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        status TEXT NOT NULL,
        data JSONB NOT NULL,
        context JSONB NOT NULL,
        metadata JSONB NOT NULL,
        authorized_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_payment_session PRIMARY KEY (id),
        CONSTRAINT ck_payment_session_status CHECK (status IN ('pending', 'authorized', 'canceled')),
        CONSTRAINT fk_payment_session_payment_collection_id
            FOREIGN KEY(payment_collection_id) REFERENCES payment_collection (id),
        CONSTRAINT fk_payment_session_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_payment_session_open ON payment_session (payment_collection_id)
        WHERE deleted_at IS NULL
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
    op.execute("DROP TABLE refund, capture, payment, payment_session, payment_collection")
