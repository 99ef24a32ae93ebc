-- migrate:up
-- Blocks: each row gets a value of its own, so each row is written anew under the lock.
ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();

-- migrate:down
ALTER TABLE orders DROP COLUMN token;
