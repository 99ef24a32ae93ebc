"""Routes of the catalogue: what the shop shows, and what operators make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from reference_impl.core.auth import Admin, Shop, Viewer
from reference_impl.core.caching import PublicForAMinute
from reference_impl.core.errors import (
    Duplicate,
    Forbidden,
    InvalidData,
    NoPublishableKey,
    NotFound,
    TooLarge,
    Unauthorized,
    errors,
)
from reference_impl.core.fields import Fields, envelope, pick
from reference_impl.core.ids import EntityId
from reference_impl.core.pagination import Limit, Offset
from reference_impl.core.routing import PlatformRoute
from reference_impl.modules.carts.service import Carts
from reference_impl.modules.catalog.product_schemas import NewProduct, ProductChange, ProductEnvelope, ProductList
from reference_impl.modules.catalog.products import Products
from reference_impl.modules.catalog.schemas import (
    Deleted,
    InventoryItemEnvelope,
    InventoryItemList,
    LevelChange,
    NewLevel,
    NewPromotion,
    PromotionEnvelope,
    PromotionList,
    RegionEnvelope,
    RegionList,
    SalesChannelList,
    ShippingOptionList,
    ShippingProfileList,
    StockLocationList,
)
from reference_impl.modules.catalog.service import Catalog

router = APIRouter(route_class=PlatformRoute, tags=["catalog"])

PAGE = 50  # what Medusa's catalogue lists show when nothing is said
_IN_SHOP = frozenset(
    {
        "status",
        "sales_channels",
        "vendor_id",
        "variants.prices",
        "variants.inventory_items",
        "variants.inventory_quantity",
        "variants.calculated_price",
    }
)
_FOR_OPERATORS = frozenset({"variants.inventory_items", "variants.inventory_quantity", "variants.calculated_price"})

ProductOrder = Annotated[
    Literal["created_at", "-created_at", "updated_at", "-updated_at", "title", "-title", "handle", "-handle"],
    Query(description="By what to sort; with - from the top"),
]
Text = Annotated[str | None, Query(max_length=255)]


@dataclass(frozen=True, slots=True)
class Search:
    """Which products to list, and in what order."""

    order: ProductOrder = "-created_at"
    q: Text = None
    handle: Text = None


Searched = Annotated[Search, Depends()]

_read = errors(InvalidData, NoPublishableKey)
_read_one = errors(InvalidData, NoPublishableKey, NotFound)
_list = errors(InvalidData, Unauthorized, Forbidden)
_change = errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge)


@router.get("/store/regions", responses=_read)
async def list_regions(
    shop: Shop,
    catalog: Catalog,
    cached: PublicForAMinute,
    limit: Limit = PAGE,
    offset: Offset = 0,
    fields: Fields = None,
) -> RegionList:
    """Where the shop sells, and in which currency."""
    rows, count = await catalog.regions(shop.tenant_id, order="created_at", limit=limit, offset=offset)
    return envelope(RegionList, regions=[pick(row, fields) for row in rows], count=count, offset=offset, limit=limit)


@router.get("/store/regions/{region_id}", responses=_read_one)
async def read_region(
    region_id: EntityId, shop: Shop, catalog: Catalog, cached: PublicForAMinute, fields: Fields = None
) -> RegionEnvelope:
    """One region."""
    return envelope(RegionEnvelope, region=pick((await catalog.region(shop.tenant_id, region_id)).region, fields))


@router.get("/store/products", responses=_read_one)
async def list_products(
    shop: Shop,
    products: Products,
    catalog: Catalog,
    search: Searched,
    cached: PublicForAMinute,
    limit: Limit = PAGE,
    offset: Offset = 0,
    fields: Fields = None,
    region_id: Text = None,
) -> ProductList:
    """What the shop offers; with a region also what it costs there."""
    currency = (await catalog.region(shop.tenant_id, region_id)).region.currency_code if region_id else None
    rows, count = await products.page(
        shop.tenant_id,
        shop=True,
        currency=currency,
        order=search.order,
        q=search.q,
        handle=search.handle,
        limit=limit,
        offset=offset,
    )
    return envelope(
        ProductList, products=[pick(row, fields, _IN_SHOP) for row in rows], count=count, offset=offset, limit=limit
    )


@router.get("/store/products/{product_id}", responses=_read_one)
async def read_product(
    product_id: EntityId,
    shop: Shop,
    products: Products,
    catalog: Catalog,
    cached: PublicForAMinute,
    fields: Fields = None,
    region_id: Text = None,
) -> ProductEnvelope:
    """One product that the shop offers."""
    currency = (await catalog.region(shop.tenant_id, region_id)).region.currency_code if region_id else None
    found = await products.get(shop.tenant_id, product_id, currency=currency, shop=True)
    return envelope(ProductEnvelope, product=pick(found, fields, _IN_SHOP))


@router.get("/store/shipping-options", responses=_read_one)
async def list_shipping_options(
    shop: Shop, catalog: Catalog, carts: Carts, cart_id: Annotated[str, Query(max_length=64)]
) -> ShippingOptionList:
    """The ways to have a cart sent, with their prices."""
    region = await carts.region_of(shop.tenant_id, cart_id)
    return ShippingOptionList(await catalog.shipping_options(shop.tenant_id, region.region.currency_code))


@router.get("/admin/products", responses=_list)
async def list_all_products(
    operator: Viewer,
    products: Products,
    search: Searched,
    limit: Limit = PAGE,
    offset: Offset = 0,
    fields: Fields = None,
) -> ProductList:
    """The tenant's products, published or not."""
    rows, count = await products.page(
        operator.tenant_id, order=search.order, q=search.q, handle=search.handle, limit=limit, offset=offset
    )
    shown = [pick(row, fields, _FOR_OPERATORS) for row in rows]
    return envelope(ProductList, products=shown, count=count, offset=offset, limit=limit)


