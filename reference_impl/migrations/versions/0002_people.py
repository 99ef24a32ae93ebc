"""Log-ins, and the customers, operators and vendors who have them."""

from __future__ import annotations

from alembic import op

revision = "0002_people"
down_revision = "0001_tenants"

TABLES = (
    """
    CREATE TABLE auth_identity (
        id TEXT NOT NULL,
        email TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_auth_identity PRIMARY KEY (id),
        CONSTRAINT uq_auth_identity_email UNIQUE (email)
    )
    """,
    """
    CREATE TABLE customer (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        auth_identity_id TEXT,
        email TEXT NOT NULL,
        company_name TEXT,
        first_name TEXT,
        last_name TEXT,
        phone TEXT,
        metadata JSONB,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_customer PRIMARY KEY (id),
        CONSTRAINT fk_customer_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT uq_customer_auth_identity_id UNIQUE (auth_identity_id),
        CONSTRAINT fk_customer_auth_identity_id FOREIGN KEY(auth_identity_id) REFERENCES auth_identity (id)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_customer_tenant_email ON customer (tenant_id, email) WHERE deleted_at IS NULL
    """,
    """
    CREATE TABLE operator (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        auth_identity_id TEXT NOT NULL,
        email TEXT NOT NULL,
        role TEXT NOT NULL,
        first_name TEXT,
        last_name TEXT,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_operator PRIMARY KEY (id),
        CONSTRAINT ck_operator_role CHECK (role IN ('viewer', 'support', 'finance', 'admin', 'super_admin')),
        CONSTRAINT fk_operator_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT uq_operator_auth_identity_id UNIQUE (auth_identity_id),
        CONSTRAINT fk_operator_auth_identity_id FOREIGN KEY(auth_identity_id) REFERENCES auth_identity (id)
    )
    """,
    """
    CREATE INDEX ix_operator_tenant_id ON operator (tenant_id)
    """,
    """
    CREATE TABLE vendor_account (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        auth_identity_id TEXT NOT NULL,
        email TEXT NOT NULL,
        name TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_vendor_account PRIMARY KEY (id),
        CONSTRAINT fk_vendor_account_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT uq_vendor_account_auth_identity_id UNIQUE (auth_identity_id),
        CONSTRAINT fk_vendor_account_auth_identity_id FOREIGN KEY(auth_identity_id) REFERENCES auth_identity (id)
    )
    """,
    """
    CREATE INDEX ix_vendor_account_tenant_id ON vendor_account (tenant_id)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE vendor_account, operator, customer, auth_identity")
