-- migrate:up
-- Blocks: nobody can write while the index is made.
CREATE INDEX ix_orders_customer ON orders (customer, placed_at);

-- migrate:down
DROP INDEX ix_orders_customer;
