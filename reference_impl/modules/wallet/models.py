"""Tables: wallet, wallet_transaction."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata

wallet = Table(
    "wallet",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("customer_id", Text, ForeignKey("customer.id"), nullable=False),
    Column("currency", Text, ForeignKey("currency.code"), nullable=False),
    Column("balance", Numeric, nullable=False, server_default="0"),
    Column("version", BigInteger, nullable=False, server_default="0"),  # counts every change: money and status
    Column("status", Text, nullable=False, server_default="active"),
    Column("freeze_reason", Text),
    Column("frozen_at", DateTime(timezone=True)),
    Column("metadata", JSONB),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint("balance >= 0", name="balance"),
    CheckConstraint("status IN ('active', 'frozen', 'closed')", name="status"),
    CheckConstraint("status <> 'closed' OR balance = 0", name="closed_is_empty"),
)
Index(
    "uq_wallet_customer_currency",
    wallet.c.customer_id,
    wallet.c.currency,
    unique=True,
    postgresql_where=wallet.c.deleted_at.is_(None),
)
Index("ix_wallet_tenant_created", wallet.c.tenant_id, wallet.c.created_at)

wallet_transaction = Table(
    "wallet_transaction",
    metadata,
    Column("id", Text, primary_key=True),
    Column("wallet_id", Text, ForeignKey("wallet.id"), nullable=False),
    Column("version", BigInteger, nullable=False),  # the wallet's version that this row made: the order of the ledger
    Column("type", Text, nullable=False),
    Column("amount", Numeric, nullable=False),  # signed: a debit is negative
    Column("balance_after", Numeric, nullable=False),
    Column("description", Text),
    Column("reference_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("type IN ('credit', 'debit')", name="type"),
    CheckConstraint("amount <> 0 AND (type = 'credit') = (amount > 0)", name="sign"),
    CheckConstraint("balance_after >= 0", name="balance_after"),
)
Index("uq_wallet_transaction_version", wallet_transaction.c.wallet_id, wallet_transaction.c.version, unique=True)
Index(
    "uq_wallet_transaction_reference",
    wallet_transaction.c.wallet_id,
    wallet_transaction.c.type,
    wallet_transaction.c.reference_id,
    unique=True,
    postgresql_where=wallet_transaction.c.reference_id.is_not(None),
)
