"""Tables: auth_identity, auth_session, customer, operator, vendor_account."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.auth import ROLES
from reference_impl.core.database import metadata

auth_identity = Table(
    "auth_identity",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # over all tenants and actors, as in Medusa
    Column("password_hash", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

auth_session = Table(
    "auth_session",
    metadata,
    Column("id", Text, primary_key=True),  # the hash of what the cookie holds, see core/sessions.py
    Column("auth_identity_id", Text, ForeignKey("auth_identity.id"), nullable=False, index=True),
    Column("claims", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

customer = Table(
    "customer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("auth_identity_id", Text, ForeignKey("auth_identity.id"), unique=True),
    Column("email", Text, nullable=False),
    Column("company_name", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("phone", Text),
    Column("metadata", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("email_bounced_at", DateTime(timezone=True)),
)
Index(
    "uq_customer_tenant_email",
    customer.c.tenant_id,
    customer.c.email,
    unique=True,
    postgresql_where=customer.c.deleted_at.is_(None),
)

operator = Table(
    "operator",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False, index=True),
    Column("auth_identity_id", Text, ForeignKey("auth_identity.id"), nullable=False, unique=True),
    Column("email", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint(f"role IN ({', '.join(repr(role) for role in ROLES)})", name="role"),
)

vendor_account = Table(
    "vendor_account",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False, index=True),
    Column("auth_identity_id", Text, ForeignKey("auth_identity.id"), nullable=False, unique=True),
    Column("vendor_id", Text, ForeignKey("vendor.id"), index=True),  # null: an account that speaks for nobody yet
    Column("email", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("deleted_at", DateTime(timezone=True)),
)
