"""Databases at an earlier revision, with the rows that others refer to, for tests of what a revision does to rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import psycopg

from reference_impl.migrations import downgrade, upgrade

if TYPE_CHECKING:
    from collections.abc import Sequence

BEFORE = "0016_event_feed"

PARENTS: tuple[LiteralString, ...] = (
    "INSERT INTO tenant (id, slug, handle, name, currency_code) VALUES ('tnt', 'riyadh', 'riyadh', 'الرياض', 'sar')",
    (
        "INSERT INTO customer (id, tenant_id, email, created_at, updated_at)"
        " SELECT 'cus_' || n, 'tnt', 'c' || n || '@example.com', now(), now() FROM generate_series(1, 3) AS n"
    ),
    (
        "INSERT INTO vendor (id, tenant_id, handle, name, legal_name, email, address, created_at, updated_at)"
        " VALUES ('vend', 'tnt', 'souq', 'سوق السجاد', 'Souq LLC', 'o@example.com', 'شارع الملك فهد ٢', now(), now())"
    ),
    (
        "INSERT INTO region (id, tenant_id, name, currency_code, created_at, updated_at)"
        " VALUES ('reg', 'tnt', 'KSA', 'sar', now(), now())"
    ),
    "INSERT INTO sales_channel (id, tenant_id, name, created_at, updated_at) VALUES ('sc', 'tnt', 'Web', now(), now())",
    (
        "INSERT INTO product (id, tenant_id, title, handle, status, options, created_at, updated_at)"
        " VALUES ('prod', 'tnt', 'سجادة', 'rug', 'published', '[]', now(), now())"
    ),
    (
        "INSERT INTO cart (id, tenant_id, region_id, sales_channel_id, currency_code, created_at, updated_at)"
        " SELECT 'cart_' || n, 'tnt', 'reg', 'sc', 'sar', now(), now() FROM generate_series(1, 4) AS n"
    ),
    (
        'INSERT INTO "order" (id, display_id, tenant_id, cart_id, customer_id, region_id, sales_channel_id,'
        " currency_code, status, total, created_at, updated_at)"
        " SELECT 'order_' || n, n, 'tnt', 'cart_' || n, 'cus_1', 'reg', 'sc', 'sar', 'pending', 10, now(), now()"
        " FROM generate_series(1, 4) AS n"
    ),
)


def begin(url: str) -> None:
    """Make a database what it was before the first revision that changes rows."""
    upgrade(url, BEFORE)
    with psycopg.connect(url) as connection:
        for statement in PARENTS:
            connection.execute(statement)


class History:
    """A database that goes up and down; statements in between are committed at once."""

    def __init__(self, url: str) -> None:
        self.url = url

    def up(self, revision: str) -> None:
        upgrade(self.url, revision)

    def down(self, revision: str) -> None:
        downgrade(self.url, revision)

    def run(self, statement: LiteralString, *values: object) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement, values)

    def rows(self, query: LiteralString) -> Sequence[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query).fetchall()

    def one(self, query: LiteralString) -> Any:
        """The one value of a query that gives one row with one column."""
        ((value,),) = self.rows(query)
        return value
