"""Wallets count in decimals, first of two steps: every amount a second time, as numeric.

Why: 0.1 and 0.2 in a double make 0.30000000000000004. Balances drifted from their ledgers, and a wallet with
0.00000000000000006 left could not be closed.
Safe: columns that may be null are added without touching a row, triggers fill them for whoever still writes doubles,
and the rows that are there follow in batches of their own. What lies nearer to an amount of the currency (its ISO 4217
digits) than a thousandth of its smallest unit is that amount: the rest is what the double added. What is further from
it is kept digit by digit: to round it is for finance to decide. A movement never becomes nothing.
Down: the second amounts go; the doubles have been there all along.

replay: may drop wallet.balance_exact: a copy
replay: may drop wallet_transaction.amount_exact: a copy
replay: may drop wallet_transaction.balance_after_exact: a copy
"""

from __future__ import annotations

from reference_impl.migrations.carriers import MONEY_EXACT, MONEY_NOT_EXACT
from reference_impl.migrations.steps import batches, each, expect

revision = "0017_money_exact"
down_revision = "0016_event_feed"

NO_NUMBER = """
SELECT (SELECT count(*) FROM wallet WHERE balance IN ('NaN', 'Infinity'))
    + (SELECT count(*) FROM wallet_transaction
       WHERE amount IN ('NaN', 'Infinity', '-Infinity') OR balance_after IN ('NaN', 'Infinity'))
"""
# Wallets whose ledger gave their balance, but for what doubles add, and does not give it any more.
APART = """
SELECT count(*) FROM (
    SELECT 1 FROM wallet JOIN currency ON currency.code = wallet.currency
    JOIN wallet_transaction AS movement ON movement.wallet_id = wallet.id
    GROUP BY wallet.id, decimal_digits
    HAVING abs(sum(amount) - balance) * power(10.0, decimal_digits) < 0.5
        AND abs(sum(amount_exact) - balance_exact) * power(10.0, decimal_digits) >= 0.5
) AS apart
"""


def upgrade() -> None:
    expect(NO_NUMBER, 0, "{found} amounts of wallets are NaN or infinite; put right what they were before you go on.")
    each(
        "ALTER TABLE wallet ADD COLUMN IF NOT EXISTS balance_exact NUMERIC",
        "ALTER TABLE wallet_transaction"
        " ADD COLUMN IF NOT EXISTS amount_exact NUMERIC, ADD COLUMN IF NOT EXISTS balance_after_exact NUMERIC",
        *MONEY_EXACT,
    )
    batches("wallet", "UPDATE wallet SET balance = balance WHERE id BETWEEN :first AND :last AND balance_exact IS NULL")
    batches(
        "wallet_transaction",
        "UPDATE wallet_transaction SET amount = amount WHERE id BETWEEN :first AND :last AND amount_exact IS NULL",
    )
    expect(
        "SELECT (SELECT count(*) FROM wallet WHERE balance_exact IS NULL)"
        " + (SELECT count(*) FROM wallet_transaction WHERE amount_exact IS NULL OR balance_after_exact IS NULL)",
        0,
        "{found} amounts were not carried; run this revision again.",
    )
    expect(APART, 0, "The ledgers of {found} wallets no longer give their balances; the exact amounts can't be right.")


def downgrade() -> None:
    each(
        *MONEY_NOT_EXACT,
        "ALTER TABLE wallet DROP COLUMN balance_exact",
        "ALTER TABLE wallet_transaction DROP COLUMN amount_exact, DROP COLUMN balance_after_exact",
    )
