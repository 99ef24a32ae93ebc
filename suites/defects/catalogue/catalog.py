"""Defects of the catalogue: what the shop shows and what operators put into it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reference_impl.modules.carts.service import CartService
    from reference_impl.modules.catalog.product_schemas import Product, ProductChange, Variant
    from reference_impl.modules.catalog.products import ProductService
    from reference_impl.modules.catalog.repository import CatalogRepository
    from reference_impl.modules.catalog.schemas import RegionFacts
    from reference_impl.modules.catalog.service import CatalogService
    from suites.defects.registry import Patch

Row = dict[str, Any]


@defect("catalog.currency_in_upper_case", breaks="CAT-01")
def currency_in_upper_case(patch: Patch) -> None:
    """Regions show USD, as people write it."""
    from reference_impl.modules.catalog import service

    sound = service.CatalogService._regions

    async def shown(self: CatalogService, rows: list[Row]) -> list[RegionFacts]:
        found = await sound(self, rows)
        return [
            replace(one, region=replace(one.region, currency_code=one.region.currency_code.upper())) for one in found
        ]

    patch.setattr(service.CatalogService, "_regions", shown)


@defect("catalog.any_region_is_the_first", breaks=("CAT-01", "CAT-10", "CRT-12"))
def any_region_is_the_first(patch: Patch) -> None:
    """A region that is not found is taken for the default one."""
    from reference_impl.core.errors import NotFound
    from reference_impl.modules.catalog import service

    sound = service.CatalogService.region

    async def region(self: CatalogService, tenant_id: str, region_id: str) -> RegionFacts:
        try:
            return await sound(self, tenant_id, region_id)
        except NotFound:
            return await self.region_for(tenant_id, None)

    patch.setattr(service.CatalogService, "region", region)


@defect("catalog.search_is_ignored", breaks="CAT-02")
def search_is_ignored(patch: Patch) -> None:
    """The list takes `q` and does nothing with it."""
    from reference_impl.modules.catalog import products, repository

    def matches(q: str | None, handle: str | None, ids: Sequence[str]) -> Any:
        return repository.matches(None, handle, ids)

    patch.setattr(products, "matches", matches)


@defect("catalog.unknown_is_bad_request", breaks=("CAT-02", "CAT-04", "CAT-08"))
def unknown_is_bad_request(patch: Patch) -> None:
    """An id that no product has is the caller's mistake: 400."""
    from reference_impl.core.errors import InvalidData
    from reference_impl.modules.catalog import products

    patch.setattr(products, "_unknown", lambda product_id: InvalidData(f"There is no product {product_id}"))


@defect("catalog.first_price_for_all", breaks="CAT-03")
def first_price_for_all(patch: Patch) -> None:
    """The calculated price is the first one in the list, whatever its currency."""
    from reference_impl.modules.catalog import products
    from reference_impl.modules.catalog.schemas import CalculatedPrice

    sound = products._variant

    def variant(row: Row, options: Any, prices: list[Row], currency: str | None) -> Variant:
        made = sound(row, options, prices, currency)
        first: Any = prices[0]["amount"] if prices else 0
        return replace(made, calculated_price=CalculatedPrice(first, first, currency) if currency else None)

    patch.setattr(products, "_variant", variant)


@defect("catalog.drafts_in_the_shop", breaks="CAT-04")
def drafts_in_the_shop(patch: Patch) -> None:
    """The shop lists every product of the tenant."""
    from reference_impl.modules.catalog import products
    from reference_impl.modules.catalog.models import product

    patch.setattr(products, "in_store", lambda tenant_id: product.c.tenant_id == tenant_id)


@defect("catalog.count_of_the_page", breaks="CAT-05")
def count_of_the_page(patch: Patch) -> None:
    """The count is how many are on the page."""
    from reference_impl.modules.catalog import products

    sound = products.ProductService.page

    async def page(self: ProductService, tenant_id: str, **query: Any) -> tuple[list[Product], int]:
        rows, _ = await sound(self, tenant_id, **query)
        return rows, len(rows)

    patch.setattr(products.ProductService, "page", page)


@defect("catalog.fields_are_ignored", breaks=("CAT-06", "ORD-01"))
def fields_are_ignored(patch: Patch) -> None:
    """Everything is always answered: the client can pick for itself."""
    from reference_impl.core import fields

    sound = fields.pick
    patch.setattr(fields, "pick", lambda thing, names, hidden=frozenset(): sound(thing, None))


@defect("catalog.whole_prices", breaks="CAT-07")
def whole_prices(patch: Patch) -> None:
    """Prices pass through an integer on their way in."""
    from reference_impl.modules.catalog import products

    sound = products._variant_rows

    def variant_rows(variants: Any, product_id: str, stamps: Row) -> tuple[list[Row], list[Row]]:
        rows, prices = sound(variants, product_id, stamps)
        return rows, [{**price, "amount": int(price["amount"])} for price in prices]

    patch.setattr(products, "_variant_rows", variant_rows)


@defect("catalog.price_in_quotes", breaks="CAT-07")
def price_in_quotes(patch: Patch) -> None:
    """A price in quotation marks is taken for a number."""
    from decimal import Decimal
    from typing import Annotated

    from pydantic import BeforeValidator, Field

    from reference_impl.core import money

    def lenient(value: object) -> Decimal:
        return money._exact(Decimal(value) if isinstance(value, str) else value)

    patch.setattr(money, "NonNegativeAmount", Annotated[Decimal, BeforeValidator(lenient), Field(ge=0)])


