"""A commission's rule exists: a foreign key where there was only an id.

Why: rules were once deleted for good, and the statement of a vendor with such a commission answered with an error.
Safe: the key is added NOT VALID first, so that no new row refers to nothing. Then what does so already is set to none,
in batches: the row has its rate and its amounts of its own, so no money depends on the rule. Then the key is validated
while commissions are written.
Down: the key goes; the ids of rules that are no more can't come back, nor was there anything behind them.

replay: may change commission.rule_id: the id of a rule that was deleted becomes null
"""

from __future__ import annotations

from reference_impl.migrations.steps import apart, batches, each, expect

revision = "0028_commission_rule_exists"
down_revision = "0027_orders_of_a_customer"

LOST = """
NOT EXISTS (SELECT 1 FROM commission_rule WHERE commission_rule.id = commission.rule_id)
"""


def upgrade() -> None:
    with apart():
        each(
            "ALTER TABLE commission DROP CONSTRAINT IF EXISTS fk_commission_rule_id",
            "ALTER TABLE commission ADD CONSTRAINT fk_commission_rule_id"
            " FOREIGN KEY (rule_id) REFERENCES commission_rule (id) NOT VALID",
        )
    batches(
        "commission",
        f"UPDATE commission SET rule_id = NULL WHERE id BETWEEN :first AND :last AND rule_id IS NOT NULL AND {LOST}",
    )
    expect(
        f"SELECT count(*) FROM commission WHERE rule_id IS NOT NULL AND {LOST}",
        0,
        "{found} commissions refer to rules that are not there; run this revision again.",
    )
    with apart():
        each("ALTER TABLE commission VALIDATE CONSTRAINT fk_commission_rule_id")


def downgrade() -> None:
    each("ALTER TABLE commission DROP CONSTRAINT fk_commission_rule_id")
