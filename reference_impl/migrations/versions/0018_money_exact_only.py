"""Wallets count in decimals, second step: the exact amounts take the doubles' place.

Why: as long as both are there, somebody reads the wrong one.
Safe: the checks are added to the exact columns NOT VALID and validated while wallets are in use. What is left for the
lock is in one transaction and reads no row: the doubles are dropped, the exact columns take their names. A server of
the release before reads and writes `balance`, `amount` and `balance_after` on, by the same names.
Down: the doubles are made again from the exact amounts, to the nearest double: what a double cannot hold is lost in
them, not in the exact ones beside them. What the doubles had added, 0.00000000000000004, does not come back.

replay: may drop wallet.balance: balance_exact has its name, and 0.30 where it had 0.30000000000000004
replay: may drop wallet_transaction.amount: amount_exact has its name
replay: may drop wallet_transaction.balance_after: balance_after_exact has its name
replay: its release needs 0018_money_exact_only: it counts in decimals
"""

from __future__ import annotations

from reference_impl.migrations.carriers import MONEY_EXACT, MONEY_NOT_EXACT
from reference_impl.migrations.steps import checked, each, expect, one

revision = "0018_money_exact_only"
down_revision = "0017_money_exact"

WALLET_CHECKS = {
    "ck_wallet_balance": "{balance} >= 0",
    "ck_wallet_closed_is_empty": "status <> 'closed' OR {balance} = 0",
}
LEDGER_CHECKS = {
    "ck_wallet_transaction_sign": "{amount} <> 0 AND (type = 'credit') = ({amount} > 0)",
    "ck_wallet_transaction_balance_after": "{balance_after} >= 0",
}
RENAMED = (("wallet", "balance"), ("wallet_transaction", "amount"), ("wallet_transaction", "balance_after"))
GIVEN = {f"ck_{table}_{column}_given": (table, column) for table, column in RENAMED}
SUMS = "SELECT ROW((SELECT sum({0}) FROM wallet), (SELECT sum({1}) FROM wallet_transaction))::text"


def exact(condition: str) -> str:
    """A check as it reads on the columns beside the doubles."""
    return condition.format(balance="balance_exact", amount="amount_exact", balance_after="balance_after_exact")


def plain(condition: str) -> str:
    """A check as it reads on the columns under their own names."""
    return condition.format(balance="balance", amount="amount", balance_after="balance_after")


def upgrade() -> None:
    for table, checks in (("wallet", WALLET_CHECKS), ("wallet_transaction", LEDGER_CHECKS)):
        checked(table, **{f"{name}_new": exact(condition) for name, condition in checks.items()})
    for name, (table, column) in GIVEN.items():
        checked(table, **{name: f"{column}_exact IS NOT NULL"})
    each("LOCK TABLE wallet, wallet_transaction IN ACCESS EXCLUSIVE MODE")
    for table, column in RENAMED:
        each(
            f"ALTER TABLE {table} DROP COLUMN {column}",  # and the checks on it
            f"ALTER TABLE {table} RENAME COLUMN {column}_exact TO {column}",
            f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL",
            f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{column}_given",
        )
    for table, checks in (("wallet", WALLET_CHECKS), ("wallet_transaction", LEDGER_CHECKS)):
        each(*(f"ALTER TABLE {table} RENAME CONSTRAINT {name}_new TO {name}" for name in checks))
    each("ALTER TABLE wallet ALTER COLUMN balance SET DEFAULT '0'", *MONEY_NOT_EXACT)
    kinds = "SELECT string_agg(DISTINCT data_type, ', ') FROM information_schema.columns WHERE table_schema ="
    columns = " current_schema() AND (table_name, column_name) IN "
    names = "(('wallet', 'balance'), ('wallet_transaction', 'amount'), ('wallet_transaction', 'balance_after'))"
    expect(kinds + columns + names, "numeric", "The wallets' amounts are {found}, not numeric alone.")


def downgrade() -> None:
    each("LOCK TABLE wallet, wallet_transaction IN ACCESS EXCLUSIVE MODE")
    before = one(SUMS.format("balance", "amount"))
    for table, checks in (("wallet", WALLET_CHECKS), ("wallet_transaction", LEDGER_CHECKS)):
        each(*(f"ALTER TABLE {table} DROP CONSTRAINT {name}" for name in checks))
    each("ALTER TABLE wallet ALTER COLUMN balance DROP DEFAULT")
    for table, column in RENAMED:
        each(
            f"ALTER TABLE {table} ADD COLUMN {column}_exact NUMERIC",  # after the double, where it stood before
            f"UPDATE {table} SET {column}_exact = {column}",
            f"ALTER TABLE {table} ALTER COLUMN {column} TYPE DOUBLE PRECISION",
        )
    for table, checks in (("wallet", WALLET_CHECKS), ("wallet_transaction", LEDGER_CHECKS)):
        for name, condition in checks.items():
            each(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({plain(condition)})")
    each("ALTER TABLE wallet ALTER COLUMN balance SET DEFAULT '0'", *MONEY_EXACT)
    expect(SUMS.format("balance_exact", "amount_exact"), before, "The exact sums were " + before + ", now {found}.")
