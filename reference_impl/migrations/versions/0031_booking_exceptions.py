"""Days off become exceptions: the table's name, with a view under the old one.

Why: a provider who works later on one day had to be written down as a "day off" with hours.
Safe: a new name touches no row, and the lock is held for a moment. The view under the old name is in the same
transaction; PostgreSQL writes through it, so the release before reads and writes on.
Beside it may run: the release before, and the one that says `booking_exception`.
Down: the view goes, and the table has its old name.

replay: its release needs 0031_booking_exceptions: it says booking_exception
"""

from __future__ import annotations

from reference_impl.migrations.steps import column, each, expect

revision = "0031_booking_exceptions"
down_revision = "0030_insurance_plan_currency"

OLD, NEW = "booking_day_off", "booking_exception"
KIND = "SELECT CAST(relkind AS TEXT) FROM pg_class WHERE oid = to_regclass('booking_day_off')"
WRITABLE = "SELECT pg_relation_is_updatable('booking_day_off', false)"
EVERYTHING = 4 + 8 + 16  # update, insert, delete


def upgrade() -> None:
    expect(KIND, "r", "booking_day_off is no table: this has been done by hand.")
    each(f"ALTER TABLE {OLD} RENAME TO {NEW}")
    each(*renamed(NEW, OLD, NEW), f"CREATE VIEW {OLD} AS SELECT * FROM {NEW}")
    expect(WRITABLE, EVERYTHING, "The release before could not write through the view ({found}).")


def downgrade() -> None:
    expect(KIND, "v", "booking_day_off is no view: this has been taken back by hand.")
    each(f"DROP VIEW {OLD}", f"ALTER TABLE {NEW} RENAME TO {OLD}")
    each(*renamed(OLD, NEW, OLD))


def renamed(table: str, old: str, new: str) -> list[str]:
    """Constraints (since PostgreSQL 18 also those of NOT NULL) and indexes that have the table's name in theirs."""
    known = column(
        "SELECT CAST(conname AS TEXT) FROM pg_constraint"
        f" WHERE conrelid = CAST('{table}' AS REGCLASS) AND position('{old}' IN conname) > 0 ORDER BY conname"
    )
    return [
        *(f"ALTER TABLE {table} RENAME CONSTRAINT {name} TO {name.replace(old, new)}" for name in known),
        f"ALTER INDEX uq_{old}_provider_date RENAME TO uq_{new}_provider_date",
    ]
