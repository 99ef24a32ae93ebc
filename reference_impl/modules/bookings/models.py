"""Tables: booking_service, booking_provider, booking_service_provider, booking_exception, booking.

The provider's row is the lock of all that is booked with them (see repository.py).
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Sequence,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import metadata
from reference_impl.core.transitions import Machine

BOOKINGS = Machine(
    {
        "pending": {"confirmed", "cancelled", "rescheduled"},
        "confirmed": {"checked_in", "no_show", "cancelled", "rescheduled"},
        "checked_in": {"in_progress", "cancelled", "rescheduled"},
        "in_progress": {"completed", "cancelled", "rescheduled"},
        "no_show": {"rescheduled"},
        "completed": set(),
        "cancelled": set(),
        "rescheduled": set(),  # the booking that took its place goes on; one booking never becomes two
    }
)
LET_GO = ("cancelled", "rescheduled")
"""The statuses of bookings that hold no place."""

NUMBERS = Sequence("booking_number", metadata=metadata)

booking_service = Table(
    "booking_service",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("description", Text),
    Column("duration_minutes", Integer, nullable=False),
    Column("buffer_before_minutes", Integer, nullable=False),
    Column("buffer_after_minutes", Integer, nullable=False),
    Column("max_capacity", Integer, nullable=False),  # attendees per slot
    Column("price", Numeric, nullable=False),  # per attendee
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint("duration_minutes > 0 AND buffer_before_minutes >= 0 AND buffer_after_minutes >= 0", name="times"),
    CheckConstraint("max_capacity > 0", name="max_capacity"),
    CheckConstraint("price >= 0", name="price"),
)

booking_provider = Table(
    "booking_provider",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("title", Text),
    Column("bio", Text),
    Column("timezone", Text, nullable=False),  # an IANA name: where the clock hangs that the schedule is read by
    Column("weekly_schedule", JSONB, nullable=False),  # {"monday": [{"start": "09:00", "end": "17:00"}], …}
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
)

booking_service_provider = Table(
    "booking_service_provider",
    metadata,
    Column("service_id", Text, ForeignKey("booking_service.id"), primary_key=True),
    Column("provider_id", Text, ForeignKey("booking_provider.id"), primary_key=True, index=True),
)

booking_exception = Table(
    "booking_exception",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("provider_id", Text, ForeignKey("booking_provider.id"), nullable=False),
    Column("date", Date, nullable=False),  # a day at the provider's place
    Column("hours", JSONB, nullable=False),  # what holds on that day in place of the week's; empty: a day off
    Column("reason", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
)
Index("uq_booking_exception_provider_date", booking_exception.c.provider_id, booking_exception.c.date, unique=True)

booking = Table(
    "booking",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, ForeignKey("tenant.id"), nullable=False),
    Column("booking_number", Text, nullable=False, unique=True),
    Column("customer_id", Text, ForeignKey("customer.id"), nullable=False),
    Column("service_id", Text, ForeignKey("booking_service.id"), nullable=False),
    Column("provider_id", Text, ForeignKey("booking_provider.id"), nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),
    Column("start_time", DateTime(timezone=True), nullable=False),
    Column("end_time", DateTime(timezone=True), nullable=False),
    # With the buffers as they were when it was booked: a service that changes moves no booking.
    Column("busy_from", DateTime(timezone=True), nullable=False),
    Column("busy_until", DateTime(timezone=True), nullable=False),
    Column("timezone", Text, nullable=False),
    Column("attendee_count", Integer, nullable=False),
    Column("customer_name", Text),
    Column("customer_email", Text, nullable=False),
    Column("customer_phone", Text),
    Column("customer_notes", Text),
    Column("provider_notes", Text),
    Column("currency_code", Text, ForeignKey("currency.code"), nullable=False),
    Column("total", Numeric, nullable=False),
    Column("cancellation_fee", Numeric),
    Column("cancelled_at", DateTime(timezone=True)),
    Column("cancelled_by", Text),
    Column("cancellation_reason", Text),
    Column("rescheduled_from_id", Text, ForeignKey("booking.id"), unique=True),  # a booking moves once
    Column("reschedule_count", Integer, nullable=False, server_default="0"),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("checked_in_at", DateTime(timezone=True)),
    Column("completed_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint(f"status IN {BOOKINGS.statuses}", name="status"),
    CheckConstraint("cancelled_by IN ('customer', 'admin')", name="cancelled_by"),
    CheckConstraint("attendee_count > 0", name="attendee_count"),
    CheckConstraint("total >= 0 AND cancellation_fee >= 0 AND cancellation_fee <= total", name="money"),
    CheckConstraint("busy_from <= start_time AND start_time < end_time AND end_time <= busy_until", name="times"),
)
Index(
    "ix_booking_provider_busy",
    booking.c.provider_id,
    booking.c.busy_from,
    postgresql_where=booking.c.status.not_in(LET_GO),
)
Index("ix_booking_tenant_created", booking.c.tenant_id, booking.c.created_at)
Index("ix_booking_customer_created", booking.c.customer_id, booking.c.created_at)
