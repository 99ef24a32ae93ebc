"""An insurance plan's currency is one of the table's, no longer a word.

Why: operators typed what they say: SR, ر.س, riyal. A plan in "SR" was offered to nobody whose cart was in sar, and the
same plan stood there twice in two spellings.
Safe: spellings are mapped one by one. One that is not in the list stops this revision: a currency is never guessed.
Where the same plan is then there twice, the one that was changed last stays, the others are put away (deleted_at);
policies keep the plan they were sold with. The new column is filled, checked and indexed while plans are read and sold;
what is left for the lock is to drop the old one, once it is seen that both still say the same: a plan that a server of
the release before has written meanwhile lets this revision be run again. After it that server can write none.
Down: `currency` has the ISO 4217 code in capitals; how it was spelled, and which plans were put away, can't come back.

replay: may drop insurance_plan.currency: mapped to currency_code
replay: may drop insurance_plan.currency_code: on the way down, where currency says it
replay: may change insurance_plan.deleted_at: the same plan in another spelling is put away
replay: releases before 0030_insurance_plan_currency can't run on it: they write currency
replay: its release needs 0030_insurance_plan_currency: it knows currency_code alone
"""

from __future__ import annotations

from reference_impl.migrations.steps import apart, batches, each, expect, index_concurrently, required

revision = "0030_insurance_plan_currency"
down_revision = "0029_vendor_address"

SPELLINGS = {
    "sar": ("SAR", "sar", "SR", "ر.س", "ريال"),
    "aed": ("AED", "aed", "د.إ"),
    "kwd": ("KWD", "kwd", "د.ك"),
    "usd": ("USD", "usd", "$"),
    "eur": ("EUR", "eur", "€"),
}
MAPPED = "(VALUES " + ", ".join(f"('{word}', '{code}')" for code, words in SPELLINGS.items() for word in words) + ")"
WORDS = ", ".join(f"'{word}'" for words in SPELLINGS.values() for word in words)
UNKNOWN = f"SELECT string_agg(DISTINCT currency, ', ') FROM insurance_plan WHERE currency NOT IN ({WORDS})"
FILL = f"""
UPDATE insurance_plan SET currency_code = known.code
FROM {MAPPED} AS known (word, code)
WHERE id BETWEEN :first AND :last AND known.word = currency AND currency_code IS DISTINCT FROM known.code
"""
DIFFERENT = f"""
SELECT count(*) FROM insurance_plan JOIN {MAPPED} AS known (word, code) ON known.word = currency
WHERE currency_code IS DISTINCT FROM known.code
"""
PUT_AWAY = """
UPDATE insurance_plan SET deleted_at = now()
FROM (
    SELECT id, row_number() OVER (
        PARTITION BY product_id, plan_type, currency_code ORDER BY updated_at DESC, id DESC) AS place
    FROM insurance_plan WHERE deleted_at IS NULL
) AS plan
WHERE plan.id = insurance_plan.id AND plan.place > 1
"""


def upgrade() -> None:
    expect(UNKNOWN, None, "Nobody knows which currency this is: {found}. Give those plans one of the list's spellings.")
    with apart():
        each(
            "ALTER TABLE insurance_plan ADD COLUMN IF NOT EXISTS currency_code TEXT",
            "ALTER TABLE insurance_plan DROP CONSTRAINT IF EXISTS fk_insurance_plan_currency_code",
            "ALTER TABLE insurance_plan ADD CONSTRAINT fk_insurance_plan_currency_code"
            " FOREIGN KEY (currency_code) REFERENCES currency (code) NOT VALID",
        )
    batches("insurance_plan", FILL)
    with apart():
        each(PUT_AWAY, "ALTER TABLE insurance_plan VALIDATE CONSTRAINT fk_insurance_plan_currency_code")
    index_concurrently(
        "uq_insurance_plan_product_type_currency_code",
        "insurance_plan (product_id, plan_type, currency_code) WHERE deleted_at IS NULL",
        unique=True,
    )
    required("insurance_plan", "currency_code")
    each("LOCK TABLE insurance_plan IN ACCESS EXCLUSIVE MODE")  # before they are looked at
    expect(DIFFERENT, 0, "{found} plans were written in another currency meanwhile; run this revision again.")
    each(
        "ALTER TABLE insurance_plan DROP COLUMN currency",  # with its check and the unique index
        "ALTER INDEX uq_insurance_plan_product_type_currency_code RENAME TO uq_insurance_plan_product_type_currency",
    )


def downgrade() -> None:
    outside = ", ".join(f"'{code}'" for code in SPELLINGS)
    foreign = (
        f"SELECT string_agg(DISTINCT currency_code, ', ') FROM insurance_plan WHERE currency_code NOT IN ({outside})"
    )
    expect(foreign, None, "The former schema has no word for plans in {found}.")
    each(
        "ALTER TABLE insurance_plan ADD COLUMN currency TEXT",
        "UPDATE insurance_plan SET currency = upper(currency_code)",
        "ALTER TABLE insurance_plan ALTER COLUMN currency SET NOT NULL",
        f"ALTER TABLE insurance_plan ADD CONSTRAINT ck_insurance_plan_currency CHECK (currency IN ({WORDS}))",
        "ALTER TABLE insurance_plan DROP COLUMN currency_code",
        "CREATE UNIQUE INDEX uq_insurance_plan_product_type_currency"
        " ON insurance_plan (product_id, plan_type, currency) WHERE deleted_at IS NULL",
    )
