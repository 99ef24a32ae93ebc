"""An insurance plan's currency is one of the table's, no longer a word.

Why: operators typed what they say: SR, ر.س, riyal. A plan in "SR" was offered to nobody whose cart was in sar, and the
same plan stood there twice in two spellings.
Safe: spellings are mapped one by one. One that is not in the list stops this revision: a currency is never guessed.
Where the same plan is then there twice, the one that was changed last stays, the others are put away (deleted_at);
policies keep the plan they were sold with. All in one transaction: plans are few, and operators alone write them. Not
beside the release before, which writes `currency`.
Down: `currency` has the ISO 4217 code in capitals; how it was spelled, and which plans were put away, can't come back.

replay: may drop insurance_plan.currency: mapped to currency_code
replay: may drop insurance_plan.currency_code: on the way down, where currency says it
replay: may change insurance_plan.deleted_at: the same plan in another spelling is put away
"""

from __future__ import annotations

from reference_impl.migrations.steps import each, expect, one

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
COUNT = "SELECT count(*) FROM insurance_plan"
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
    each("LOCK TABLE insurance_plan IN ACCESS EXCLUSIVE MODE")  # before they are looked at and counted
    expect(UNKNOWN, None, "Nobody knows which currency this is: {found}. Give those plans one of the list's spellings.")
    plans = one(COUNT)
    each(
        "ALTER TABLE insurance_plan ADD COLUMN currency_code TEXT",
        f"UPDATE insurance_plan SET currency_code = known.code FROM {MAPPED} AS known (word, code)"
        " WHERE known.word = insurance_plan.currency",
        PUT_AWAY,
        "ALTER TABLE insurance_plan ALTER COLUMN currency_code SET NOT NULL",
        "ALTER TABLE insurance_plan DROP COLUMN currency",  # with its check and the unique index
        "ALTER TABLE insurance_plan ADD CONSTRAINT fk_insurance_plan_currency_code"
        " FOREIGN KEY (currency_code) REFERENCES currency (code)",
        "CREATE UNIQUE INDEX uq_insurance_plan_product_type_currency"
        " ON insurance_plan (product_id, plan_type, currency_code) WHERE deleted_at IS NULL",
    )
    expect(COUNT, plans, f"There were {plans} insurance plans, now {{found}}.")


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
