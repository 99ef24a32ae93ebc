-- migrate:up
-- Blocks: with another scale every row is written anew, and its indexes, while nobody can even read.
ALTER TABLE orders ALTER COLUMN amount TYPE numeric(20, 4);

-- migrate:down
-- replay: may change orders.amount: the digits behind the second are rounded off again
ALTER TABLE orders ALTER COLUMN amount TYPE numeric(14, 2);
