"""Tables: trade_in_request, trade_in_offer. The request's row is the lock of its offers and of its evaluation."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata
from reference_impl.core.transitions import Machine

REQUESTS = Machine(
    {
        "submitted": {"evaluated", "rejected"},
        "evaluated": {"approved", "rejected"},
        "approved": {"completed"},
        "completed": set(),
        "rejected": set(),
    }
)
OFFERS = Machine(
    {"pending": {"accepted", "rejected", "expired"}, "accepted": set(), "rejected": set(), "expired": set()}
)

NUMBERS = Sequence("trade_in_number", metadata=metadata)
"""Where the numbers of trade-ins come from; the same for all tenants."""

trade_in_request = Table(
    "trade_in_request",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("customer_id", Text, ForeignKey("customer.id"), nullable=False),
    Column("product_id", Text, ForeignKey("product.id")),
    Column("trade_in_number", Text, nullable=False, unique=True),
    Column("make", Text, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("mileage_km", Integer, nullable=False),
    Column("condition", Text, nullable=False),  # as the customer says
    Column("vin", Text),
    Column("description", Text),
    Column("photos", JSONB, nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("status", Text, nullable=False, server_default="submitted"),
    # How far the evaluation has come, and why it stopped there: all that is known of a half-done one stands here.
    Column("evaluation_step", Text, nullable=False, server_default="submit"),
    Column("evaluation_error", Text),
    Column("inspected_condition", Text),  # as the operator found it; this one decides the value
    Column("inspection_notes", Text),
    Column("base_price", Numeric),
    Column("estimated_value", Numeric),
    Column("final_value", Numeric),
    Column("credit_type", Text),
    Column("rejection_reason", Text),
    Column("restocked_at", DateTime(timezone=True)),  # when the thing was added to the inventory, once
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint(f"status IN {REQUESTS.statuses}", name="status"),
    CheckConstraint("condition IN ('excellent', 'good', 'fair', 'poor')", name="condition"),
    CheckConstraint("inspected_condition IN ('excellent', 'good', 'fair', 'poor')", name="inspected_condition"),
    CheckConstraint("evaluation_step IN ('submit', 'inspect', 'price', 'offer')", name="evaluation_step"),
    CheckConstraint("credit_type IN ('wallet', 'store_credit', 'refund')", name="credit_type"),
    CheckConstraint("mileage_km >= 0", name="mileage_km"),
    CheckConstraint("base_price >= 0 AND estimated_value >= 0 AND final_value >= 0", name="values"),
    CheckConstraint(
        "status NOT IN ('approved', 'completed') OR final_value IS NOT NULL AND credit_type IS NOT NULL",
        name="approved_has_value",
    ),
)
Index("ix_trade_in_request_tenant_created", trade_in_request.c.tenant_id, trade_in_request.c.created_at)
Index("ix_trade_in_request_customer", trade_in_request.c.customer_id, trade_in_request.c.created_at)

trade_in_offer = Table(
    "trade_in_offer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("request_id", Text, ForeignKey("trade_in_request.id"), nullable=False, index=True),
    Column("offer_amount", Numeric, nullable=False),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("credit_type", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint(f"status IN {OFFERS.statuses}", name="status"),
    CheckConstraint("credit_type IN ('wallet', 'store_credit', 'refund')", name="credit_type"),
    CheckConstraint("offer_amount > 0", name="offer_amount"),
)
Index(
    "uq_trade_in_offer_pending",
    trade_in_offer.c.request_id,
    unique=True,
    postgresql_where=text("status = 'pending' AND deleted_at IS NULL"),
)
