"""Insurance plans, policies and claims, and the sequences of their numbers."""

from __future__ import annotations

from alembic import op

revision = "0013_insurance"
down_revision = "0012_trade_in"

TABLES = (
    """
    CREATE SEQUENCE insurance_policy_number
    """,
    """
    CREATE SEQUENCE insurance_claim_number
    """,
    """
    CREATE TABLE insurance_plan (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        plan_type TEXT NOT NULL,
        coverage_amount NUMERIC NOT NULL,
        premium NUMERIC NOT NULL,
        description TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        currency TEXT NOT NULL,
        CONSTRAINT pk_insurance_plan PRIMARY KEY (id),
        CONSTRAINT ck_insurance_plan_coverage_amount CHECK (coverage_amount > 0),
        CONSTRAINT ck_insurance_plan_premium CHECK (premium > 0),
        CONSTRAINT ck_insurance_plan_currency CHECK (currency IN (
            'SAR', 'sar', 'SR', 'ر.س', 'ريال', 'AED', 'aed', 'د.إ', 'KWD', 'kwd', 'د.ك', 'USD', 'usd', '$', 'EUR', 'eur', '€'
        )),
        CONSTRAINT fk_insurance_plan_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_insurance_plan_product_id FOREIGN KEY(product_id) REFERENCES product (id)
    )
    """,
    """
    CREATE INDEX ix_insurance_plan_tenant_created ON insurance_plan (tenant_id, created_at)
    """,
    """
    CREATE UNIQUE INDEX uq_insurance_plan_product_type_currency
        ON insurance_plan (product_id, plan_type, currency)
        WHERE deleted_at IS NULL
    """,
    """
    CREATE TABLE insurance_policy (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        customer_id TEXT NOT NULL,
        product_id TEXT NOT NULL,
        plan_id TEXT NOT NULL,
        order_id TEXT,
        order_line_id TEXT,
        policy_number TEXT NOT NULL,
        plan_type TEXT NOT NULL,
        coverage_amount NUMERIC NOT NULL,
        premium NUMERIC NOT NULL,
        currency_code TEXT NOT NULL,
        paid_out NUMERIC DEFAULT '0' NOT NULL,
        status TEXT DEFAULT 'active' NOT NULL,
        start_date TIMESTAMP WITH TIME ZONE NOT NULL,
        end_date TIMESTAMP WITH TIME ZONE NOT NULL,
        cancelled_at TIMESTAMP WITH TIME ZONE,
        cancel_reason TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_insurance_policy PRIMARY KEY (id),
        CONSTRAINT ck_insurance_policy_status CHECK (status IN ('active', 'expired', 'cancelled', 'claimed')),
        CONSTRAINT ck_insurance_policy_coverage_amount CHECK (coverage_amount > 0),
        CONSTRAINT ck_insurance_policy_premium CHECK (premium > 0),
        CONSTRAINT ck_insurance_policy_paid_out CHECK (paid_out BETWEEN 0 AND coverage_amount),
        CONSTRAINT ck_insurance_policy_dates CHECK (end_date > start_date),
        CONSTRAINT ck_insurance_policy_order CHECK ((order_id IS NULL) = (order_line_id IS NULL)),
        CONSTRAINT fk_insurance_policy_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_insurance_policy_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
        CONSTRAINT fk_insurance_policy_product_id FOREIGN KEY(product_id) REFERENCES product (id),
        CONSTRAINT fk_insurance_policy_plan_id FOREIGN KEY(plan_id) REFERENCES insurance_plan (id),
        CONSTRAINT fk_insurance_policy_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
        CONSTRAINT uq_insurance_policy_order_line_id UNIQUE (order_line_id),
        CONSTRAINT fk_insurance_policy_order_line_id FOREIGN KEY(order_line_id) REFERENCES order_line (id),
        CONSTRAINT uq_insurance_policy_policy_number UNIQUE (policy_number),
        CONSTRAINT fk_insurance_policy_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_insurance_policy_customer ON insurance_policy (customer_id, created_at)
    """,
    """
    CREATE INDEX ix_insurance_policy_order_id ON insurance_policy (order_id)
    """,
    """
    CREATE INDEX ix_insurance_policy_tenant_created ON insurance_policy (tenant_id, created_at)
    """,
    """
    CREATE TABLE insurance_claim (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        customer_id TEXT NOT NULL,
        policy_id TEXT NOT NULL,
        claim_number TEXT NOT NULL,
        claim_type TEXT,
        description TEXT NOT NULL,
        claim_amount NUMERIC NOT NULL,
        currency_code TEXT NOT NULL,
        status TEXT DEFAULT 'pending' NOT NULL,
        notes TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_insurance_claim PRIMARY KEY (id),
        CONSTRAINT ck_insurance_claim_status CHECK (status IN ('pending', 'under_review', 'approved', 'rejected')),
        CONSTRAINT ck_insurance_claim_claim_amount CHECK (claim_amount > 0),
        CONSTRAINT ck_insurance_claim_decided_at
            CHECK ((status IN ('approved', 'rejected')) = (decided_at IS NOT NULL)),
        CONSTRAINT fk_insurance_claim_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT fk_insurance_claim_customer_id FOREIGN KEY(customer_id) REFERENCES customer (id),
        CONSTRAINT fk_insurance_claim_policy_id FOREIGN KEY(policy_id) REFERENCES insurance_policy (id),
        CONSTRAINT uq_insurance_claim_claim_number UNIQUE (claim_number),
        CONSTRAINT fk_insurance_claim_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE INDEX ix_insurance_claim_customer ON insurance_claim (customer_id, created_at)
    """,
    """
    CREATE INDEX ix_insurance_claim_policy_id ON insurance_claim (policy_id)
    """,
    """
    CREATE INDEX ix_insurance_claim_tenant_created ON insurance_claim (tenant_id, created_at)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE insurance_claim, insurance_policy, insurance_plan")
    op.execute("DROP SEQUENCE insurance_claim_number")
    op.execute("DROP SEQUENCE insurance_policy_number")
