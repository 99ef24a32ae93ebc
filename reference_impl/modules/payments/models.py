"""Tables: payment_collection, payment_session, payment, capture, refund."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata


def _amount(name: str = "amount") -> Column[object]:
    return Column(name, Numeric, nullable=False)


payment_collection = Table(
    "payment_collection",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("cart_id", Text, ForeignKey("cart.id"), nullable=False, unique=True),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    _amount(),
    Column("metadata", JSONB),
    Column("canceled_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
)

payment_session = Table(
    "payment_session",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_collection_id", Text, ForeignKey("payment_collection.id"), nullable=False),
    Column("provider_id", Text, nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    _amount(),
    Column("status", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("context", JSONB, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("authorized_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint("status IN ('pending', 'authorized', 'canceled')", name="status"),
)
Index(
    "uq_payment_session_open",  # another choice replaces the one before
    payment_session.c.payment_collection_id,
    unique=True,
    postgresql_where=payment_session.c.deleted_at.is_(None),
)

payment = Table(
    "payment",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("payment_collection_id", Text, ForeignKey("payment_collection.id"), nullable=False, index=True),
    Column("payment_session_id", Text, ForeignKey("payment_session.id"), nullable=False, unique=True),
    Column("order_id", Text, ForeignKey("order.id"), nullable=False, index=True),
    Column("customer_id", Text, ForeignKey("customer.id")),
    Column("provider_id", Text, nullable=False),
    Column("external_id", Text),  # who took the money calls it so: a payment intent of Stripe's
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    _amount(),
    Column("captured_amount", Numeric, nullable=False, server_default="0"),
    Column("refunded_amount", Numeric, nullable=False, server_default="0"),
    Column("data", JSONB, nullable=False),
    Column("metadata", JSONB),
    Column("captured_at", DateTime(timezone=True)),
    Column("canceled_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("captured_amount BETWEEN 0 AND amount", name="captured_amount"),
    CheckConstraint("refunded_amount BETWEEN 0 AND captured_amount", name="refunded_amount"),
)
Index("uq_payment_external_id", payment.c.external_id, unique=True)
Index("ix_payment_tenant_created", payment.c.tenant_id, payment.c.created_at)

capture = Table(
    "capture",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_id", Text, ForeignKey("payment.id"), nullable=False, index=True),
    _amount(),
    Column("created_by", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount > 0", name="amount"),
)

refund = Table(
    "refund",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payment_id", Text, ForeignKey("payment.id"), nullable=False, index=True),
    _amount(),
    Column("note", Text),
    Column("created_by", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount > 0", name="amount"),
)
