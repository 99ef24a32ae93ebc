"""Vendors, and for which of them a vendor account speaks."""

from __future__ import annotations

from alembic import op

revision = "0005_vendors"
down_revision = "0004_events"

TABLES = (
    """
    CREATE TABLE vendor (
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
    CREATE INDEX ix_vendor_tenant_created ON vendor (tenant_id, created_at)
    """,
    """
    CREATE UNIQUE INDEX uq_vendor_tenant_handle ON vendor (tenant_id, handle) WHERE deleted_at IS NULL
    """,
    """
    ALTER TABLE vendor_account ADD COLUMN vendor_id TEXT CONSTRAINT fk_vendor_account_vendor_id REFERENCES vendor (id)
    """,
    """
    CREATE INDEX ix_vendor_account_vendor_id ON vendor_account (vendor_id)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE vendor_account DROP COLUMN vendor_id")
    op.execute("DROP TABLE vendor")
