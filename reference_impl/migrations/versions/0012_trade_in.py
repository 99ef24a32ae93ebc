"""Trade-ins, their offers, and the sequence of their numbers."""

from __future__ import annotations

from alembic import op

revision = "0012_trade_in"
down_revision = "0011_bookings"

TABLES = (
    """
    CREATE SEQUENCE trade_in_number
    """,
    """
    CREATE TABLE trade_in_request (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        customer_id TEXT NOT NULL,
        product_id TEXT,
        trade_in_number TEXT NOT NULL,
        make TEXT NOT NULL,
        model_name TEXT NOT NULL,
        year INTEGER NOT NULL,
        mileage_km INTEGER NOT NULL,
        condition TEXT NOT NULL,
        vin TEXT,
        description TEXT,
        photos JSONB NOT NULL,
        currency_code TEXT NOT NULL,
        status TEXT DEFAULT 'submitted' NOT NULL,
        evaluation_step TEXT DEFAULT 'submit' NOT NULL,
        evaluation_error TEXT,
        inspected_condition TEXT,
        inspection_notes TEXT,
        base_price NUMERIC,
        estimated_value NUMERIC,
        final_value NUMERIC,
        credit_type TEXT,
        rejection_reason TEXT,
        restocked_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_trade_in_request PRIMARY KEY (id),
        CONSTRAINT ck_trade_in_request_status
            CHECK (status IN ('submitted', 'evaluated', 'approved', 'completed', 'rejected')),
        CONSTRAINT ck_trade_in_request_condition CHECK (condition IN ('excellent', 'good', 'fair', 'poor')),
        CONSTRAINT ck_trade_in_request_inspected_condition
            CHECK (inspected_condition IN ('excellent', 'good', 'fair', 'poor')),
        CONSTRAINT ck_trade_in_request_evaluation_step
            CHECK (evaluation_step IN ('submit', 'inspect', 'price', 'offer')),
        CONSTRAINT ck_trade_in_request_credit_type CHECK (credit_type IN ('wallet', 'store_credit', 'refund')),
        CONSTRAINT ck_trade_in_request_mileage_km CHECK (mileage_km >= 0),
        CONSTRAINT ck_trade_in_request_values CHECK (base_price >= 0 AND estimated_value >= 0 AND final_value >= 0),
        CONSTRAINT ck_trade_in_request_approved_has_value
            CHECK (status NOT IN ('approved', 'completed') OR final_value IS NOT NULL AND credit_type IS NOT NULL),
        CONSTRAINT fk_trade_in_request_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_trade_in_request_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
        CONSTRAINT fk_trade_in_request_product_id FOREIGN KEY(product_id) REFERENCES product (id),
        CONSTRAINT uq_trade_in_request_trade_in_number UNIQUE (trade_in_number),
        CONSTRAINT fk_trade_in_request_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_trade_in_request_customer ON trade_in_request (customer_id, created_at)
    """,
    """
    CREATE INDEX ix_trade_in_request_tenant_created ON trade_in_request (tenant_id, created_at)
    """,
    """
    CREATE TABLE trade_in_offer (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        request_id TEXT NOT NULL,
        offer_amount NUMERIC NOT NULL,
        currency_code TEXT NOT NULL,
        credit_type TEXT NOT NULL,
        status TEXT DEFAULT 'pending' NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        decided_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_trade_in_offer PRIMARY KEY (id),
        CONSTRAINT ck_trade_in_offer_status CHECK (status IN ('pending', 'accepted', 'rejected', 'expired')),
        CONSTRAINT ck_trade_in_offer_credit_type CHECK (credit_type IN ('wallet', 'store_credit', 'refund')),
        CONSTRAINT ck_trade_in_offer_offer_amount CHECK (offer_amount > 0),
        CONSTRAINT fk_trade_in_offer_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_trade_in_offer_request_id FOREIGN KEY(request_id) REFERENCES trade_in_request (id),
        CONSTRAINT fk_trade_in_offer_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_trade_in_offer_request_id ON trade_in_offer (request_id)
    """,
    """
    CREATE UNIQUE INDEX uq_trade_in_offer_pending ON trade_in_offer (request_id)
        WHERE status = 'pending' AND deleted_at IS NULL
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE trade_in_offer, trade_in_request")
    op.execute("DROP SEQUENCE trade_in_number")
