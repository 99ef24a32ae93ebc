"""Something to be insured with: a product of the shop in two variants, and the plans that they pay for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_impl.core.ids import new_id
from reference_impl.core.json import dumps

if TYPE_CHECKING:
    from psycopg import Connection

HANDLE = "travel-insurance"
PLANS = (
    {"type": "basic", "usd": ("9.99", "1000"), "kwd": ("3.075", "300"), "jpy": ("1500", "150000")},
    {"type": "premium", "usd": ("24.50", "5000"), "kwd": ("7.525", "1500"), "jpy": ("3700", "750000")},
)
"""Each plan's premium, which is also the price of its variant, and its coverage."""
CURRENCIES = ("usd", "kwd", "jpy")


def plant(connection: Connection[dict[str, Any]], tenant: dict[str, Any]) -> None:
    """The tenant's insurance: nothing to ship and nothing to count."""
    tenant_id = tenant["id"]
    found = connection.execute(
        "SELECT id FROM product WHERE tenant_id = %s AND handle = %s AND deleted_at IS NULL", (tenant_id, HANDLE)
    ).fetchone()
    product_id = found["id"] if found else _product(connection, tenant_id)
    for plan in PLANS:
        for currency in CURRENCIES:
            premium, coverage = plan[currency]
            values = {"plan_type": plan["type"], "premium": premium, "coverage_amount": coverage}
            own = {"id": new_id("inspl"), "tenant_id": tenant_id, "product_id": product_id, "currency_code": currency}
            _insert(connection, "insurance_plan", {**own, **values})


def _product(connection: Connection[dict[str, Any]], tenant_id: str) -> str:
    product_id = new_id("prod")
    titles = {str(plan["type"]): str(plan["type"]).title() for plan in PLANS}
    option = {
        "id": new_id("opt"),
        "title": "Plan",
        "values": [{"id": new_id("optval"), "value": title} for title in titles.values()],
    }
    own = {"tenant_id": tenant_id, "product_id": product_id}
    shown = {"title": "Travel insurance", "handle": HANDLE, "status": "published", "options": dumps([option])}
    _insert(connection, "product", {"id": product_id, "tenant_id": tenant_id, **shown})
    connection.execute(
        "INSERT INTO product_sales_channel (product_id, sales_channel_id)"
        " SELECT %s, id FROM sales_channel WHERE tenant_id = %s AND deleted_at IS NULL",
        (product_id, tenant_id),
    )
    for rank, plan in enumerate(PLANS):
        title = titles[str(plan["type"])]
        variant_id = new_id("variant")
        options = {"title": title, "options": dumps({"Plan": title}), "variant_rank": rank}
        counted = {"manage_inventory": False, "allow_backorder": False}
        _insert(connection, "product_variant", {"id": variant_id, **own, **options, **counted})
        for currency in CURRENCIES:
            price = {"variant_id": variant_id, "currency_code": currency, "amount": plan[currency][0]}
            _insert(connection, "variant_price", {"id": new_id("price"), **price})
    return product_id


def _insert(connection: Connection[dict[str, Any]], table: str, values: dict[str, Any]) -> None:
    row = {**values, "created_at": "now", "updated_at": "now"}
    places = ", ".join(["%s"] * len(row))
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
    connection.execute(sql.encode(), list(row.values()))
