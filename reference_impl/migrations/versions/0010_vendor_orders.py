"""Commission rules, the vendors' shares of orders, commissions and payouts."""

from __future__ import annotations

from alembic import op

revision = "0010_vendor_orders"
down_revision = "0009_orders"

TABLES = (
    """
    CREATE SEQUENCE vendor_order_number
    """,
    """
    CREATE SEQUENCE payout_number
    """,
    """
    CREATE TABLE commission_rule (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        vendor_id TEXT,
        name TEXT NOT NULL,
        type TEXT NOT NULL,
        rate NUMERIC,
        flat_amount NUMERIC,
        tiers JSONB,
        currency_code TEXT,
        priority INTEGER NOT NULL,
        status TEXT NOT NULL,
        valid_from TIMESTAMP WITH TIME ZONE,
        valid_to TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_commission_rule PRIMARY KEY (id),
        CONSTRAINT ck_commission_rule_status CHECK (status IN ('active', 'inactive')),
        CONSTRAINT ck_commission_rule_rate CHECK (rate BETWEEN 0 AND 100),
        CONSTRAINT ck_commission_rule_flat_amount CHECK (flat_amount >= 0),
        CONSTRAINT ck_commission_rule_type CHECK (CASE type
            WHEN 'percentage' THEN rate IS NOT NULL AND flat_amount IS NULL AND tiers IS NULL
            WHEN 'flat' THEN flat_amount IS NOT NULL AND currency_code IS NOT NULL AND rate IS NULL AND tiers IS NULL
            WHEN 'tiered' THEN tiers IS NOT NULL AND currency_code IS NOT NULL AND rate IS NULL AND flat_amount IS NULL
            ELSE false END),
        CONSTRAINT ck_commission_rule_valid CHECK (valid_to > valid_from),
        CONSTRAINT fk_commission_rule_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_commission_rule_vendor_id FOREIGN KEY(vendor_id) REFERENCES vendor (id),
        CONSTRAINT fk_commission_rule_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_commission_rule_tenant_vendor ON commission_rule (tenant_id, vendor_id)
    """,
    """
    CREATE TABLE vendor_order (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        vendor_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        vendor_order_number TEXT NOT NULL,
        status TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        subtotal NUMERIC NOT NULL,
        shipping_total NUMERIC DEFAULT '0' NOT NULL,
        tax_total NUMERIC DEFAULT '0' NOT NULL,
        total NUMERIC NOT NULL,
        commission_amount NUMERIC NOT NULL,
        net_amount NUMERIC NOT NULL,
        tracking_number TEXT,
        carrier TEXT,
        shipped_at TIMESTAMP WITH TIME ZONE,
        cancelled_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_vendor_order PRIMARY KEY (id),
        CONSTRAINT ck_vendor_order_status CHECK (status IN (
            'pending', 'acknowledged', 'processing', 'ready_to_ship', 'shipped', 'delivered', 'completed',
            'cancelled')),
        CONSTRAINT ck_vendor_order_commission_amount CHECK (commission_amount BETWEEN 0 AND subtotal),
        CONSTRAINT ck_vendor_order_net_amount CHECK (commission_amount + net_amount = subtotal),
        CONSTRAINT ck_vendor_order_total CHECK (subtotal + shipping_total + tax_total = total),
        CONSTRAINT fk_vendor_order_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_vendor_order_vendor_id FOREIGN KEY(vendor_id) REFERENCES vendor (id),
        CONSTRAINT fk_vendor_order_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
        CONSTRAINT uq_vendor_order_vendor_order_number UNIQUE (vendor_order_number),
        CONSTRAINT fk_vendor_order_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_vendor_order_tenant_created ON vendor_order (tenant_id, created_at)
    """,
    """
    CREATE INDEX ix_vendor_order_vendor_created ON vendor_order (vendor_id, created_at)
    """,
    """
    CREATE UNIQUE INDEX uq_vendor_order_order_vendor ON vendor_order (order_id, vendor_id)
    """,
    """
    CREATE TABLE vendor_order_line (
        id TEXT NOT NULL,
        vendor_order_id TEXT NOT NULL,
        order_line_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        product_id TEXT NOT NULL,
        variant_id TEXT NOT NULL,
        title TEXT NOT NULL,
        quantity INTEGER NOT NULL,
        unit_price NUMERIC NOT NULL,
        subtotal NUMERIC NOT NULL,
        commission_amount NUMERIC NOT NULL,
        net_amount NUMERIC NOT NULL,
        CONSTRAINT pk_vendor_order_line PRIMARY KEY (id),
        CONSTRAINT ck_vendor_order_line_commission_amount CHECK (commission_amount BETWEEN 0 AND subtotal),
        CONSTRAINT ck_vendor_order_line_net_amount CHECK (commission_amount + net_amount = subtotal),
        CONSTRAINT fk_vendor_order_line_vendor_order_id FOREIGN KEY(vendor_order_id) REFERENCES vendor_order (id),
        CONSTRAINT uq_vendor_order_line_order_line_id UNIQUE (order_line_id),
        CONSTRAINT fk_vendor_order_line_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id)
    )
    """,
    """
    CREATE INDEX ix_vendor_order_line_vendor_order_id ON vendor_order_line (vendor_order_id)
    """,
    """
    CREATE TABLE payout (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        vendor_id TEXT NOT NULL,
        payout_number TEXT NOT NULL,
        status TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        gross_amount NUMERIC NOT NULL,
        commission_amount NUMERIC NOT NULL,
        fee_amount NUMERIC DEFAULT '0' NOT NULL,
        adjustment_amount NUMERIC DEFAULT '0' NOT NULL,
        net_amount NUMERIC NOT NULL,
        retry_count INTEGER DEFAULT '0' NOT NULL,
        hold_reason TEXT,
        failure_reason TEXT,
        processed_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_payout PRIMARY KEY (id),
        CONSTRAINT ck_payout_status CHECK (status IN ('pending', 'on_hold', 'processing', 'failed', 'completed')),
        CONSTRAINT ck_payout_net_amount CHECK (
            net_amount = gross_amount - commission_amount - fee_amount + adjustment_amount AND net_amount >= 0),
        CONSTRAINT ck_payout_fee_amount CHECK (fee_amount >= 0),
        CONSTRAINT ck_payout_retry_count CHECK (retry_count BETWEEN 0 AND 3),
        CONSTRAINT fk_payout_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_payout_vendor_id FOREIGN KEY(vendor_id) REFERENCES vendor (id),
        CONSTRAINT uq_payout_payout_number UNIQUE (payout_number),
        CONSTRAINT fk_payout_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_payout_tenant_created ON payout (tenant_id, created_at)
    """,
    """
    CREATE INDEX ix_payout_vendor_created ON payout (vendor_id, created_at)
    """,
    """
    CREATE TABLE commission (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        vendor_id TEXT NOT NULL,
        vendor_order_id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        rule_id TEXT,
        currency_code TEXT NOT NULL,
        commission_rate NUMERIC,
        gross_amount NUMERIC NOT NULL,
        commission_amount NUMERIC NOT NULL,
        net_amount NUMERIC NOT NULL,
        status TEXT NOT NULL,
        payout_id TEXT,
        recovered_by TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_commission PRIMARY KEY (id),
        CONSTRAINT ck_commission_status CHECK (status IN ('pending', 'payable', 'paid', 'reversed')),
        CONSTRAINT ck_commission_net_amount CHECK (commission_amount + net_amount = gross_amount),
        CONSTRAINT fk_commission_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_commission_vendor_id FOREIGN KEY(vendor_id) REFERENCES vendor (id),
        CONSTRAINT uq_commission_vendor_order_id UNIQUE (vendor_order_id),
        CONSTRAINT fk_commission_vendor_order_id FOREIGN KEY(vendor_order_id) REFERENCES vendor_order (id),
        CONSTRAINT fk_commission_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
        CONSTRAINT fk_commission_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code),
        CONSTRAINT fk_commission_payout_id FOREIGN KEY(payout_id) REFERENCES payout (id),
        CONSTRAINT fk_commission_recovered_by FOREIGN KEY(recovered_by) REFERENCES payout (id)
    )
    """,
    """
    CREATE INDEX ix_commission_payout_id ON commission (payout_id)
    """,
    """
    CREATE INDEX ix_commission_recovered_by ON commission (recovered_by)
    """,
    """
    CREATE INDEX ix_commission_vendor_created ON commission (vendor_id, created_at)
    """,
    """
    CREATE TABLE payout_transfer (
        id TEXT NOT NULL,
        payout_id TEXT NOT NULL,
        currency_code TEXT NOT NULL,
        amount NUMERIC NOT NULL,
        status TEXT NOT NULL,
        failure_reason TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_payout_transfer PRIMARY KEY (id),
        CONSTRAINT ck_payout_transfer_status CHECK (status IN ('succeeded', 'failed')),
        CONSTRAINT fk_payout_transfer_payout_id FOREIGN KEY(payout_id) REFERENCES payout (id),
        CONSTRAINT fk_payout_transfer_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_payout_transfer_payout_id ON payout_transfer (payout_id)
    """,
    """
    CREATE UNIQUE INDEX uq_payout_transfer_succeeded ON payout_transfer (payout_id) WHERE status = 'succeeded'
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE payout_transfer, commission, payout, vendor_order_line, vendor_order, commission_rule")
    op.execute("DROP SEQUENCE vendor_order_number, payout_number")
