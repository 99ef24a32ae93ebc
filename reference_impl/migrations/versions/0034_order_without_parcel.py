"""The order's own parcel goes: two releases after anything last read it.

Why: dropped with 0033, the columns would have taken the release before with them; kept for ever, they lie.
Safe: dropping columns touches no row. What they say is in `fulfillment`, and that is looked up before.
Beside it may run: releases since 0033, which know `fulfillment`.
Down: the columns are made again, filled from each order's first parcel, with the trigger.

replay: may drop order.parcel_provider: fulfillment.provider_id
replay: may drop order.parcel_external_id: fulfillment.external_id
replay: may drop order.tracking_number: fulfillment.tracking_number
replay: may drop order.shipped_at: fulfillment.shipped_at
replay: may drop order.delivered_at: fulfillment.delivered_at
replay: releases before 0033_fulfillment can't run on it: they know the order's own parcel
"""

from __future__ import annotations

from reference_impl.migrations.carriers import PARCELS_CARRIED, PARCELS_NOT_CARRIED
from reference_impl.migrations.steps import each, expect

revision = "0034_order_without_parcel"
down_revision = "0033_fulfillment"

COLUMNS = {
    "parcel_provider": "TEXT",
    "parcel_external_id": "TEXT",
    "tracking_number": "TEXT",
    "shipped_at": "TIMESTAMP WITH TIME ZONE",
    "delivered_at": "TIMESTAMP WITH TIME ZONE",
}
# Parcels may have gone on since; what the order says has to be there at all.
LOST = """
SELECT count(*) FROM "order"
WHERE num_nonnulls(parcel_provider, parcel_external_id, tracking_number, shipped_at, delivered_at) > 0
    AND NOT EXISTS (SELECT 1 FROM fulfillment WHERE order_id = "order".id)
"""
BACK = """
UPDATE "order" SET
    parcel_provider = nullif(parcel.provider_id, 'manual'), parcel_external_id = nullif(parcel.external_id, "order".id),
    tracking_number = parcel.tracking_number, shipped_at = parcel.shipped_at, delivered_at = parcel.delivered_at
FROM (
    SELECT DISTINCT ON (order_id) * FROM fulfillment WHERE canceled_at IS NULL ORDER BY order_id, created_at, id
) AS parcel
WHERE parcel.order_id = "order".id
"""


def upgrade() -> None:
    expect(LOST, 0, "{found} orders have a parcel in their row and none of their own; run 0033 again.")
    each(*PARCELS_NOT_CARRIED, *(f'ALTER TABLE "order" DROP COLUMN {column}' for column in COLUMNS))


def downgrade() -> None:
    each(*(f'ALTER TABLE "order" ADD COLUMN {column} {kind}' for column, kind in COLUMNS.items()))
    each(BACK, *PARCELS_CARRIED)
