"""A number for each movement of a wallet, last step: no movement without one, and none twice.

Why: a number that may be missing or doubled tells nobody which state was seen.
Safe: NOT NULL by a check that is added NOT VALID and validated while the table is written; the index is made
concurrently, and what a failed try left of it goes first. No server of the release before 0019 may run any more: its
movements have no number once the trigger is gone.
Down: the trigger and the index by time come back.

replay: releases before 0019_wallet_version can't run on it: they number nothing
"""

from __future__ import annotations

from reference_impl.migrations.carriers import MOVEMENTS_NOT_NUMBERED, MOVEMENTS_NUMBERED
from reference_impl.migrations.steps import (
    drop_index_concurrently,
    each,
    expect,
    index_concurrently,
    required,
)

revision = "0021_wallet_version_required"
down_revision = "0020_wallet_numbers"

TWICE = """
SELECT count(*) FROM (SELECT 1 FROM wallet_transaction GROUP BY wallet_id, version HAVING count(*) > 1) AS twice
"""


def upgrade() -> None:
    expect(TWICE, 0, "{found} numbers stand twice in the ledger of a wallet; number those wallets again (0020).")
    index_concurrently("uq_wallet_transaction_version", "wallet_transaction (wallet_id, version)", unique=True)
    drop_index_concurrently("ix_wallet_transaction_wallet_created")  # the one by number does what it did
    required("wallet", "version")
    required("wallet_transaction", "version")
    each(*MOVEMENTS_NOT_NUMBERED)


def downgrade() -> None:
    index_concurrently("ix_wallet_transaction_wallet_created", "wallet_transaction (wallet_id, created_at)")
    drop_index_concurrently("uq_wallet_transaction_version")
    each(
        "ALTER TABLE wallet_transaction ALTER COLUMN version DROP NOT NULL",
        "ALTER TABLE wallet ALTER COLUMN version DROP NOT NULL",
    )
    each(*MOVEMENTS_NUMBERED)
