-- migrate:up
-- What a shop's orders look like. The revisions behind it change it twice each: as one would, and so that nobody waits.
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer text NOT NULL,
    amount numeric(14, 2) NOT NULL,
    status text NOT NULL DEFAULT 'placed',
    placed_at timestamptz NOT NULL DEFAULT '2026-01-01 00:00Z',
    note text
);
CREATE INDEX ix_orders_placed_at ON orders (placed_at);

-- migrate:down
DROP TABLE orders;
