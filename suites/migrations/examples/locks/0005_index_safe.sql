-- migrate:up transaction:false
-- Safe: made while others write. A try that fails leaves an invalid index, which goes first.
DROP INDEX CONCURRENTLY IF EXISTS ix_orders_status;
CREATE INDEX CONCURRENTLY ix_orders_status ON orders (status, placed_at);

-- migrate:down transaction:false
DROP INDEX CONCURRENTLY ix_orders_status;
