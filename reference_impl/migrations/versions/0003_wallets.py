"""Wallets and their ledgers: one per customer and currency, with amounts in floating point, as they were then."""

from __future__ import annotations

from alembic import op

revision = "0003_wallets"
down_revision = "0002_people"

TABLES = (
    """
    CREATE TABLE wallet (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        customer_id TEXT NOT NULL,
        currency TEXT NOT NULL,
        status TEXT DEFAULT 'active' NOT NULL,
        freeze_reason TEXT,
        frozen_at TIMESTAMP WITH TIME ZONE,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        balance DOUBLE PRECISION DEFAULT '0' NOT NULL,
        CONSTRAINT pk_wallet PRIMARY KEY (id),
        CONSTRAINT ck_wallet_balance CHECK (balance >= 0),
        CONSTRAINT ck_wallet_status CHECK (status IN ('active', 'frozen', 'closed')),
        CONSTRAINT ck_wallet_closed_is_empty CHECK (status <> 'closed' OR balance = 0),
        CONSTRAINT fk_wallet_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_wallet_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
        CONSTRAINT fk_wallet_currency FOREIGN KEY(currency) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_wallet_tenant_created ON wallet (tenant_id, created_at)
    """,
    """
    CREATE UNIQUE INDEX uq_wallet_customer_currency ON wallet (customer_id, currency) WHERE deleted_at IS NULL
    """,
    """
    CREATE TABLE wallet_transaction (
        id TEXT NOT NULL,
        wallet_id TEXT NOT NULL,
        type TEXT NOT NULL,
        description TEXT,
        reference_id TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        amount DOUBLE PRECISION NOT NULL,
        balance_after DOUBLE PRECISION NOT NULL,
        CONSTRAINT pk_wallet_transaction PRIMARY KEY (id),
        CONSTRAINT ck_wallet_transaction_type CHECK (type IN ('credit', 'debit')),
        CONSTRAINT ck_wallet_transaction_sign CHECK (amount <> 0 AND (type = 'credit') = (amount > 0)),
        CONSTRAINT ck_wallet_transaction_balance_after CHECK (balance_after >= 0),
        CONSTRAINT fk_wallet_transaction_wallet_id FOREIGN KEY(wallet_id) REFERENCES wallet (id)
    )
    """,
    """
    CREATE INDEX ix_wallet_transaction_wallet_created ON wallet_transaction (wallet_id, created_at)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE wallet_transaction, wallet")
