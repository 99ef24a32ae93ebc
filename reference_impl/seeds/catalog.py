"""A shop to try: regions in three currencies with taxes, shipping, products of the platform and of vendors, a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reference_impl.core.ids import new_id
from reference_impl.core.json import dumps

if TYPE_CHECKING:
    from psycopg import Connection

REGIONS = (
    {"name": "International", "currency_code": "usd", "tax_rate": "8.25", "countries": ("us", "gb", "de", "fr")},
    {"name": "Gulf", "currency_code": "kwd", "tax_rate": "5", "countries": ("kw", "sa", "ae", "qa", "bh", "om")},
    {"name": "Japan", "currency_code": "jpy", "tax_rate": "10", "countries": ("jp",)},
)
SHIPPING = (
    {"name": "Standard Shipping", "code": "standard", "usd": "10", "kwd": "3.075", "jpy": "1500"},
    {"name": "Express Shipping", "code": "express", "usd": "25.5", "kwd": "7.825", "jpy": "3800"},
)
PRODUCTS = (
    {"handle": "prayer-rug", "title": "Prayer rug", "vendor": None, "usd": "30", "kwd": "9.225", "jpy": "4500"},
    {"handle": "oud-perfume", "title": "Oud perfume", "vendor": "souq", "usd": "19.99", "kwd": "6.125", "jpy": "2980"},
    {"handle": "dates-box", "title": "Box of dates", "vendor": "bazaar", "usd": "2.99", "kwd": "0.915", "jpy": "450"},
)
CURRENCIES = ("usd", "kwd", "jpy")
STOCK = 1000


def plant(connection: Connection[dict[str, Any]], tenant: dict[str, Any]) -> None:
    """The tenant's shop: the region of its own currency first."""
    tenant_id = tenant["id"]
    currency = _one(connection, "SELECT currency_code FROM tenant WHERE id = %s", tenant_id)["currency_code"]
    for number, region in enumerate(sorted(REGIONS, key=lambda one: one["currency_code"] != currency)):
        _region(connection, tenant_id, region, number)
    channel_id = _named(connection, "sales_channel", tenant_id, "Default Sales Channel", description="The web shop")
    _named(connection, "stock_location", tenant_id, "Main warehouse")
    profile_id = _named(connection, "shipping_profile", tenant_id, "Default Shipping Profile", type="default")
    for option in SHIPPING:
        values = {"code": option["code"], "description": option["name"], "shipping_profile_id": profile_id}
        option_id = _named(connection, "shipping_option", tenant_id, option["name"], **values)
        for code in CURRENCIES:
            row = {"shipping_option_id": option_id, "currency_code": code, "amount": option[code]}
            _insert(connection, "shipping_option_price", {"id": new_id("price"), **row})
    for product in PRODUCTS:
        _product(connection, tenant_id, product, channel_id, profile_id)
    values = {"code": "WELCOME10", "type": "percentage", "value": "10", "status": "active"}
    _insert(connection, "promotion", {"id": new_id("promo"), "tenant_id": tenant_id, **values, **_stamps()})


def _region(connection: Connection[dict[str, Any]], tenant_id: str, region: dict[str, Any], number: int) -> None:
    values = {"currency_code": region["currency_code"], "tax_rate": region["tax_rate"]}
    region_id = _named(connection, "region", tenant_id, region["name"], **values)
    connection.execute(
        "UPDATE region SET created_at = created_at + %s * interval '1 millisecond'"
        " WHERE id = %s AND NOT EXISTS (SELECT FROM region_country WHERE region_id = %s)",
        (number, region_id, region_id),
    )
    for country in region["countries"]:
        _insert(connection, "region_country", {"region_id": region_id, "iso_2": country})


def _product(
    connection: Connection[dict[str, Any]], tenant_id: str, product: dict[str, Any], channel_id: str, profile_id: str
) -> None:
    found = connection.execute(
        "SELECT id FROM product WHERE tenant_id = %s AND handle = %s AND deleted_at IS NULL",
        (tenant_id, product["handle"]),
    ).fetchone()
    if found is not None:
        return
    vendor_id = None
    if product["vendor"]:
        vendor_id = _one(
            connection, "SELECT id FROM vendor WHERE tenant_id = %s AND handle = %s", tenant_id, product["vendor"]
        )["id"]
    product_id, variant_id, option_id = new_id("prod"), new_id("variant"), new_id("opt")
    options = [{"id": option_id, "title": "Size", "values": [{"id": new_id("optval"), "value": "M"}]}]
    values = {"title": product["title"], "handle": product["handle"], "status": "published", "options": dumps(options)}
    own = {"id": product_id, "tenant_id": tenant_id, "vendor_id": vendor_id, "shipping_profile_id": profile_id}
    _insert(connection, "product", {**own, **values, **_stamps()})
    _insert(connection, "product_sales_channel", {"product_id": product_id, "sales_channel_id": channel_id})
    variant = {
        "id": variant_id,
        "tenant_id": tenant_id,
        "product_id": product_id,
        "title": "M",
        "sku": f"{product['handle']}-m",
        "options": dumps({"Size": "M"}),
        "variant_rank": 0,
        "manage_inventory": True,
        "allow_backorder": False,
        "inventory_item_id": new_id("iitem"),
        "stocked_quantity": STOCK,
    }
    _insert(connection, "product_variant", {**variant, **_stamps()})
    for code in CURRENCIES:
        price = {"id": new_id("price"), "variant_id": variant_id, "currency_code": code, "amount": product[code]}
        _insert(connection, "variant_price", {**price, "created_at": "now", "updated_at": "now"})


def _named(connection: Connection[dict[str, Any]], table: str, tenant_id: str, name: str, **values: str) -> str:
    """The id of the tenant's row of this name, made if it is missing."""
    known = f"SELECT id FROM {table} WHERE tenant_id = %s AND name = %s AND deleted_at IS NULL"  # noqa: S608
    found = connection.execute(known.encode(), (tenant_id, name)).fetchone()
    if found is not None:
        return str(found["id"])
    row_id = new_id(_PREFIXES[table])
    _insert(connection, table, {"id": row_id, "tenant_id": tenant_id, "name": name, **values, **_stamps()})
    return row_id


_PREFIXES = {
    "region": "reg",
    "sales_channel": "sc",
    "stock_location": "sloc",
    "shipping_profile": "sp",
    "shipping_option": "so",
}


def _stamps() -> dict[str, str]:
    return {"created_at": "now", "updated_at": "now"}


def _one(connection: Connection[dict[str, Any]], sql: str, *values: object) -> dict[str, Any]:
    row = connection.execute(sql.encode(), values).fetchone()
    assert row is not None
    return row


def _insert(connection: Connection[dict[str, Any]], table: str, values: dict[str, Any]) -> None:
    names = ", ".join(values)
    places = ", ".join(["%s"] * len(values))
    sql = f"INSERT INTO {table} ({names}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608
    connection.execute(sql.encode(), list(values.values()))
