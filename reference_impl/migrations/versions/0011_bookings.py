"""Bookings: services, their providers with hours and days off, and what is booked."""

from __future__ import annotations

from alembic import op

revision = "0011_bookings"
down_revision = "0010_vendor_orders"

TABLES = (
    """
    CREATE SEQUENCE booking_number
    """,
    """
    CREATE TABLE booking_service (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        name TEXT NOT NULL,
        description TEXT,
        duration_minutes INTEGER NOT NULL,
        buffer_before_minutes INTEGER NOT NULL,
        buffer_after_minutes INTEGER NOT NULL,
        max_capacity INTEGER NOT NULL,
        price NUMERIC NOT NULL,
        currency_code TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_booking_service PRIMARY KEY (id),
        CONSTRAINT ck_booking_service_times CHECK (
            duration_minutes > 0 AND buffer_before_minutes >= 0 AND buffer_after_minutes >= 0
        ),
        CONSTRAINT ck_booking_service_max_capacity CHECK (max_capacity > 0),
        CONSTRAINT ck_booking_service_price CHECK (price >= 0),
        CONSTRAINT fk_booking_service_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_booking_service_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_booking_service_tenant_id ON booking_service (tenant_id)
    """,
    """
    CREATE TABLE booking_provider (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        name TEXT NOT NULL,
        title TEXT,
        bio TEXT,
        timezone TEXT NOT NULL,
        weekly_schedule JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_booking_provider PRIMARY KEY (id),
        CONSTRAINT fk_booking_provider_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id)
    )
    """,
    """
    CREATE INDEX ix_booking_provider_tenant_id ON booking_provider (tenant_id)
    """,
    """
    CREATE TABLE booking_service_provider (
        service_id TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        CONSTRAINT pk_booking_service_provider PRIMARY KEY (service_id, provider_id),
        CONSTRAINT fk_booking_service_provider_service_id FOREIGN KEY(service_id) REFERENCES booking_service (id),
        CONSTRAINT fk_booking_service_provider_provider_id FOREIGN KEY(provider_id) REFERENCES booking_provider (id)
    )
    """,
    """
    CREATE INDEX ix_booking_service_provider_provider_id ON booking_service_provider (provider_id)
    """,
    """
    CREATE TABLE booking_day_off (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        date DATE NOT NULL,
        hours JSONB NOT NULL,
        reason TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_booking_day_off PRIMARY KEY (id),
        CONSTRAINT fk_booking_day_off_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_booking_day_off_provider_id FOREIGN KEY(provider_id) REFERENCES booking_provider (id)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_booking_day_off_provider_date ON booking_day_off (provider_id, date)
    """,
    """
    CREATE TABLE booking (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        booking_number TEXT NOT NULL,
        customer_id TEXT NOT NULL,
        service_id TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        status TEXT DEFAULT 'pending' NOT NULL,
        start_time TIMESTAMP WITH TIME ZONE NOT NULL,
        end_time TIMESTAMP WITH TIME ZONE NOT NULL,
        busy_from TIMESTAMP WITH TIME ZONE NOT NULL,
        busy_until TIMESTAMP WITH TIME ZONE NOT NULL,
        timezone TEXT NOT NULL,
        attendee_count INTEGER NOT NULL,
        customer_name TEXT,
        customer_email TEXT NOT NULL,
        customer_phone TEXT,
        customer_notes TEXT,
        provider_notes TEXT,
        currency_code TEXT NOT NULL,
        total NUMERIC NOT NULL,
        cancellation_fee NUMERIC,
        cancelled_at TIMESTAMP WITH TIME ZONE,
        cancelled_by TEXT,
        cancellation_reason TEXT,
        rescheduled_from_id TEXT,
        reschedule_count INTEGER DEFAULT '0' NOT NULL,
        confirmed_at TIMESTAMP WITH TIME ZONE,
        checked_in_at TIMESTAMP WITH TIME ZONE,
        completed_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_booking PRIMARY KEY (id),
        CONSTRAINT ck_booking_status CHECK (
            status IN ('pending', 'confirmed', 'checked_in', 'in_progress', 'no_show', 'completed', 'cancelled',
                       'rescheduled')
        ),
        CONSTRAINT ck_booking_cancelled_by CHECK (cancelled_by IN ('customer', 'admin')),
        CONSTRAINT ck_booking_attendee_count CHECK (attendee_count > 0),
        CONSTRAINT ck_booking_money CHECK (total >= 0 AND cancellation_fee >= 0 AND cancellation_fee <= total),
        CONSTRAINT ck_booking_times CHECK (
            busy_from <= start_time AND start_time < end_time AND end_time <= busy_until
        ),
        CONSTRAINT fk_booking_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT uq_booking_booking_number UNIQUE (booking_number),
        CONSTRAINT fk_booking_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
        CONSTRAINT fk_booking_service_id FOREIGN KEY(service_id) REFERENCES booking_service (id),
        CONSTRAINT fk_booking_provider_id FOREIGN KEY(provider_id) REFERENCES booking_provider (id),
        CONSTRAINT fk_booking_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code),
        CONSTRAINT uq_booking_rescheduled_from_id UNIQUE (rescheduled_from_id),
        CONSTRAINT fk_booking_rescheduled_from_id FOREIGN KEY(rescheduled_from_id) REFERENCES booking (id)
    )
    """,
    """
    CREATE INDEX ix_booking_customer_created ON booking (customer_id, created_at)
    """,
    """
    CREATE INDEX ix_booking_provider_busy ON booking (provider_id, busy_from)
        WHERE (status NOT IN ('cancelled', 'rescheduled'))
    """,
    """
    CREATE INDEX ix_booking_tenant_created ON booking (tenant_id, created_at)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE booking, booking_day_off, booking_service_provider, booking_provider, booking_service")
    op.execute("DROP SEQUENCE booking_number")
