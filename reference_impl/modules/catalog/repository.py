"""The SQL of the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Text, and_, case, column, func, literal, or_, select, text, update, values
from sqlalchemy.dialects.postgresql import insert

from reference_impl.modules.catalog.models import (
    product,
    product_sales_channel,
    product_variant,
    promotion,
    region,
    region_country,
    sales_channel,
    shipping_option,
    shipping_option_price,
    shipping_profile,
    stock_location,
    variant_price,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Table

    from reference_impl.core.database import Work

Row = dict[str, Any]

LISTS: dict[str, Table] = {
    "sales_channels": sales_channel,
    "stock_locations": stock_location,
    "shipping_profiles": shipping_profile,
    "regions": region,
    "promotions": promotion,
    "products": product,
}
SORTABLE = ("created_at", "updated_at", "title", "handle", "id", "name", "code")

_VENDOR = text("SELECT id FROM vendor WHERE tenant_id = :tenant_id AND id = :id AND deleted_at IS NULL")

_BUYABLE = (
    select(
        product_variant.c.id.label("variant_id"),
        product_variant.c.product_id,
        product.c.vendor_id,
        product.c.title.label("product_title"),
        product.c.handle.label("product_handle"),
        product.c.thumbnail,
        product_variant.c.title.label("variant_title"),
        product_variant.c.sku,
        variant_price.c.currency_code,
        variant_price.c.amount.label("unit_price"),
        product_variant.c.manage_inventory,
        product_variant.c.allow_backorder,
        (product_variant.c.stocked_quantity - product_variant.c.reserved_quantity).label("available"),
        product.c.shipping_profile_id.is_not(None).label("requires_shipping"),
        product.c.discountable,
        func.coalesce(product.c.metadata, func.jsonb_build_object()).label("product_metadata"),
        func.coalesce(product_variant.c.metadata, func.jsonb_build_object()).label("variant_metadata"),
    )
    .join(product, product.c.id == product_variant.c.product_id)
    .join(variant_price, variant_price.c.variant_id == product_variant.c.id)
    .where(
        product.c.status == "published",
        product.c.deleted_at.is_(None),
        product_variant.c.deleted_at.is_(None),
    )
)


class CatalogRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def _rows(self, statement: Any, parameters: Any = None) -> list[Row]:
        return [dict(row) for row in (await self._work.execute(statement, parameters)).mappings()]

    async def _one(self, statement: Any) -> Row | None:
        row = (await self._work.execute(statement)).mappings().one_or_none()
        return None if row is None else dict(row)

    # --- Any of the lists -------------------------------------------------------------------------------------------

    async def find(self, kind: str, tenant_id: str, **equal: object) -> Row | None:
        """The row of one of LISTS with these values, or None."""
        table = LISTS[kind]
        mine = _mine(table, tenant_id)
        return await self._one(select(table).where(*mine, *(table.c[name] == value for name, value in equal.items())))

    async def having(self, kind: str, tenant_id: str, ids: Sequence[str]) -> list[Row]:
        """The rows of one of LISTS with these ids, as far as the tenant has them."""
        table = LISTS[kind]
        return await self._rows(select(table).where(*_mine(table, tenant_id), table.c.id.in_(ids)).order_by(table.c.id))

    async def page(
        self, kind: str, tenant_id: str, *conditions: ColumnElement[bool], order: str, limit: int, offset: int
    ) -> tuple[list[Row], int]:
        """One page of one of LISTS and how many rows there are in all; `order` is a column, with "-" from the top."""
        table = LISTS[kind]
        mine = [*_mine(table, tenant_id), *conditions]
        count = (await self._work.execute(select(func.count()).select_from(table).where(*mine))).scalar_one()
        by = [table.c[order.removeprefix("-")], table.c.id]
        ordered = select(table).where(*mine).order_by(*(one.desc() if order[0] == "-" else one for one in by))
        return await self._rows(ordered.limit(limit).offset(offset)), count

    async def insert(self, kind: str, values: Mapping[str, Any]) -> None:
        """A new row of one of LISTS; raises UniqueViolation."""
        await self._work.attempt(insert(LISTS[kind]), dict(values))

    async def change(self, kind: str, tenant_id: str, row_id: str, values: Mapping[str, Any]) -> bool:
        """Whether the tenant has the row that these values were put in; raises UniqueViolation."""
        table = LISTS[kind]
        changed = await self._work.attempt(
            update(table)
            .where(*_mine(table, tenant_id), table.c.id == row_id)
            .values(**values, updated_at=self._work.now())
            .returning(table.c.id)
        )
        return changed.one_or_none() is not None

    # --- Regions and shipping ---------------------------------------------------------------------------------------

    async def countries(self, region_ids: Sequence[str]) -> list[Row]:
        return await self._rows(
            select(region_country)
            .where(region_country.c.region_id.in_(region_ids))
            .order_by(region_country.c.region_id, region_country.c.iso_2)
        )

    async def region_of_currency(self, tenant_id: str, currency: str | None) -> Row | None:
        """The tenant's first region, of this currency if one is given."""
        mine = _mine(region, tenant_id)
        if currency is not None:
            mine.append(region.c.currency_code == currency)
        return await self._one(select(region).where(*mine).order_by(region.c.created_at, region.c.id).limit(1))

    async def shipping_options(self, tenant_id: str, currency: str, option_id: str | None = None) -> list[Row]:
        """The tenant's shipping options that have a price in this currency, cheapest first."""
        price = shipping_option_price
        chosen = [] if option_id is None else [shipping_option.c.id == option_id]
        return await self._rows(
            select(shipping_option, price.c.amount)
            .join(price, price.c.shipping_option_id == shipping_option.c.id)
            .where(*_mine(shipping_option, tenant_id), price.c.currency_code == currency, *chosen)
            .order_by(price.c.amount, shipping_option.c.id)
        )

    async def promotions_of_cart(self, tenant_id: str, ids: Sequence[str]) -> list[Row]:
        """Promotions with these ids, those that are deleted too."""
        return await self._rows(select(promotion).where(promotion.c.tenant_id == tenant_id, promotion.c.id.in_(ids)))

    # --- Products ---------------------------------------------------------------------------------------------------

    async def insert_variants(self, variants: list[Row], prices: list[Row]) -> None:
        if variants:
            await self._work.attempt(insert(product_variant), variants)
        if prices:
            await self._work.attempt(insert(variant_price), prices)

    async def offer(self, product_id: str, channel_ids: Sequence[str]) -> None:
        """Put the product into these sales channels."""
        if channel_ids:
            rows = [{"product_id": product_id, "sales_channel_id": one} for one in channel_ids]
            await self._work.execute(insert(product_sales_channel).on_conflict_do_nothing(), rows)

    async def has_vendor(self, tenant_id: str, vendor_id: str) -> bool:
        """Whether the vendor is one of the tenant's; the foreign key of products by itself does not know tenants."""
        found = await self._work.execute(_VENDOR, {"tenant_id": tenant_id, "id": vendor_id})
        return found.one_or_none() is not None

    async def product(self, tenant_id: str, product_id: str) -> Row | None:
        """A product, deleted or not."""
        return await self._one(select(product).where(product.c.tenant_id == tenant_id, product.c.id == product_id))

    async def variants(self, product_ids: Sequence[str]) -> list[Row]:
        return await self._rows(
            select(product_variant)
            .where(product_variant.c.product_id.in_(product_ids), product_variant.c.deleted_at.is_(None))
            .order_by(product_variant.c.product_id, product_variant.c.variant_rank, product_variant.c.id)
        )

    async def prices(self, product_ids: Sequence[str]) -> list[Row]:
        return await self._rows(
            select(variant_price)
            .join(product_variant, product_variant.c.id == variant_price.c.variant_id)
            .where(product_variant.c.product_id.in_(product_ids))
            .order_by(variant_price.c.currency_code)
        )

    async def channels(self, product_ids: Sequence[str]) -> list[Row]:
        """The sales channels of these products, each with its `product_id`."""
        return await self._rows(
            select(sales_channel, product_sales_channel.c.product_id)
            .join(product_sales_channel, product_sales_channel.c.sales_channel_id == sales_channel.c.id)
            .where(product_sales_channel.c.product_id.in_(product_ids))
            .order_by(sales_channel.c.id)
        )

    async def delete_product(self, tenant_id: str, product_id: str) -> bool:
        """Whether there was one to delete. Rows stay for the orders that name them."""
        now = self._work.now()
        gone = await self._work.execute(
            update(product)
            .where(*_mine(product, tenant_id), product.c.id == product_id)
            .values(deleted_at=now, updated_at=now)
            .returning(product.c.id)
        )
        if gone.one_or_none() is None:
            return False
        await self._work.execute(
            update(product_variant)
            .where(product_variant.c.product_id == product_id, product_variant.c.deleted_at.is_(None))
            .values(deleted_at=now, updated_at=now)
        )
        return True

    async def buyable(self, tenant_id: str, currency: str, variant_ids: Sequence[str]) -> list[Row]:
        """What Priced has, of those variants that are published and have a price in the currency."""
        return await self._rows(
            _BUYABLE.where(
                product_variant.c.tenant_id == tenant_id,
                product_variant.c.id.in_(variant_ids),
                variant_price.c.currency_code == currency,
            )
        )

    # --- Stock ------------------------------------------------------------------------------------------------------

    async def lock_variants(self, tenant_id: str, variant_ids: Sequence[str]) -> None:
        """Hold the rows, always in the order of their ids: two orders of the same things then cannot block each other.

        An UPDATE by itself takes its rows in whatever order its plan finds them. FOR NO KEY UPDATE, because the foreign
        keys of order lines hold the same rows FOR KEY SHARE: with FOR UPDATE two orders of one thing would each wait
        for the other. Source: PostgreSQL manual, 13.3.2 Row-Level Locks.
        """
        await self._work.execute(
            select(product_variant.c.id)
            .where(product_variant.c.tenant_id == tenant_id, product_variant.c.id.in_(variant_ids))
            .order_by(product_variant.c.id)
            .with_for_update(key_share=True)
        )

    async def reserve(self, tenant_id: str, quantities: Mapping[str, int]) -> set[str]:
        """Reserve what there is enough of, or may be owed; the variants for which that was done."""
        wanted = _quantities(quantities)
        v = product_variant
        there = v.c.stocked_quantity - v.c.reserved_quantity >= wanted.c.quantity
        done = await self._work.execute(
            update(v)
            .where(
                v.c.id == wanted.c.id,
                v.c.tenant_id == tenant_id,
                v.c.deleted_at.is_(None),
                or_(v.c.manage_inventory.is_(False), v.c.allow_backorder, there),
            )
            .values(reserved_quantity=v.c.reserved_quantity + _if_managed(wanted.c.quantity))
            .returning(v.c.id)
        )
        return set(done.scalars())

    async def release(self, tenant_id: str, quantities: Mapping[str, int]) -> None:
        """Take reservations back."""
        wanted = _quantities(quantities)
        v = product_variant
        await self._work.execute(
            update(v)
            .where(v.c.id == wanted.c.id, v.c.tenant_id == tenant_id)
            .values(reserved_quantity=v.c.reserved_quantity - _if_managed(wanted.c.quantity))
        )

    async def add_stock(self, tenant_id: str, variant_id: str, quantity: int) -> Row | None:
        """As `_set_stock`, for what comes in or, negative, goes out."""
        v = product_variant
        return await self._set_stock(tenant_id, v.c.id == variant_id, v.c.stocked_quantity + quantity)

    async def count_stock(self, tenant_id: str, inventory_item_id: str, quantity: int) -> Row | None:
        """As `_set_stock`, for what somebody has counted."""
        return await self._set_stock(
            tenant_id, product_variant.c.inventory_item_id == inventory_item_id, literal(quantity)
        )

    async def _set_stock(self, tenant_id: str, which: ColumnElement[bool], stocked: ColumnElement[int]) -> Row | None:
        """Change what is in stock, never below what is sold already; None when that, or no such stock, was found."""
        v = product_variant
        enough = or_(v.c.allow_backorder, stocked >= v.c.reserved_quantity)
        changed = await self._work.execute(
            update(v)
            .where(*_mine(v, tenant_id), v.c.manage_inventory, which, stocked >= 0, enough)
            .values(stocked_quantity=stocked, updated_at=self._work.now())
            .returning(v)
        )
        row = changed.mappings().one_or_none()
        return None if row is None else dict(row)

    async def inventory(self, tenant_id: str, *, limit: int, offset: int, **equal: object) -> tuple[list[Row], int]:
        """Variants that have stock, and how many there are."""
        v = product_variant
        mine = [*_mine(v, tenant_id), v.c.manage_inventory, *(v.c[name] == value for name, value in equal.items())]
        count = (await self._work.execute(select(func.count()).select_from(v).where(*mine))).scalar_one()
        rows = await self._rows(select(v).where(*mine).order_by(v.c.id.desc()).limit(limit).offset(offset))
        return rows, count