@router.post("/admin/products", responses=errors(InvalidData, Unauthorized, Forbidden, TooLarge, Duplicate))
async def create_product(
    body: NewProduct, operator: Admin, products: Products, fields: Fields = None
) -> ProductEnvelope:
    """A product with its variants and their prices."""
    made = await products.create(operator.tenant_id, body)
    return envelope(ProductEnvelope, product=pick(made, fields, _FOR_OPERATORS))


@router.get("/admin/products/{product_id}", responses=errors(InvalidData, Unauthorized, Forbidden, NotFound))
async def read_any_product(
    product_id: EntityId, operator: Viewer, products: Products, fields: Fields = None
) -> ProductEnvelope:
    """One product of the tenant."""
    found = await products.get(operator.tenant_id, product_id)
    return envelope(ProductEnvelope, product=pick(found, fields, _FOR_OPERATORS))


@router.post(
    "/admin/products/{product_id}",
    responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge, Duplicate),
)
async def change_product(
    product_id: EntityId, body: ProductChange, operator: Admin, products: Products, fields: Fields = None
) -> ProductEnvelope:
    """Change a product; what the body does not name stays."""
    changed = await products.change(operator.tenant_id, product_id, body)
    return envelope(ProductEnvelope, product=pick(changed, fields, _FOR_OPERATORS))


