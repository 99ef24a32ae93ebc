-- migrate:up transaction:false
-- Safe: a second column that may be null, a trigger that fills it for whoever writes, batches for the rows that are
-- there, and a check that is validated while others write. The names change places in a last step that reads no row.
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN amount_wide numeric(24, 6);
CREATE FUNCTION orders_amount_wide() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.amount_wide := NEW.amount; RETURN NEW; END $$;
CREATE TRIGGER amount_wide BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION orders_amount_wide();
DO $$
DECLARE
    following bigint;
    behind bigint := 0;
BEGIN
    LOOP
        SELECT max(id) INTO following
        FROM (SELECT id FROM orders WHERE id > behind ORDER BY id LIMIT 1000) AS batch;
        EXIT WHEN following IS NULL;
        UPDATE orders SET amount_wide = amount WHERE id > behind AND id <= following AND amount_wide IS NULL;
        COMMIT;
        behind := following;
    END LOOP;
END $$;
ALTER TABLE orders ADD CONSTRAINT amount_given CHECK (amount_wide IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT amount_given;
BEGIN;
LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER amount_wide ON orders;
DROP FUNCTION orders_amount_wide();
ALTER TABLE orders ALTER COLUMN amount_wide SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT amount_given;
ALTER TABLE orders DROP COLUMN amount;
ALTER TABLE orders RENAME COLUMN amount_wide TO amount;
COMMIT;

-- migrate:down
ALTER TABLE orders ALTER COLUMN amount TYPE numeric(20, 4);
