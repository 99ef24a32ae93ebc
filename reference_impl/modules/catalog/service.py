"""What can be bought, where, for how much, and how much of it there is. Other modules ask here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import Duplicate, InvalidData, NotAllowed, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.money import CURRENCIES, decimals
from reference_impl.core.routing import work_of
from reference_impl.modules.catalog.countries import COUNTRIES
from reference_impl.modules.catalog.models import promotion
from reference_impl.modules.catalog.repository import CatalogRepository
from reference_impl.modules.catalog.schemas import (
    CalculatedPrice,
    Country,
    Discount,
    InventoryItem,
    LocationLevel,
    Priced,
    ProductFacts,
    Promotion,
    Region,
    RegionFacts,
    SalesChannel,
    ShippingOption,
    ShippingOptionType,
    ShippingProfile,
    StockLocation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from reference_impl.core.database import Work
    from reference_impl.modules.catalog.repository import Row
    from reference_impl.modules.catalog.schemas import NewPromotion

__all__ = [
    "Catalog",
    "CatalogService",
    "InsufficientInventory",
    "Priced",
    "ProductFacts",
    "Promotion",
    "Region",
    "RegionFacts",
    "ShippingOption",
    "digits",
]

NO_INVENTORY = "Some variant does not have the required inventory"


class InsufficientInventory(NotAllowed):
    """There is less of it than was asked for."""

    code, default = "insufficient_inventory", NO_INVENTORY


def digits(amount: Decimal, currency: str) -> None:
    """Raises InvalidData for a currency that the platform does not know, or an amount with more digits than it has."""
    if currency not in CURRENCIES:
        raise InvalidData(f"currency_code: {currency} is not an ISO 4217 code that the platform knows")
    if decimals(amount) > CURRENCIES[currency]:
        raise InvalidData(f"amount: {currency} has {CURRENCIES[currency]} digits behind the point")


class CatalogService:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._catalog = CatalogRepository(work)

    # --- Variants and stock -----------------------------------------------------------------------------------------

    async def price(self, tenant_id: str, currency: str, variant_ids: Sequence[str]) -> dict[str, Priced]:
        """Those of the variants that can be bought: published, not deleted, with a price in this currency."""
        rows = await self._catalog.buyable(tenant_id, currency, variant_ids)
        return {row["variant_id"]: Priced(**row) for row in rows}

    async def product(self, tenant_id: str, product_id: str, *, deleted: bool = False) -> ProductFacts:
        """A product, published or not; `deleted`: also one that is gone, which orders may still name.

        Raises NotFound.
        """
        row = await self._catalog.product(tenant_id, product_id)
        if row is None or (row["deleted_at"] is not None and not deleted):
            raise NotFound(f"Product with id: {product_id} was not found")
        variants = await self._catalog.variants([product_id])
        own = {name: row[name] for name in ("id", "vendor_id", "title", "handle", "status")}
        return ProductFacts(**own, metadata=row["metadata"] or {}, variant_ids=[one["id"] for one in variants])

    async def take(self, tenant_id: str, quantities: Mapping[str, int]) -> None:
        """Reserve so many of each variant, all or nothing; raises InsufficientInventory.

        All or nothing is the caller's transaction, which must not go on after the error.
        """
        if quantities:
            await self._catalog.lock_variants(tenant_id, list(quantities))
            if await self._catalog.reserve(tenant_id, quantities) != set(quantities):
                raise InsufficientInventory

    async def put_back(self, tenant_id: str, quantities: Mapping[str, int]) -> None:
        """Give back what `take` has reserved."""
        if quantities:
            await self._catalog.lock_variants(tenant_id, list(quantities))
            await self._catalog.release(tenant_id, quantities)

    async def adjust_stock(self, tenant_id: str, variant_id: str, quantity: int) -> int:
        """Put so many more into stock (negative: take out); what can be sold now.

        Raises InvalidData when the variant has no stock of that size to take out, or none that is managed at all.
        """
        row = await self._catalog.add_stock(tenant_id, variant_id, quantity)
        if row is None:
            raise InvalidData(f"Variant {variant_id} has no stock that could change by {quantity}")
        return int(row["stocked_quantity"] - row["reserved_quantity"])

    async def variant_ids(self, tenant_id: str, product_id: str) -> list[str]:
        """The variants of a product, in the order in which it shows them; raises NotFound."""
        if await self._catalog.find("products", tenant_id, id=product_id) is None:
            raise NotFound(f"Product with id: {product_id} was not found")
        return [row["id"] for row in await self._catalog.variants([product_id])]

    async def restock(self, tenant_id: str, product_id: str, quantity: int) -> bool:
        """Put so many more of a product into stock, into its first variant that has one; whether there is such."""
        variants = await self._catalog.variants([product_id])
        managed = [one["id"] for one in variants if one["tenant_id"] == tenant_id and one["manage_inventory"]]
        if managed:
            await self.adjust_stock(tenant_id, managed[0], quantity)
        return bool(managed)

    async def inventory(
        self, tenant_id: str, *, limit: int, offset: int, sku: str | None = None, item_id: str | None = None
    ) -> tuple[list[InventoryItem], int]:
        """One page of what variants are taken from, and how much there is of it."""
        asked = {"sku": sku, "inventory_item_id": item_id}
        equal = {name: value for name, value in asked.items() if value is not None}
        rows, count = await self._catalog.inventory(tenant_id, limit=limit, offset=offset, **equal)
        location_id = await self._location_id(tenant_id)
        return [_inventory_item(row, location_id) for row in rows], count

    async def inventory_item(self, tenant_id: str, item_id: str) -> InventoryItem:
        found, _ = await self.inventory(tenant_id, limit=1, offset=0, item_id=item_id)
        if not found:
            raise NotFound(f"InventoryItem with id: {item_id} was not found")
        return found[0]

    async def set_level(self, tenant_id: str, item_id: str, location_id: str, quantity: int) -> InventoryItem:
        """Say how many there are; raises NotFound, or InvalidData when more than that are sold already."""
        await self.inventory_item(tenant_id, item_id)
        if location_id != await self._location_id(tenant_id):
            raise NotFound(f"StockLocation with id: {location_id} was not found")
        if await self._catalog.count_stock(tenant_id, item_id, quantity) is None:
            raise InvalidData(f"stocked_quantity: more than {quantity} are sold and not yet sent")
        return await self.inventory_item(tenant_id, item_id)

    async def _location_id(self, tenant_id: str) -> str:
        found, _ = await self._catalog.page("stock_locations", tenant_id, order="created_at", limit=1, offset=0)
        return str(found[0]["id"]) if found else ""

    # --- Regions, channels, shipping --------------------------------------------------------------------------------

    async def region(self, tenant_id: str, region_id: str) -> RegionFacts:
        """A region and its tax rate in percent; raises NotFound."""
        row = await self._catalog.find("regions", tenant_id, id=region_id)
        if row is None:
            raise NotFound(f"Region with id: {region_id} was not found")
        return (await self._regions([row]))[0]

    async def region_for(self, tenant_id: str, currency: str | None) -> RegionFacts:
        """Where a cart belongs that names no region: the tenant's first one, in the currency if one is named."""
        row = await self._catalog.region_of_currency(tenant_id, currency)
        if row is None:
            raise InvalidData(f"No region sells in {currency}" if currency else "No region to sell in")
        return (await self._regions([row]))[0]

    async def regions(self, tenant_id: str, *, order: str, limit: int, offset: int) -> tuple[list[Region], int]:
        rows, count = await self._catalog.page("regions", tenant_id, order=order, limit=limit, offset=offset)
        return [facts.region for facts in await self._regions(rows)], count

    async def _regions(self, rows: list[Row]) -> list[RegionFacts]:
        countries: dict[str, list[Country]] = {row["id"]: [] for row in rows}
        for found in await self._catalog.countries(list(countries)):
            iso_3, number, name = COUNTRIES[found["iso_2"]]
            countries[found["region_id"]].append(
                Country(found["iso_2"], iso_3, number, name.upper(), name, found["region_id"])
            )
        return [RegionFacts(_made(Region, row, countries=countries[row["id"]]), row["tax_rate"]) for row in rows]

    async def sales_channels(self, tenant_id: str, *, limit: int, offset: int) -> tuple[list[SalesChannel], int]:
        rows, count = await self._catalog.page(
            "sales_channels", tenant_id, order="created_at", limit=limit, offset=offset
        )
        return [_made(SalesChannel, row) for row in rows], count

    async def sales_channel_id(self, tenant_id: str, channel_id: str | None) -> str:
        """The channel of this id, or the tenant's first; raises InvalidData."""
        if channel_id is None:
            found, _ = await self._catalog.page("sales_channels", tenant_id, order="created_at", limit=1, offset=0)
        else:
            found = await self._catalog.having("sales_channels", tenant_id, [channel_id])
        if not found or found[0]["is_disabled"]:
            raise InvalidData(f"Sales channel {channel_id or ''} is not one of the publishable key")
        return str(found[0]["id"])

    async def stock_locations(self, tenant_id: str, *, limit: int, offset: int) -> tuple[list[StockLocation], int]:
        rows, count = await self._catalog.page(
            "stock_locations", tenant_id, order="created_at", limit=limit, offset=offset
        )
        return [_made(StockLocation, row) for row in rows], count

    async def shipping_profiles(self, tenant_id: str, *, limit: int, offset: int) -> tuple[list[ShippingProfile], int]:
        rows, count = await self._catalog.page(
            "shipping_profiles", tenant_id, order="created_at", limit=limit, offset=offset
        )
        return [_made(ShippingProfile, row) for row in rows], count

    async def shipping_options(self, tenant_id: str, currency: str) -> list[ShippingOption]:
        """The ways to have things sent that have a price in this currency."""
        return [_shipping_option(row, currency) for row in await self._catalog.shipping_options(tenant_id, currency)]

    async def shipping_option(self, tenant_id: str, currency: str, option_id: str) -> ShippingOption:
        """One of them; raises InvalidData, as Medusa does for an option that this cart cannot have."""
        found = await self._catalog.shipping_options(tenant_id, currency, option_id)
        if not found:
            raise InvalidData(f"Shipping Options are invalid for cart: {option_id}")
        return _shipping_option(found[0], currency)

    # --- Promotions -------------------------------------------------------------------------------------------------

    async def create_promotion(self, tenant_id: str, body: NewPromotion) -> Promotion:
        """A promotion with a code of its own; raises Duplicate or InvalidData."""
        method = body.application_method
        if method.type == "fixed":
            digits(method.value, method.currency_code or "")
        elif method.value > 100:
            raise InvalidData("application_method.value: a percentage is at most 100")
        now = self._work.now()
        promotion_id = new_id("promo")
        values = {
            "id": promotion_id,
            "tenant_id": tenant_id,
            "code": body.code,
            "type": method.type,
            "value": method.value,
            "currency_code": method.currency_code if method.type == "fixed" else None,
            "status": body.status,
            "created_at": now,
            "updated_at": now,
        }
        try:
            await self._catalog.insert("promotions", values)
        except UniqueViolation:
            raise Duplicate(f"Promotion with code: {body.code}, already exists.") from None
        return _promotion({**values, "deleted_at": None})

    async def promotions(
        self, tenant_id: str, code: str | None, *, limit: int, offset: int
    ) -> tuple[list[Promotion], int]:
        of_code = [] if code is None else [promotion.c.code == code]
        rows, count = await self._catalog.page(
            "promotions", tenant_id, *of_code, order="-created_at", limit=limit, offset=offset
        )
        return [_promotion(row) for row in rows], count

    async def promotion(self, tenant_id: str, code: str) -> Promotion:
        """The active promotion of this code; raises InvalidData, as Medusa does."""
        row = await self._catalog.find("promotions", tenant_id, code=code, status="active")
        if row is None:
            raise InvalidData(f"The promotion code {code} is invalid")
        return _promotion(row)

    async def promotions_by_id(self, tenant_id: str, ids: Sequence[str], *, ended: bool) -> dict[str, Promotion]:
        """Promotions by their ids: those that are active, and with `ended` also those that no longer are."""
        rows = await self._catalog.promotions_of_cart(tenant_id, ids) if ids else []
        kept = [row for row in rows if ended or (row["status"] == "active" and row["deleted_at"] is None)]
        return {row["id"]: _promotion(row) for row in kept}

    async def delete_promotion(self, tenant_id: str, promotion_id: str) -> None:
        if not await self._catalog.change("promotions", tenant_id, promotion_id, {"deleted_at": self._work.now()}):
            raise NotFound(f"Promotion with id: {promotion_id} was not found")


