-- migrate:up transaction:false
-- Safe: the column first, then the default, which is for new rows alone; batches for the others; NOT NULL by a check.
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN receipt uuid;
ALTER TABLE orders ALTER COLUMN receipt SET DEFAULT gen_random_uuid();
DO $$
DECLARE
    following bigint;
    behind bigint := 0;
BEGIN
    LOOP
        SELECT max(id) INTO following
        FROM (SELECT id FROM orders WHERE id > behind ORDER BY id LIMIT 1000) AS batch;
        EXIT WHEN following IS NULL;
        UPDATE orders SET receipt = gen_random_uuid() WHERE id > behind AND id <= following AND receipt IS NULL;
        COMMIT;
        behind := following;
    END LOOP;
END $$;
ALTER TABLE orders ADD CONSTRAINT receipt_given CHECK (receipt IS NOT NULL) NOT VALID;
ALTER TABLE orders VALIDATE CONSTRAINT receipt_given;
ALTER TABLE orders ALTER COLUMN receipt SET NOT NULL;
ALTER TABLE orders DROP CONSTRAINT receipt_given;

-- migrate:down
ALTER TABLE orders DROP COLUMN receipt;
