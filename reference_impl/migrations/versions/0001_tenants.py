"""Tenants and their API keys; the currencies money may be in, with their ISO 4217 digits."""

from __future__ import annotations

from alembic import op

revision = "0001_tenants"
down_revision = None

TABLES = (
    """
    CREATE TABLE currency (
        code TEXT NOT NULL,
        decimal_digits INTEGER NOT NULL,
        CONSTRAINT pk_currency PRIMARY KEY (code),
        CONSTRAINT ck_currency_decimal_digits CHECK (decimal_digits BETWEEN 0 AND 4)
    )
    """,
    """
    CREATE TABLE tenant (
        id TEXT NOT NULL,
        slug TEXT NOT NULL,
        handle TEXT NOT NULL,
        name TEXT NOT NULL,
        domain TEXT,
        currency_code TEXT NOT NULL,
        status TEXT DEFAULT 'active' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_tenant PRIMARY KEY (id),
        CONSTRAINT ck_tenant_status CHECK (status IN ('active', 'suspended')),
        CONSTRAINT fk_tenant_currency_code FOREIGN KEY(currency_code) REFERENCES currency (code)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_tenant_domain ON tenant (domain) WHERE deleted_at IS NULL
    """,
    """
    CREATE UNIQUE INDEX uq_tenant_handle ON tenant (handle) WHERE deleted_at IS NULL
    """,
    """
    CREATE UNIQUE INDEX uq_tenant_slug ON tenant (slug) WHERE deleted_at IS NULL
    """,
    """
    CREATE TABLE api_key (
        id TEXT NOT NULL,
        tenant_id TEXT NOT NULL,
        token TEXT NOT NULL,
        type TEXT NOT NULL,
        title TEXT NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        deleted_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_api_key PRIMARY KEY (id),
        CONSTRAINT ck_api_key_type CHECK (type IN ('publishable', 'secret')),
        CONSTRAINT fk_api_key_tenant_id FOREIGN KEY(tenant_id) REFERENCES tenant (id),
        CONSTRAINT uq_api_key_token UNIQUE (token)
    )
    """,
    """
    CREATE INDEX ix_api_key_tenant_id ON api_key (tenant_id)
    """,
)

TWO_DIGITS = (
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf "
    "cny cop crc cup cve czk dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl htg huf "
    "idr ils inr irr jmd kes kgs khr kpw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mru mur mvr "
    "mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sdg sek sgd "
    "shp sle sos srd ssp stn svc syp szl thb tjs tmt top try ttd twd tzs uah usd uyu uzs ved ves wst xcd yer "
    "zar zmw zwg"
)
NO_DIGITS = "bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf"
THREE_DIGITS = "bhd iqd jod kwd lyd omr tnd"


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for digits, codes in ((0, NO_DIGITS), (2, TWO_DIGITS), (3, THREE_DIGITS)):
        rows = ", ".join(f"('{code}', {digits})" for code in codes.split())
        op.execute(f"INSERT INTO currency (code, decimal_digits) VALUES {rows}")


def downgrade() -> None:
    op.execute("DROP TABLE api_key, tenant, currency")