@defect("catalog.handle_is_not_unique", breaks="CAT-07")
def handle_is_not_unique(patch: Patch) -> None:
    """Two products may have one address in the shop."""
    patch.sql("DROP INDEX IF EXISTS uq_product_handle")


@defect("catalog.change_takes_it_down", breaks="CAT-07")
def change_takes_it_down(patch: Patch) -> None:
    """What a change does not name falls back to its default: the product is a draft again."""
    from reference_impl.modules.catalog import products

    sound = products.ProductService.change

    async def change(self: ProductService, tenant_id: str, product_id: str, body: ProductChange) -> Product:
        return await sound(self, tenant_id, product_id, body.model_copy(update={"status": body.status or "draft"}))

    patch.setattr(products.ProductService, "change", change)


@defect("catalog.deleted_is_still_there", breaks=("CAT-08", "CAT-04"))
def deleted_is_still_there(patch: Patch) -> None:
    """Rows are soft-deleted, and the reads do not look at that."""
    from reference_impl.modules.catalog import repository

    patch.setattr(repository, "_mine", lambda table, tenant_id: [table.c.tenant_id == tenant_id])


@defect("catalog.shipping_in_every_currency", breaks="CAT-09")
def shipping_in_every_currency(patch: Patch) -> None:
    """Shipping options are joined with all their prices, not with the one in the cart's currency."""
    from reference_impl.modules.catalog import repository
    from reference_impl.modules.catalog.models import shipping_option, shipping_option_price

    async def shipping_options(
        self: CatalogRepository, tenant_id: str, currency: str, option_id: str | None = None
    ) -> list[Row]:
        from sqlalchemy import select

        price = shipping_option_price
        wanted = (
            select(shipping_option, price.c.amount)
            .join(price, price.c.shipping_option_id == shipping_option.c.id)
            .where(shipping_option.c.tenant_id == tenant_id)
        )
        return await self._rows(wanted if option_id is None else wanted.where(shipping_option.c.id == option_id))

    patch.setattr(repository.CatalogRepository, "shipping_options", shipping_options)


@defect("catalog.options_of_no_cart", breaks="CAT-09")
def options_of_no_cart(patch: Patch) -> None:
    """For a cart that is not found, the options of the default region are shown."""
    from reference_impl.core.errors import NotFound
    from reference_impl.modules.carts import service

    sound = service.CartService.region_of

    async def region_of(self: CartService, tenant_id: str, cart_id: str) -> RegionFacts:
        try:
            return await sound(self, tenant_id, cart_id)
        except NotFound:
            return await self._catalog.region_for(tenant_id, None)

    patch.setattr(service.CartService, "region_of", region_of)


@defect("catalog.stock_is_never_taken", breaks="CHK-05")
def stock_is_never_taken(patch: Patch) -> None:
    """Orders leave stock to the warehouse's own system."""
    from reference_impl.modules.catalog import service

    async def take(self: CatalogService, tenant_id: str, quantities: Mapping[str, int]) -> None: ...

    patch.setattr(service.CatalogService, "take", take)
    patch.setattr(service.CatalogService, "put_back", take)


@defect("catalog.stock_read_then_written", breaks=("CHK-06", "CHK-05"))
def stock_read_then_written(patch: Patch) -> None:
    """Stock is read, counted down in the application, and written back."""
    from reference_impl.modules.catalog import repository
    from reference_impl.modules.catalog.models import product_variant

    async def lock(self: CatalogRepository, tenant_id: str, variant_ids: Sequence[str]) -> None: ...

    async def reserve(self: CatalogRepository, tenant_id: str, quantities: Mapping[str, int]) -> set[str]:
        import asyncio

        from sqlalchemy import select, update

        v = product_variant
        rows = await self._rows(select(v).where(v.c.id.in_(quantities)))
        await asyncio.sleep(0.01)
        done = set()
        for row in rows:
            reserved = row["reserved_quantity"] + quantities[row["id"]]
            if not row["manage_inventory"]:
                done.add(row["id"])
            elif reserved <= row["stocked_quantity"]:
                await self._work.execute(update(v).where(v.c.id == row["id"]).values(reserved_quantity=reserved))
                done.add(row["id"])
        return done

    patch.setattr(repository.CatalogRepository, "lock_variants", lock)
    patch.setattr(repository.CatalogRepository, "reserve", reserve)


@defect("catalog.rows_locked_as_they_come", breaks="CHK-06")
def rows_locked_as_they_come(patch: Patch) -> None:
    """The rows are locked in the order of the cart's lines: two carts with the same goods wait for each other."""
    from reference_impl.modules.catalog import repository
    from reference_impl.modules.catalog.models import product_variant

    async def lock(self: CatalogRepository, tenant_id: str, variant_ids: Sequence[str]) -> None:
        from sqlalchemy import select

        for variant_id in variant_ids:
            await self._work.execute(
                select(product_variant.c.id).where(product_variant.c.id == variant_id).with_for_update(key_share=True)
            )

    patch.setattr(repository.CatalogRepository, "lock_variants", lock)
