"""A number for each movement of a wallet, second step: the movements that were there already.

Why: one statement over the whole ledger held its row locks for minutes on a copy of the live data, and every payment
out of a wallet waited behind it.
Safe: five hundred wallets at a time, each time in a transaction of its own. A wallet is locked, then its movements are
numbered in the order in which they were made and it gets their count; who pays from it meanwhile waits for
milliseconds. A run that was stopped goes on with the wallets that have no number yet.
Down: the numbers are taken out again; they follow from the ledger.

replay: may change wallet.version: it had none
replay: may change wallet_transaction.version: it had none
"""

from __future__ import annotations

from reference_impl.migrations.steps import batches, each, expect

revision = "0020_wallet_numbers"
down_revision = "0019_wallet_version"

# Two statements: the second one is to see what was written while the first one waited for a lock.
LOCK = "SELECT 1 FROM wallet WHERE id BETWEEN :first AND :last AND version IS NULL ORDER BY id FOR UPDATE"
NUMBER = """
WITH new AS (SELECT id FROM wallet WHERE id BETWEEN :first AND :last AND version IS NULL),
movement AS (
    SELECT id, wallet_id, row_number() OVER (PARTITION BY wallet_id ORDER BY created_at, id) AS version
    FROM wallet_transaction WHERE wallet_id IN (SELECT id FROM new)
),
numbered AS (
    UPDATE wallet_transaction SET version = movement.version FROM movement WHERE wallet_transaction.id = movement.id
),
counted AS (
    SELECT new.id, count(movement.id) AS movements FROM new LEFT JOIN movement ON movement.wallet_id = new.id GROUP BY 1
)
UPDATE wallet SET version = counted.movements FROM counted WHERE wallet.id = counted.id
"""
UNEQUAL = """
SELECT count(*) FROM wallet
LEFT JOIN (SELECT wallet_id, count(*) AS movements FROM wallet_transaction GROUP BY wallet_id) AS ledger
    ON ledger.wallet_id = wallet.id
WHERE wallet.version IS DISTINCT FROM coalesce(ledger.movements, 0)
"""


def upgrade() -> None:
    batches("wallet", LOCK, NUMBER, size=500)
    expect(
        "SELECT count(*) FROM wallet_transaction WHERE version IS NULL",
        0,
        "{found} movements have no number; run this revision again.",
    )
    expect(UNEQUAL, 0, "The version of {found} wallets is not the number of their movements; look at who writes them.")


def downgrade() -> None:
    each("UPDATE wallet SET version = NULL", "UPDATE wallet_transaction SET version = NULL")
