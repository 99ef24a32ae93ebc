"""`vendor.name` becomes `business_name`, last step (contract): the old column goes.

Why: two columns that say the same do so until somebody writes past the trigger.
Safe: dropping a column touches no row. Two releases have passed since anybody read it.
Beside it may run: releases since 0025, which know `business_name` alone; none that knows `name`.
Down: the column is made again from `business_name`, with the trigger; nothing is lost.

replay: may drop vendor.name: it is business_name, see 0024
replay: releases before 0025_vendor_name_optional can't run on it: they know name
"""

from __future__ import annotations

from reference_impl.migrations.carriers import VENDOR_NAMED, VENDOR_NOT_NAMED
from reference_impl.migrations.steps import each, expect

revision = "0026_vendor_name_dropped"
down_revision = "0025_vendor_name_optional"

DIFFERENT = "SELECT count(*) FROM vendor WHERE business_name IS DISTINCT FROM name"


def upgrade() -> None:
    expect(DIFFERENT, 0, "{found} vendors have a name that is not their business name and would be lost.")
    each(*VENDOR_NOT_NAMED, "ALTER TABLE vendor DROP COLUMN name")


def downgrade() -> None:
    each(  # in this order the columns stand where they stood
        "ALTER TABLE vendor RENAME COLUMN business_name TO name",
        "ALTER TABLE vendor ALTER COLUMN name DROP NOT NULL",  # it bears the other name (PostgreSQL 18)
        "ALTER TABLE vendor ALTER COLUMN name SET NOT NULL",
        "ALTER TABLE vendor ADD COLUMN business_name TEXT",
        "UPDATE vendor SET business_name = name",
        "ALTER TABLE vendor ALTER COLUMN business_name SET NOT NULL",
        *VENDOR_NAMED,
    )
    expect(DIFFERENT, 0, "{found} vendors have another name than their business name.")
