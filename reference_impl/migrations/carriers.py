"""Triggers that write for the release before what it does not know of yet.

Each is made by one revision and dropped by a later one, whose way down makes it again. As everything here, they are
part of the history and do not change.
"""

from __future__ import annotations

MOVEMENTS_NUMBERED = (
    """
    CREATE FUNCTION wallet_transaction_numbered() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.version IS NULL THEN
            PERFORM 1 FROM wallet WHERE id = NEW.wallet_id FOR UPDATE;
            UPDATE wallet SET version = version + 1 WHERE id = NEW.wallet_id AND version IS NOT NULL
            RETURNING version INTO NEW.version;
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER numbered BEFORE INSERT ON wallet_transaction
    FOR EACH ROW EXECUTE FUNCTION wallet_transaction_numbered()
    """,
)
MOVEMENTS_NOT_NUMBERED = (
    "DROP TRIGGER numbered ON wallet_transaction",
    "DROP FUNCTION wallet_transaction_numbered()",
)

MONEY_EXACT = (
    """
    CREATE OR REPLACE FUNCTION exact_amount(amount DOUBLE PRECISION, digits INTEGER) RETURNS NUMERIC
    LANGUAGE plpgsql IMMUTABLE STRICT SET extra_float_digits = 1 AS $$
    DECLARE
        exact NUMERIC := CAST(CAST(amount AS TEXT) AS NUMERIC);
    BEGIN
        RETURN CASE WHEN abs(exact - round(exact, digits)) * power(10.0, digits) < 0.001
            THEN round(exact, digits) ELSE exact END;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION wallet_exact() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.balance_exact := exact_amount(
            NEW.balance, (SELECT decimal_digits FROM currency WHERE code = NEW.currency));
        RETURN NEW;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION wallet_transaction_exact() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        digits INTEGER := (
            SELECT decimal_digits FROM wallet JOIN currency ON code = currency WHERE wallet.id = NEW.wallet_id);
    BEGIN
        NEW.amount_exact := coalesce(nullif(exact_amount(NEW.amount, digits), 0), CAST(NEW.amount AS NUMERIC));
        NEW.balance_after_exact := exact_amount(NEW.balance_after, digits);
        RETURN NEW;
    END $$
    """,
    "CREATE OR REPLACE TRIGGER exact BEFORE INSERT OR UPDATE ON wallet FOR EACH ROW EXECUTE FUNCTION wallet_exact()",
    """
    CREATE OR REPLACE TRIGGER exact BEFORE INSERT OR UPDATE ON wallet_transaction
    FOR EACH ROW EXECUTE FUNCTION wallet_transaction_exact()
    """,
)
MONEY_NOT_EXACT = (
    "DROP TRIGGER exact ON wallet_transaction",
    "DROP TRIGGER exact ON wallet",
    "DROP FUNCTION wallet_transaction_exact()",
    "DROP FUNCTION wallet_exact()",
    "DROP FUNCTION exact_amount(DOUBLE PRECISION, INTEGER)",
)

VENDOR_NAMED = (
    """
    CREATE OR REPLACE FUNCTION vendor_named() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            NEW.business_name := coalesce(NEW.business_name, NEW.name);
            NEW.name := NEW.business_name;
        ELSIF NEW.business_name IS DISTINCT FROM OLD.business_name THEN
            NEW.name := NEW.business_name;
        ELSE
            NEW.business_name := NEW.name;
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE OR REPLACE TRIGGER named BEFORE INSERT OR UPDATE ON vendor FOR EACH ROW EXECUTE FUNCTION vendor_named()",
)
VENDOR_NOT_NAMED = ("DROP TRIGGER named ON vendor", "DROP FUNCTION vendor_named()")

PARCELS_CARRIED = (
    """
    CREATE OR REPLACE FUNCTION order_parcel_carried() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO fulfillment AS known (
            id, order_id, provider_id, external_id, tracking_number, shipped_at, delivered_at, created_at, updated_at)
        VALUES (
            'ful_' || upper(left(md5(NEW.id), 26)), NEW.id, coalesce(NEW.parcel_provider, 'manual'),
            coalesce(NEW.parcel_external_id, NEW.id), NEW.tracking_number, NEW.shipped_at, NEW.delivered_at,
            NEW.updated_at, NEW.updated_at)
        ON CONFLICT (order_id, provider_id) DO UPDATE SET
            external_id = excluded.external_id, tracking_number = excluded.tracking_number,
            shipped_at = excluded.shipped_at, delivered_at = excluded.delivered_at, updated_at = excluded.updated_at;
        RETURN NULL;
    END $$
    """,
    """
    CREATE OR REPLACE TRIGGER parcel_carried
    AFTER INSERT OR UPDATE OF parcel_provider, parcel_external_id, tracking_number, shipped_at, delivered_at ON "order"
    FOR EACH ROW WHEN (num_nonnulls(
        NEW.parcel_provider, NEW.parcel_external_id, NEW.tracking_number, NEW.shipped_at, NEW.delivered_at) > 0)
    EXECUTE FUNCTION order_parcel_carried()
    """,
)
PARCELS_NOT_CARRIED = ('DROP TRIGGER parcel_carried ON "order"', "DROP FUNCTION order_parcel_carried()")
