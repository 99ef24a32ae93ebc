"""Products: how operators make and change them, and how they are shown."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import Duplicate, InvalidData, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.routing import work_of
from reference_impl.modules.catalog.product_schemas import (
    InventoryLink,
    Option,
    OptionValue,
    Price,
    Product,
    Variant,
    VariantOption,
)
from reference_impl.modules.catalog.repository import CatalogRepository, in_store, matches
from reference_impl.modules.catalog.schemas import CalculatedPrice, SalesChannel
from reference_impl.modules.catalog.service import digits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reference_impl.core.database import Work
    from reference_impl.modules.catalog.product_schemas import NewProduct, NewVariant, ProductChange
    from reference_impl.modules.catalog.repository import Row


class ProductService:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._catalog = CatalogRepository(work)

    async def create(self, tenant_id: str, body: NewProduct) -> Product:
        """A product with its variants and prices; raises InvalidData or Duplicate (handle, sku)."""
        await self._check(tenant_id, body)
        product_id = new_id("prod")
        now = self._work.now()
        stamps = {"tenant_id": tenant_id, "created_at": now, "updated_at": now}
        own = ("title", "subtitle", "description", "status", "thumbnail", "is_giftcard", "discountable", "external_id")
        values = {name: getattr(body, name) for name in (*own, "shipping_profile_id", "metadata")} | {
            "id": product_id,
            "handle": body.handle or slug(body.title) or product_id.lower().replace("_", "-"),
            "vendor_id": body.additional_data.vendor_id if body.additional_data else None,
            "options": [
                {
                    "id": new_id("opt"),
                    "title": option.title,
                    "values": [{"id": new_id("optval"), "value": value} for value in option.values],
                }
                for option in body.options
            ],
        }
        rows, prices = _variant_rows(body.variants, product_id, stamps)
        try:
            await self._catalog.insert("products", values | stamps)
            await self._catalog.insert_variants(rows, prices)
        except UniqueViolation as taken:
            what = f"Product with handle: {values['handle']}"
            if taken.constraint == "uq_product_variant_sku":
                what = "Product variant with the sku"
            raise Duplicate(f"{what}, already exists.") from None
        await self._catalog.offer(product_id, [channel.id for channel in body.sales_channels])
        return await self.get(tenant_id, product_id)

    async def _check(self, tenant_id: str, body: NewProduct) -> None:
        """What a product refers to must be the tenant's, and its variants must fit its options."""
        channel_ids = {channel.id for channel in body.sales_channels}
        if len(await self._catalog.having("sales_channels", tenant_id, list(channel_ids))) != len(channel_ids):
            raise InvalidData("sales_channels: Sales Channels do not exist")
        profile_id = body.shipping_profile_id
        if profile_id and not await self._catalog.having("shipping_profiles", tenant_id, [profile_id]):
            raise InvalidData(f"shipping_profile_id: {profile_id} does not exist")
        await self._check_vendor(tenant_id, body.additional_data.vendor_id if body.additional_data else None)
        allowed = {option.title: set(option.values) for option in body.options}
        for variant in body.variants:
            for title, value in variant.options.items():
                if value not in allowed.get(title, ()):
                    raise InvalidData(f"Option value {value} does not exist for option {title}")
            if len({price.currency_code for price in variant.prices}) != len(variant.prices):
                raise InvalidData(f"prices: variant {variant.title} has two prices in one currency")
            for price in variant.prices:
                digits(price.amount, price.currency_code)

    async def _check_vendor(self, tenant_id: str, vendor_id: str | None) -> None:
        if vendor_id is not None and not await self._catalog.has_vendor(tenant_id, vendor_id):
            raise InvalidData(f"additional_data.vendor_id: {vendor_id} does not exist")

    async def change(self, tenant_id: str, product_id: str, body: ProductChange) -> Product:
        """Change what is named in the body; raises NotFound, InvalidData or Duplicate (handle)."""
        values = body.model_dump(exclude_unset=True, exclude={"additional_data"})
        for name in ("title", "handle", "status", "discountable"):
            if name in values and values[name] is None:
                raise InvalidData(f"{name}: must not be null")
        if body.additional_data is not None and "vendor_id" in body.additional_data.model_fields_set:
            await self._check_vendor(tenant_id, body.additional_data.vendor_id)
            values["vendor_id"] = body.additional_data.vendor_id
        try:
            found = await self._catalog.change("products", tenant_id, product_id, values)
        except UniqueViolation:
            raise Duplicate(f"Product with handle: {values['handle']}, already exists.") from None
        if not found:
            raise _unknown(product_id)
        return await self.get(tenant_id, product_id)

    async def delete(self, tenant_id: str, product_id: str) -> None:
        if not await self._catalog.delete_product(tenant_id, product_id):
            raise _unknown(product_id)

    async def get(self, tenant_id: str, product_id: str, *, currency: str | None = None, shop: bool = False) -> Product:
        """One product with prices in a currency; `shop`: only if the shop shows it."""
        found, _ = await self.page(tenant_id, currency=currency, shop=shop, ids=[product_id], limit=1, offset=0)
        if not found:
            raise _unknown(product_id)
        return found[0]

    async def page(
        self,
        tenant_id: str,
        *,
        limit: int,
        offset: int,
        currency: str | None = None,
        shop: bool = False,
        order: str = "created_at",
        q: str | None = None,
        handle: str | None = None,
        ids: Sequence[str] = (),
    ) -> tuple[list[Product], int]:
        """One page of the tenant's products, and how many there are."""
        conditions = matches(q, handle, ids)
        if shop:
            conditions.append(in_store(tenant_id))
        rows, count = await self._catalog.page(
            "products", tenant_id, *conditions, order=order, limit=limit, offset=offset
        )
        return await self._products(rows, currency), count

    async def _products(self, rows: list[Row], currency: str | None) -> list[Product]:
        ids = [row["id"] for row in rows]
        if not ids:
            return []
        prices = _grouped(await self._catalog.prices(ids), "variant_id")
        variants = _grouped(await self._catalog.variants(ids), "product_id")
        channels = _grouped(await self._catalog.channels(ids), "product_id")
        products = []
        for row in rows:
            options = [
                Option(option["id"], option["title"], [OptionValue(**value) for value in option["values"]])
                for option in row["options"]
            ]
            products.append(
                Product(
                    **{name: row[name] for name in _PRODUCT},
                    options=options,
                    variants=[_variant(one, options, prices[one["id"]], currency) for one in variants[row["id"]]],
                    sales_channels=[
                        SalesChannel(**{name: one[name] for name in SalesChannel.__dataclass_fields__})
                        for one in channels[row["id"]]
                    ],
                )
            )
        return products


