"""`vendor.name` becomes `business_name`, second step (switch): the new name is required, the old one need not be given.

Why: the release that comes with this revision reads and writes `business_name` alone.
Safe: NOT NULL by a validated check. The trigger stays, and runs before `name` is looked at: nobody has to give it any
more, and nobody ever reads a null there.
Beside it may run: the releases that know either name; no longer one from before 0024, which this could not tell apart.
Down: `business_name` may be null again; the trigger has kept both.

replay: releases before 0024_vendor_business_name can't run on it: they write nulls into business_name
replay: its release needs 0024_vendor_business_name: it knows business_name alone
"""

from __future__ import annotations

from reference_impl.migrations.steps import each, expect, required

revision = "0025_vendor_name_optional"
down_revision = "0024_vendor_business_name"

DIFFERENT = "SELECT count(*) FROM vendor WHERE business_name IS DISTINCT FROM name"


def upgrade() -> None:
    expect(DIFFERENT, 0, "{found} vendors have another business name than name; which of them is right?")
    required("vendor", "business_name")


def downgrade() -> None:
    expect(DIFFERENT, 0, "{found} vendors have another business name than name; which of them is right?")
    each("ALTER TABLE vendor ALTER COLUMN business_name DROP NOT NULL")
