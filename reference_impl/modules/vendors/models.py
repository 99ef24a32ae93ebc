"""Tables: vendor, commission_rule, vendor_order, vendor_order_line, payout, commission, payout_transfer.

And the status machines of vendors, vendor orders, commissions and payouts.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Numeric, Sequence, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata
from reference_impl.core.transitions import Machine

VENDORS = Machine(
    {"pending": {"active", "rejected"}, "active": {"suspended"}, "suspended": {"active"}, "rejected": set()}
)
VENDOR_ORDERS = Machine(
    {
        "pending": {"acknowledged", "cancelled"},
        "acknowledged": {"processing", "cancelled"},
        "processing": {"ready_to_ship", "cancelled"},
        "ready_to_ship": {"shipped", "cancelled"},
        "shipped": {"delivered", "returned", "disputed"},
        "delivered": {"completed", "returned", "disputed"},
        "disputed": {"completed", "returned"},
        "completed": set(),
        "cancelled": set(),
        "returned": set(),
    }
)
COMMISSIONS = Machine(
    {
        "pending": {"payable", "reversed"},
        "payable": {"paid", "pending", "reversed"},  # pending again while its order is disputed
        "paid": {"reversed"},
        "reversed": set(),
    }
)
PAYOUTS = Machine(
    {
        "pending": {"processing", "on_hold"},
        "on_hold": {"pending"},
        "processing": {"completed", "failed"},
        "failed": {"pending"},
        "completed": set(),
    }
)
RETRIES_AT_MOST = 3

vendor_order_number = Sequence("vendor_order_number", metadata=metadata)
payout_number = Sequence("payout_number", metadata=metadata)


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=column)


def _stamps() -> list[Column[object]]:
    return [
        Column("created_at", DateTime(timezone=True), nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False),
        Column("deleted_at", DateTime(timezone=True)),
    ]


def _of_tenant() -> Column[str]:
    return Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False)


def _currency() -> Column[str]:
    return Column("currency_code", Text, ForeignKey("currency.code"), nullable=False)


vendor = Table(
    "vendor",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("handle", Text, nullable=False),
    Column("business_name", Text, nullable=False),
    Column("legal_name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("phone", Text),
    Column("address", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("status_reason", Text),
    Column("commission_rate", Numeric),  # per cent, agreed with this vendor; null: the rules decide
    Column("metadata", JSONB),
    *_stamps(),
    _one_of("status", VENDORS.statuses),
    CheckConstraint("commission_rate BETWEEN 0 AND 100", name="commission_rate"),
)
Index("ix_vendor_tenant_created", vendor.c.tenant_id, vendor.c.created_at)
Index(
    "uq_vendor_tenant_handle",
    vendor.c.tenant_id,
    vendor.c.handle,
    unique=True,
    postgresql_where=vendor.c.deleted_at.is_(None),
)

commission_rule = Table(
    "commission_rule",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("vendor_id", Text, ForeignKey("vendor.id")),  # null: for all vendors of the tenant
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("rate", Numeric),  # per cent
    Column("flat_amount", Numeric),
    Column(
        "tiers", JSONB(none_as_null=True)
    ),  # [{"from", "to", "rate"}]: amounts in `currency_code`, rates in per cent
    Column("currency_code", Text, ForeignKey("currency.code")),  # null: in any currency
    Column("priority", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_to", DateTime(timezone=True)),  # the first moment at which it no longer holds
    *_stamps(),
    _one_of("status", ("active", "inactive")),
    CheckConstraint("rate BETWEEN 0 AND 100", name="rate"),
    CheckConstraint("flat_amount >= 0", name="flat_amount"),
    CheckConstraint(
        "CASE type WHEN 'percentage' THEN rate IS NOT NULL AND flat_amount IS NULL AND tiers IS NULL"
        " WHEN 'flat' THEN flat_amount IS NOT NULL AND currency_code IS NOT NULL AND rate IS NULL AND tiers IS NULL"
        " WHEN 'tiered' THEN tiers IS NOT NULL AND currency_code IS NOT NULL AND rate IS NULL AND flat_amount IS NULL"
        " ELSE false END",
        name="type",
    ),
    CheckConstraint("valid_to > valid_from", name="valid"),
)
Index("ix_commission_rule_tenant_vendor", commission_rule.c.tenant_id, commission_rule.c.vendor_id)

vendor_order = Table(
    "vendor_order",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("vendor_id", Text, ForeignKey("vendor.id"), nullable=False),
    Column("order_id", Text, ForeignKey("order.id"), nullable=False),
    Column("vendor_order_number", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    _currency(),
    Column("subtotal", Numeric, nullable=False),
    Column("shipping_total", Numeric, nullable=False, server_default="0"),
    Column("tax_total", Numeric, nullable=False, server_default="0"),
    Column("total", Numeric, nullable=False),
    Column("commission_amount", Numeric, nullable=False),
    Column("net_amount", Numeric, nullable=False),
    Column("tracking_number", Text),
    Column("carrier", Text),
    Column("shipped_at", DateTime(timezone=True)),
    Column("cancelled_at", DateTime(timezone=True)),
    *_stamps(),
    _one_of("status", VENDOR_ORDERS.statuses),
    CheckConstraint("commission_amount BETWEEN 0 AND subtotal", name="commission_amount"),
    CheckConstraint("commission_amount + net_amount = subtotal", name="net_amount"),
    CheckConstraint("subtotal + shipping_total + tax_total = total", name="total"),
)
Index("uq_vendor_order_order_vendor", vendor_order.c.order_id, vendor_order.c.vendor_id, unique=True)
Index("ix_vendor_order_vendor_created", vendor_order.c.vendor_id, vendor_order.c.created_at)
Index("ix_vendor_order_tenant_created", vendor_order.c.tenant_id, vendor_order.c.created_at)

vendor_order_line = Table(
    "vendor_order_line",
    metadata,
    Column("id", Text, primary_key=True),
    Column("vendor_order_id", Text, ForeignKey("vendor_order.id"), nullable=False, index=True),
    Column("order_line_id", Text, ForeignKey("order_line.id"), nullable=False, unique=True),
    Column("position", Integer, nullable=False),
    Column("product_id", Text, nullable=False),
    Column("variant_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", Numeric, nullable=False),
    Column("subtotal", Numeric, nullable=False),
    Column("commission_amount", Numeric, nullable=False),
    Column("net_amount", Numeric, nullable=False),
    CheckConstraint("commission_amount BETWEEN 0 AND subtotal", name="commission_amount"),
    CheckConstraint("commission_amount + net_amount = subtotal", name="net_amount"),
)

payout = Table(
    "payout",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("vendor_id", Text, ForeignKey("vendor.id"), nullable=False),
    Column("payout_number", Text, nullable=False, unique=True),
    Column("status", Text, nullable=False),
    _currency(),
    Column("gross_amount", Numeric, nullable=False),
    Column("commission_amount", Numeric, nullable=False),
    Column("fee_amount", Numeric, nullable=False, server_default="0"),
    Column("adjustment_amount", Numeric, nullable=False, server_default="0"),  # signed
    Column("net_amount", Numeric, nullable=False),
    Column("retry_count", Integer, nullable=False, server_default="0"),
    Column("hold_reason", Text),
    Column("failure_reason", Text),
    Column("processed_at", DateTime(timezone=True)),
    *_stamps(),
    _one_of("status", PAYOUTS.statuses),
    CheckConstraint(
        "net_amount = gross_amount - commission_amount - fee_amount + adjustment_amount AND net_amount >= 0",
        name="net_amount",
    ),
    CheckConstraint("fee_amount >= 0", name="fee_amount"),
    CheckConstraint(f"retry_count BETWEEN 0 AND {RETRIES_AT_MOST}", name="retry_count"),
)
Index("ix_payout_vendor_created", payout.c.vendor_id, payout.c.created_at)
Index("ix_payout_tenant_created", payout.c.tenant_id, payout.c.created_at)

commission = Table(
    "commission",
    metadata,
    Column("id", Text, primary_key=True),
    _of_tenant(),
    Column("vendor_id", Text, ForeignKey("vendor.id"), nullable=False),
    Column("vendor_order_id", Text, ForeignKey("vendor_order.id"), nullable=False, unique=True),
    Column("order_id", Text, ForeignKey("order.id"), nullable=False),
    Column("rule_id", Text, ForeignKey("commission_rule.id")),  # null: the vendor's agreed rate, or the default
    _currency(),
    Column("commission_rate", Numeric),  # per cent; null: a flat amount
    Column("gross_amount", Numeric, nullable=False),
    Column("commission_amount", Numeric, nullable=False),
    Column("net_amount", Numeric, nullable=False),
    Column("status", Text, nullable=False),
    Column("payout_id", Text, ForeignKey("payout.id"), index=True),  # the payout that it is part of
    Column("recovered_by", Text, ForeignKey("payout.id"), index=True),  # reversed after it was paid: who takes it back
    *_stamps(),
    _one_of("status", COMMISSIONS.statuses),
    CheckConstraint("commission_amount + net_amount = gross_amount", name="net_amount"),
)
Index("ix_commission_vendor_created", commission.c.vendor_id, commission.c.created_at)

payout_transfer = Table(
    "payout_transfer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("payout_id", Text, ForeignKey("payout.id"), nullable=False, index=True),
    _currency(),
    Column("amount", Numeric, nullable=False),
    Column("status", Text, nullable=False),
    Column("failure_reason", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    _one_of("status", ("succeeded", "failed")),
)
Index(
    "uq_payout_transfer_succeeded",
    payout_transfer.c.payout_id,
    unique=True,
    postgresql_where=payout_transfer.c.status == "succeeded",
)