def _made(kind: Any, row: Row, **more: Any) -> Any:
    """A dataclass from the columns of a row that it knows."""
    known = kind.__dataclass_fields__
    return kind(**{name: value for name, value in row.items() if name in known}, **more)


def _shipping_option(row: Row, currency: str) -> ShippingOption:
    return ShippingOption(
        id=row["id"],
        name=row["name"],
        shipping_profile_id=row["shipping_profile_id"],
        amount=row["amount"],
        type=ShippingOptionType(row["code"], row["name"], row["description"]),
        calculated_price=CalculatedPrice(row["amount"], row["amount"], currency),
    )


def _promotion(row: Row) -> Promotion:
    return _made(  # type: ignore[no-any-return]
        Promotion,
        {name: value for name, value in row.items() if name != "type"},
        application_method=Discount(row["type"], row["value"], row["currency_code"]),
    )


def _inventory_item(row: Row, location_id: str) -> InventoryItem:
    stocked, reserved = row["stocked_quantity"], row["reserved_quantity"]
    return InventoryItem(
        id=row["inventory_item_id"],
        sku=row["sku"],
        title=row["title"],
        stocked_quantity=stocked,
        reserved_quantity=reserved,
        location_levels=[LocationLevel(location_id, stocked, reserved, stocked - reserved)],
    )


async def _service(request: Request) -> CatalogService:
    return CatalogService(work_of(request))


Catalog = Annotated[CatalogService, Depends(_service)]
