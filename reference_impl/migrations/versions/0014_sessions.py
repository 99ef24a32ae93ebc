"""Sessions: log-ins that a browser keeps as a cookie."""

from __future__ import annotations

from alembic import op

revision = "0014_sessions"
down_revision = "0013_insurance"

TABLES = (
    """
    CREATE TABLE auth_session (
        id TEXT NOT NULL,
        auth_identity_id TEXT NOT NULL,
        claims JSONB NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_auth_session PRIMARY KEY (id),
        CONSTRAINT fk_auth_session_auth_identity_id FOREIGN KEY(auth_identity_id) REFERENCES auth_identity (id)
    )
    """,
    """
    CREATE INDEX ix_auth_session_auth_identity_id ON auth_session (auth_identity_id)
    """,
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE auth_session")
