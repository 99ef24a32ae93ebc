"""A vendor's address in parts: jsonb where there was text.

Why: the address was one text box. Some clients wrote lines into it, some JSON, and the carrier refused both when the
city could not be told from the street.
Safe: what is a JSON object becomes one; any other text is kept whole as its `line1`, for the vendor to correct: nothing
is guessed. The table is rewritten under its lock, which is a matter of milliseconds for the thousands of vendors there
are. Not beside the release before, which writes text.
Down: what was text is that text again, and so is an object of a `line1` alone; any other object is written as JSON. In
which order its parts stood, and with which spaces, can't come back.

replay: may change vendor.address: a text becomes the line1 of an object
replay: releases before 0029_vendor_address can't run on it: they write text
replay: its release needs 0029_vendor_address: it writes an object
"""

from __future__ import annotations

from reference_impl.migrations.steps import each, expect, one

revision = "0029_vendor_address"
down_revision = "0028_commission_rule_exists"

# A cast alone would stop at the first address that is no JSON; pg_input_is_valid came with PostgreSQL 16.
PARTS = r"""
CREATE FUNCTION address_in_parts(address TEXT) RETURNS JSONB LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF jsonb_typeof(CAST(address AS JSONB)) = 'object' THEN
        RETURN CAST(address AS JSONB);
    END IF;
    RETURN jsonb_build_object('line1', address);
EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
    RETURN jsonb_build_object('line1', address);
END $$
"""


def upgrade() -> None:
    each("LOCK TABLE vendor IN ACCESS EXCLUSIVE MODE")  # before they are counted
    vendors = one("SELECT count(*) FROM vendor")
    each(
        PARTS,
        "ALTER TABLE vendor ALTER COLUMN address TYPE JSONB USING address_in_parts(address)",
        "DROP FUNCTION address_in_parts(TEXT)",
    )
    objects = "SELECT count(*) FROM vendor WHERE jsonb_typeof(address) = 'object'"
    expect(objects, vendors, f"{{found}} of {vendors} vendors have an address in parts.")


def downgrade() -> None:
    each(
        "ALTER TABLE vendor ALTER COLUMN address TYPE TEXT"
        " USING CASE WHEN address - 'line1' = '{}' AND jsonb_typeof(address -> 'line1') = 'string'"
        " THEN address ->> 'line1' ELSE CAST(address AS TEXT) END"
    )
