"""`vendor.name` becomes `business_name`, first of three steps (expand): both are there and say the same.

Why: a vendor has a legal name too, and half of the code took `name` for that one: invoices went out to trade names.
Safe: a column that may be null is added without touching a row; a trigger carries what is written to one of the two to
the other, and the rows that are there follow in batches.
Beside it may run: the release before (it knows `name` alone), and the one that reads and writes `business_name`.
Down: the new column goes; `name` has every value.

replay: may drop vendor.business_name: the same as name
"""

from __future__ import annotations

from reference_impl.migrations.carriers import VENDOR_NAMED, VENDOR_NOT_NAMED
from reference_impl.migrations.steps import batches, each, expect

revision = "0024_vendor_business_name"
down_revision = "0023_disputes_and_returns"

DIFFERENT = "SELECT count(*) FROM vendor WHERE business_name IS DISTINCT FROM name"


def upgrade() -> None:
    each("ALTER TABLE vendor ADD COLUMN IF NOT EXISTS business_name TEXT", *VENDOR_NAMED)
    batches(
        "vendor",
        "UPDATE vendor SET business_name = name"
        " WHERE id BETWEEN :first AND :last AND business_name IS DISTINCT FROM name",
    )
    expect(DIFFERENT, 0, "{found} vendors have another business name than name; run this revision again.")


def downgrade() -> None:
    expect(DIFFERENT, 0, "{found} vendors have another business name than name, which would be lost.")
    each(*VENDOR_NOT_NAMED, "ALTER TABLE vendor DROP COLUMN business_name")
