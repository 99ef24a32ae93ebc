"""What is to be paid for a cart, and how its owner means to."""

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
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE payment_session, payment_collection")