@router.delete("/admin/products/{product_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def delete_product(product_id: EntityId, operator: Admin, products: Products) -> Deleted:
    """Take a product out of the catalogue; orders that have it keep it."""
    await products.delete(operator.tenant_id, product_id)
    return Deleted(product_id, "product")


@router.get("/admin/regions", responses=_list)
async def list_all_regions(
    operator: Viewer, catalog: Catalog, limit: Limit = PAGE, offset: Offset = 0, fields: Fields = None
) -> RegionList:
    """The tenant's regions."""
    rows, count = await catalog.regions(operator.tenant_id, order="created_at", limit=limit, offset=offset)
    return envelope(RegionList, regions=[pick(row, fields) for row in rows], count=count, offset=offset, limit=limit)


@router.get("/admin/sales-channels", responses=_list)
async def list_sales_channels(
    operator: Viewer, catalog: Catalog, limit: Limit = PAGE, offset: Offset = 0
) -> SalesChannelList:
    """The tenant's sales channels."""
    rows, count = await catalog.sales_channels(operator.tenant_id, limit=limit, offset=offset)
    return SalesChannelList(rows, count, offset, limit)


@router.get("/admin/stock-locations", responses=_list)
async def list_stock_locations(
    operator: Viewer, catalog: Catalog, limit: Limit = PAGE, offset: Offset = 0
) -> StockLocationList:
    """Where the tenant keeps its stock."""
    rows, count = await catalog.stock_locations(operator.tenant_id, limit=limit, offset=offset)
    return StockLocationList(rows, count, offset, limit)


@router.get("/admin/shipping-profiles", responses=_list)
async def list_shipping_profiles(
    operator: Viewer, catalog: Catalog, limit: Limit = PAGE, offset: Offset = 0
) -> ShippingProfileList:
    """What kinds of things the tenant sends."""
    rows, count = await catalog.shipping_profiles(operator.tenant_id, limit=limit, offset=offset)
    return ShippingProfileList(rows, count, offset, limit)


@router.get("/admin/inventory-items", responses=_list)
async def list_inventory_items(
    operator: Viewer, catalog: Catalog, limit: Limit = PAGE, offset: Offset = 0, sku: Text = None
) -> InventoryItemList:
    """What there is of each variant whose stock is managed."""
    rows, count = await catalog.inventory(operator.tenant_id, sku=sku, limit=limit, offset=offset)
    return InventoryItemList(rows, count, offset, limit)


@router.get("/admin/inventory-items/{item_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_inventory_item(item_id: EntityId, operator: Viewer, catalog: Catalog) -> InventoryItemEnvelope:
    """What there is of one."""
    return InventoryItemEnvelope(await catalog.inventory_item(operator.tenant_id, item_id))


@router.post("/admin/inventory-items/{item_id}/location-levels", responses=_change)
async def set_level(item_id: EntityId, body: NewLevel, operator: Admin, catalog: Catalog) -> InventoryItemEnvelope:
    """Say how many there are at a location."""
    return InventoryItemEnvelope(
        await catalog.set_level(operator.tenant_id, item_id, body.location_id, body.stocked_quantity)
    )


@router.post("/admin/inventory-items/{item_id}/location-levels/{location_id}", responses=_change)
async def change_level(
    item_id: EntityId, location_id: EntityId, body: LevelChange, operator: Admin, catalog: Catalog
) -> InventoryItemEnvelope:
    """Say how many there are now at a location."""
    return InventoryItemEnvelope(
        await catalog.set_level(operator.tenant_id, item_id, location_id, body.stocked_quantity)
    )


@router.get("/admin/promotions", responses=_list)
async def list_promotions(
    operator: Viewer, catalog: Catalog, limit: Limit = PAGE, offset: Offset = 0, code: Text = None
) -> PromotionList:
    """The tenant's promotions, newest first; or the one of a code."""
    rows, count = await catalog.promotions(operator.tenant_id, code, limit=limit, offset=offset)
    return PromotionList(rows, count, offset, limit)


@router.post("/admin/promotions", responses=errors(InvalidData, Unauthorized, Forbidden, TooLarge, Duplicate))
async def create_promotion(body: NewPromotion, operator: Admin, catalog: Catalog) -> PromotionEnvelope:
    """A code that lowers the price of a cart."""
    return PromotionEnvelope(await catalog.create_promotion(operator.tenant_id, body))


@router.delete("/admin/promotions/{promotion_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def delete_promotion(promotion_id: EntityId, operator: Admin, catalog: Catalog) -> Deleted:
    """Take a promotion back: carts lose it, orders keep what it gave."""
    await catalog.delete_promotion(operator.tenant_id, promotion_id)
    return Deleted(promotion_id, "promotion")
