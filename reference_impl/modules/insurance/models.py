"""Tables: insurance_plan, insurance_policy, insurance_claim. The policy's row is the lock of what is paid out on it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Numeric, Sequence, Table, Text

from reference_impl.core.database import metadata
from reference_impl.core.transitions import Machine

POLICIES = Machine(
    {"active": {"expired", "cancelled", "claimed"}, "expired": set(), "cancelled": set(), "claimed": set()}
)
# A decision on a pending claim takes it under review and decides it in one go.
CLAIMS = Machine(
    {
        "pending": {"under_review", "approved", "rejected"},
        "under_review": {"approved", "rejected"},
        "approved": set(),
        "rejected": set(),
    }
)

POLICY_NUMBERS = Sequence("insurance_policy_number", metadata=metadata)
CLAIM_NUMBERS = Sequence("insurance_claim_number", metadata=metadata)

insurance_plan = Table(
    "insurance_plan",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("product_id", Text, ForeignKey("product.id"), nullable=False),  # what is bought to be insured
    Column("plan_type", Text, nullable=False),
    Column("coverage_amount", Numeric, nullable=False),
    Column("premium", Numeric, nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("description", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint("coverage_amount > 0", name="coverage_amount"),
    CheckConstraint("premium > 0", name="premium"),
)
Index(
    "uq_insurance_plan_product_type_currency",
    insurance_plan.c.product_id,
    insurance_plan.c.plan_type,
    insurance_plan.c.currency_code,
    unique=True,
    postgresql_where=insurance_plan.c.deleted_at.is_(None),
)
Index("ix_insurance_plan_tenant_created", insurance_plan.c.tenant_id, insurance_plan.c.created_at)

insurance_policy = Table(
    "insurance_policy",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("customer_id", Text, ForeignKey("customer.id"), nullable=False),
    Column("product_id", Text, ForeignKey("product.id"), nullable=False),
    Column("plan_id", Text, ForeignKey("insurance_plan.id"), nullable=False),
    Column("order_id", Text, ForeignKey("order.id"), index=True),  # empty: taken out without an order
    Column("order_line_id", Text, ForeignKey("order_line.id"), unique=True),  # one policy per insurance line
    Column("policy_number", Text, nullable=False, unique=True),
    # Copied from the plan on the day it was taken out: what a plan becomes later changes no policy.
    Column("plan_type", Text, nullable=False),
    Column("coverage_amount", Numeric, nullable=False),
    Column("premium", Numeric, nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("paid_out", Numeric, nullable=False, server_default="0"),  # the sum of all approved claims
    Column("status", Text, nullable=False, server_default="active"),
    Column("start_date", DateTime(timezone=True), nullable=False),
    Column("end_date", DateTime(timezone=True), nullable=False),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("cancel_reason", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint(f"status IN {POLICIES.statuses}", name="status"),
    CheckConstraint("coverage_amount > 0", name="coverage_amount"),
    CheckConstraint("premium > 0", name="premium"),
    CheckConstraint("paid_out BETWEEN 0 AND coverage_amount", name="paid_out"),
    CheckConstraint("end_date > start_date", name="dates"),
    CheckConstraint("(order_id IS NULL) = (order_line_id IS NULL)", name="order"),
)
Index("ix_insurance_policy_tenant_created", insurance_policy.c.tenant_id, insurance_policy.c.created_at)
Index("ix_insurance_policy_customer", insurance_policy.c.customer_id, insurance_policy.c.created_at)

insurance_claim = Table(
    "insurance_claim",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("customer_id", Text, ForeignKey("customer.id"), nullable=False),
    Column("policy_id", Text, ForeignKey("insurance_policy.id"), nullable=False, index=True),
    Column("claim_number", Text, nullable=False, unique=True),
    Column("claim_type", Text),
    Column("description", Text, nullable=False),
    Column("claim_amount", Numeric, nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("notes", Text),
    Column("decided_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint(f"status IN {CLAIMS.statuses}", name="status"),
    CheckConstraint("claim_amount > 0", name="claim_amount"),
    CheckConstraint("(status IN ('approved', 'rejected')) = (decided_at IS NOT NULL)", name="decided_at"),
)
Index("ix_insurance_claim_tenant_created", insurance_claim.c.tenant_id, insurance_claim.c.created_at)
Index("ix_insurance_claim_customer", insurance_claim.c.customer_id, insurance_claim.c.created_at)