_NESTED = {"options", "variants", "sales_channels", "prices", "inventory_items", "inventory_quantity"}
_PRODUCT = [name for name in Product.__dataclass_fields__ if name not in _NESTED]
_VARIANT = [name for name in Variant.__dataclass_fields__ if name not in _NESTED | {"calculated_price"}]


def slug(title: str) -> str:
    """A handle made of a title: "Prayer rug" becomes prayer-rug."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:255]


def _unknown(product_id: str) -> NotFound:
    return NotFound(f"Product with id: {product_id} was not found")


def _variant_rows(variants: Iterable[NewVariant], product_id: str, stamps: Row) -> tuple[list[Row], list[Row]]:
    rows, prices = [], []
    for rank, variant in enumerate(variants):
        variant_id = new_id("variant")
        own = ("title", "sku", "barcode", "manage_inventory", "allow_backorder", "options", "metadata")
        rows.append(
            {name: getattr(variant, name) for name in own}
            | stamps
            | {
                "id": variant_id,
                "product_id": product_id,
                "variant_rank": rank,
                "inventory_item_id": new_id("iitem") if variant.manage_inventory else None,
            }
        )
        prices += [
            {
                "id": new_id("price"),
                "variant_id": variant_id,
                "currency_code": price.currency_code,
                "amount": price.amount,
                "created_at": stamps["created_at"],
                "updated_at": stamps["updated_at"],
            }
            for price in variant.prices
        ]
    return rows, prices


def _grouped(rows: list[Row], by: str) -> defaultdict[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[by]].append(row)
    return groups


def _variant(row: Row, options: list[Option], prices: list[Row], currency: str | None) -> Variant:
    chosen = [
        VariantOption(value.id, value.value, option.id, {"id": option.id, "title": option.title})
        for option in options
        for value in option.values
        if row["options"].get(option.title) == value.value
    ]
    price = next((one["amount"] for one in prices if one["currency_code"] == currency), None)
    managed = row["manage_inventory"]
    more: dict[str, Any] = {
        "options": chosen,
        "prices": [Price(one["id"], one["currency_code"], one["amount"]) for one in prices],
        "inventory_items": [InventoryLink(row["inventory_item_id"], row["id"])] if managed else [],
        "inventory_quantity": row["stocked_quantity"] - row["reserved_quantity"] if managed else None,
        "calculated_price": None if price is None or currency is None else CalculatedPrice(price, price, currency),
    }
    return Variant(**{name: row[name] for name in _VARIANT}, **more)


async def _service(request: Request) -> ProductService:
    return ProductService(work_of(request))


Products = Annotated[ProductService, Depends(_service)]
