"""A number for each movement of a wallet, first of three steps: the columns, and who fills them.

Why: two servers that read the same balance both wrote their own result, and one movement was gone from the balance
though not from the ledger. Who writes is to say which state it has seen: `wallet.version` counts the movements, and
each row of the ledger has its number.
Safe: columns that may be null are added without touching a row. The release before this one writes no numbers: a
trigger does for it, on wallets that 0020 has numbered. It takes the wallet's row lock first, so that no movement slips
in while 0020 counts.
Down: the columns go; the numbers follow from the ledger, so nothing is lost.

replay: may drop wallet.version: counted from the ledger again on the way up
replay: may drop wallet_transaction.version: counted from the ledger again on the way up
replay: its release needs 0019_wallet_version: it numbers the movements
"""

from __future__ import annotations

from reference_impl.migrations.carriers import MOVEMENTS_NOT_NUMBERED, MOVEMENTS_NUMBERED
from reference_impl.migrations.steps import each, expect

revision = "0019_wallet_version"
down_revision = "0018_money_exact_only"

NUMBERING = """
SELECT count(*) FROM pg_trigger
WHERE tgrelid = 'wallet_transaction'::regclass AND tgname = 'numbered' AND tgenabled = 'O'
"""


def upgrade() -> None:
    expect(NUMBERING, 0, "Something numbers movements already; see what, before there are two.")
    each(
        "ALTER TABLE wallet ADD COLUMN version BIGINT",
        "ALTER TABLE wallet ALTER COLUMN version SET DEFAULT '0'",
        "ALTER TABLE wallet_transaction ADD COLUMN version BIGINT",
        *MOVEMENTS_NUMBERED,
    )
    expect(NUMBERING, 1, "Nothing numbers the movements that the release before writes.")


def downgrade() -> None:
    each(
        *MOVEMENTS_NOT_NUMBERED,
        "ALTER TABLE wallet_transaction DROP COLUMN version",
        "ALTER TABLE wallet DROP COLUMN version",
    )
