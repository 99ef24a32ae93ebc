"""A reference moves a wallet's money once: duplicates marked, then a unique index.

Why: a checkout that was sent twice looked for its reference, found none both times, and debited twice. Customers were
refunded by hand. A look first is no guard; an index is.
Safe: no movement is taken out, since each of them is in a balance. The first one keeps the reference; a later one
gives it up and says so in its description, where support finds it. The index is made concurrently. A server of the
release before may write one more duplicate meanwhile: then making the index fails, and this revision is run again.
Down: the index goes, and what was marked has its reference and description again.

replay: may change wallet_transaction.reference_id: given up by all but the first with it
replay: may change wallet_transaction.description: says whose repeat it is
replay: its release needs 0022_reference_once: it leaves repeats to the index
"""

from __future__ import annotations

from reference_impl.migrations.steps import apart, drop_index_concurrently, each, expect, index_concurrently

revision = "0022_reference_once"
down_revision = "0021_wallet_version_required"

MARK = """
UPDATE wallet_transaction AS later SET
    reference_id = NULL,
    description = concat_ws(
        ' ', later.description, '[repeat of ' || movement.first || ', reference ' || later.reference_id || ']')
FROM (
    SELECT id, row_number() OVER same AS place, first_value(id) OVER same AS first
    FROM wallet_transaction WHERE reference_id IS NOT NULL
    WINDOW same AS (PARTITION BY wallet_id, type, reference_id ORDER BY version)
) AS movement
WHERE movement.id = later.id AND movement.place > 1
"""
# Only what this revision can have written: the mark names a movement of the same wallet with that very reference.
UNMARK = """
UPDATE wallet_transaction AS later SET
    reference_id = first.reference_id,
    description = CASE WHEN later.description <> marked.text
        THEN left(later.description, -1 - length(marked.text)) END
FROM wallet_transaction AS first,
    LATERAL (SELECT '[repeat of ' || first.id || ', reference ' || first.reference_id || ']' AS text) AS marked
WHERE first.wallet_id = later.wallet_id AND first.type = later.type AND first.version < later.version
    AND later.reference_id IS NULL AND right(later.description, length(marked.text)) = marked.text
"""
TWICE = """
SELECT count(*) FROM (
    SELECT 1 FROM wallet_transaction WHERE reference_id IS NOT NULL
    GROUP BY wallet_id, type, reference_id HAVING count(*) > 1
) AS twice
"""

UNIQUE = """
SELECT count(*) FROM pg_index
WHERE indexrelid = to_regclass('uq_wallet_transaction_reference') AND indisvalid AND indisunique
"""


def upgrade() -> None:
    with apart():
        each(MARK)
    expect(TWICE, 0, "{found} references were used again while they were put right; run this revision again.")
    index_concurrently(
        "uq_wallet_transaction_reference",
        "wallet_transaction (wallet_id, type, reference_id) WHERE reference_id IS NOT NULL",
        unique=True,
    )
    expect(UNIQUE, 1, "The index is not valid; run this revision again.")


def downgrade() -> None:
    drop_index_concurrently("uq_wallet_transaction_reference")
    each(UNMARK)
