"""Tables: tenant, api_key, currency."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Table, Text, func

from reference_impl.core.database import metadata

currency = Table(
    "currency",
    metadata,
    Column("code", Text, primary_key=True),
    Column("decimal_digits", Integer, nullable=False),
    CheckConstraint("decimal_digits BETWEEN 0 AND 4", name="decimal_digits"),
)

tenant = Table(
    "tenant",
    metadata,
    Column("id", Text, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("handle", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("domain", Text),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("status", Text, nullable=False, server_default="active"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint("status IN ('active', 'suspended')", name="status"),
)
for _column in (tenant.c.slug, tenant.c.handle, tenant.c.domain):
    Index(f"uq_tenant_{_column.name}", _column, unique=True, postgresql_where=tenant.c.deleted_at.is_(None))

api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False, index=True),
    Column("token", Text, nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint("type IN ('publishable', 'secret')", name="type"),
)
