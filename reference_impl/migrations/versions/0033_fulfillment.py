"""Parcels in a table of their own: an order may become more than one.

Why: carrier, tracking number and times stood in the order's row. The second parcel of an order overwrote the first,
and support told customers that nothing was on its way.
Safe: the table is new; a trigger carries into it what the release before still writes into the order; the orders that
are there follow in batches, and one that the trigger was faster for is left alone. A parcel whose carrier nobody wrote
down is called manual, and one without a number of the carrier's has the order's id.
Beside it may run: the release before, and the one that reads and writes `fulfillment`.
Down: the first parcel of each order goes back into the order's row. More than one, and when one was cancelled, can't.

replay: may change order.parcel_provider: the way down writes what the parcel has
replay: may change order.parcel_external_id: the way down writes what the parcel has
replay: may change order.tracking_number: the way down writes what the parcel has
replay: may change order.shipped_at: the way down writes what the parcel has
replay: may change order.delivered_at: the way down writes what the parcel has
replay: may remove rows of fulfillment: on the way down, but for the first parcel of an order
replay: its release needs 0033_fulfillment: it reads and writes fulfillment
"""

from __future__ import annotations

from reference_impl.migrations.carriers import PARCELS_CARRIED, PARCELS_NOT_CARRIED
from reference_impl.migrations.steps import batches, each, expect

revision = "0033_fulfillment"
down_revision = "0032_no_days_off"

TABLE = (
    """
    CREATE TABLE IF NOT EXISTS fulfillment (
        id TEXT NOT NULL,
        order_id TEXT NOT NULL,
        provider_id TEXT NOT NULL,
        external_id TEXT NOT NULL,
        tracking_number TEXT,
        shipped_at TIMESTAMP WITH TIME ZONE,
        delivered_at TIMESTAMP WITH TIME ZONE,
        canceled_at TIMESTAMP WITH TIME ZONE,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_fulfillment PRIMARY KEY (id),
        CONSTRAINT fk_fulfillment_order_id FOREIGN KEY(order_id) REFERENCES "order" (id)
    )
    """,
    """
    CREATE UNIQUE INDEX IF NOT EXISTS uq_fulfillment_order_provider ON fulfillment (order_id, provider_id)
    """,
)
SENT = "num_nonnulls(parcel_provider, parcel_external_id, tracking_number, shipped_at, delivered_at) > 0"
CARRY = f"""
INSERT INTO fulfillment (
    id, order_id, provider_id, external_id, tracking_number, shipped_at, delivered_at, created_at, updated_at)
SELECT 'ful_' || upper(left(md5(id), 26)), id, coalesce(parcel_provider, 'manual'), coalesce(parcel_external_id, id),
    tracking_number, shipped_at, delivered_at, updated_at, updated_at
FROM "order" WHERE id BETWEEN :first AND :last AND {SENT}
ON CONFLICT (order_id, provider_id) DO NOTHING
"""
NOT_CARRIED = f"""
SELECT count(*) FROM "order" WHERE {SENT} AND NOT EXISTS (
    SELECT 1 FROM fulfillment
    WHERE order_id = "order".id AND tracking_number IS NOT DISTINCT FROM "order".tracking_number
        AND shipped_at IS NOT DISTINCT FROM "order".shipped_at
        AND delivered_at IS NOT DISTINCT FROM "order".delivered_at)
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
    each(*TABLE, *PARCELS_CARRIED)
    batches('"order"', CARRY)
    expect(NOT_CARRIED, 0, "The parcels of {found} orders were not carried; run this revision again.")


def downgrade() -> None:
    each(*PARCELS_NOT_CARRIED, BACK, "DROP TABLE fulfillment")