def _mine(table: Table, tenant_id: str) -> list[ColumnElement[bool]]:
    return [table.c.tenant_id == tenant_id, table.c.deleted_at.is_(None)]


def _quantities(quantities: Mapping[str, int]) -> Any:
    rows = sorted(quantities.items())
    return values(column("id", Text), column("quantity", Integer), name="wanted").data(rows)


def _if_managed(quantity: Any) -> Any:
    return case((product_variant.c.manage_inventory, quantity), else_=0)


def in_store(channel_tenant_id: str) -> ColumnElement[bool]:
    """The condition on a product that its tenant's shop shows it."""
    offered = (
        select(product_sales_channel.c.product_id)
        .join(sales_channel, sales_channel.c.id == product_sales_channel.c.sales_channel_id)
        .where(
            sales_channel.c.tenant_id == channel_tenant_id,
            sales_channel.c.deleted_at.is_(None),
            sales_channel.c.is_disabled.is_(False),
        )
    )
    return and_(product.c.status == "published", product.c.id.in_(offered))


def matches(q: str | None, handle: str | None, ids: Sequence[str]) -> list[ColumnElement[bool]]:
    """The conditions of a search for products."""
    conditions: list[ColumnElement[bool]] = []
    if q is not None:
        searched = (product.c.title, product.c.subtitle, product.c.description, product.c.handle)
        conditions.append(or_(*(one.icontains(q, autoescape=True) for one in searched)))
    if handle is not None:
        conditions.append(product.c.handle == handle)
    if ids:
        conditions.append(product.c.id.in_(ids))
    return conditions
