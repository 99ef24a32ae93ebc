"""Vendors, and for which of them a vendor account speaks.

The index of the accounts is made concurrently, and may fail by itself: what stands before it is found done then.
"""

from __future__ import annotations

from alembic import op

from reference_impl.migrations.steps import drop_index_concurrently, index_concurrently

revision = "0005_vendors"
down_revision = "0004_events"

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS vendor (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        handle TEXT NOT NULL,
        legal_name TEXT NOT NULL,
        email TEXT NOT NULL,
        phone TEXT,
        address TEXT NOT NULL,
        status TEXT DEFAULT 'pending' NOT NULL,
        status_reason TEXT,
        commission_rate NUMERIC,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        name TEXT NOT NULL,
        CONSTRAINT pk_vendor PRIMARY KEY (id),
        CONSTRAINT ck_vendor_status CHECK (status IN ('pending', 'active', 'suspended', 'rejected')),
        CONSTRAINT ck_vendor_commission_rate CHECK (commission_rate BETWEEN 0 AND 100),
        CONSTRAINT fk_vendor_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
    )
    """,
    """
    CREATE INDEX IF NOT EXISTS ix_vendor_tenant_created ON vendor (tenant_id, created_at)
    """,
    """
    CREATE UNIQUE INDEX IF NOT EXISTS uq_vendor_tenant_handle ON vendor (tenant_id, handle)
    WHERE deleted_at IS NULL
    """,
    """
    ALTER TABLE vendor_account
    ADD COLUMN IF NOT EXISTS vendor_id TEXT CONSTRAINT fk_vendor_account_vendor_id REFERENCES vendor (id)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    index_concurrently("ix_vendor_account_vendor_id", "vendor_account (vendor_id)")


def downgrade() -> None:
    drop_index_concurrently("ix_vendor_account_vendor_id")
    op.execute("ALTER TABLE vendor_account DROP COLUMN vendor_id")
    op.execute("DROP TABLE vendor")
