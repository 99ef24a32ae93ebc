"""The view of days off goes: no release that is still in use knows the old name.

Why: a view that is left behind is used again by the next report, and holds its columns for ever.
Safe: a view has no rows. If anything has been built on it, DROP VIEW refuses, and that is right.
Down: the view is made again.

replay: may drop booking_day_off: a view; two releases have said booking_exception
replay: releases before 0031_booking_exceptions can't run on it: they say booking_day_off
"""

from __future__ import annotations

from reference_impl.migrations.steps import each, expect

revision = "0032_no_days_off"
down_revision = "0031_booking_exceptions"

MISSING = "SELECT (SELECT count(*) FROM booking_exception) - (SELECT count(*) FROM booking_day_off)"
KIND = "SELECT CAST(relkind AS TEXT) FROM pg_class WHERE oid = to_regclass('booking_exception')"


def upgrade() -> None:
    expect(MISSING, 0, "The view does not show {found} of the exceptions: it is not the one that 0031 made.")
    each("DROP VIEW booking_day_off")
    expect(KIND, "r", "booking_exception is no table ({found}).")


def downgrade() -> None:
    each("CREATE VIEW booking_day_off AS SELECT * FROM booking_exception")
