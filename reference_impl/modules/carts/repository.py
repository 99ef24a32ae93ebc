"""The SQL of carts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from reference_impl.modules.carts.models import cart, cart_line, cart_promotion, cart_shipping_method

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reference_impl.core.database import Work

Row = dict[str, Any]


class CartRepository:
    """Lines, shipping and promotions are reached through a cart that was found to be the tenant's."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def _rows(self, statement: Any) -> list[Row]:
        return [dict(row) for row in (await self._work.execute(statement)).mappings()]

    async def get(self, tenant_id: str, cart_id: str, *, hold: bool = False) -> Row | None:
        """A cart; `hold`: nobody else changes or completes it until this unit of work ends."""
        mine = select(cart).where(cart.c.tenant_id == tenant_id, cart.c.id == cart_id)
        rows = await self._rows(mine.with_for_update(key_share=True) if hold else mine)
        return rows[0] if rows else None

    async def insert(self, values: Mapping[str, Any]) -> None:
        await self._work.execute(insert(cart), dict(values))

    async def change(self, cart_id: str, values: Mapping[str, Any]) -> None:
        """Change a cart that is held."""
        await self._work.execute(update(cart).where(cart.c.id == cart_id).values(**values, updated_at=self._work.now()))

    async def lines(self, cart_id: str) -> list[Row]:
        return await self._rows(
            select(cart_line).where(cart_line.c.cart_id == cart_id).order_by(cart_line.c.created_at, cart_line.c.id)
        )

    async def insert_line(self, values: Mapping[str, Any]) -> None:
        await self._work.execute(insert(cart_line), dict(values))

    async def change_line(self, cart_id: str, line_id: str, values: Mapping[str, Any]) -> None:
        await self._work.execute(
            update(cart_line)
            .where(cart_line.c.cart_id == cart_id, cart_line.c.id == line_id)
            .values(**values, updated_at=self._work.now())
        )

    async def delete_line(self, cart_id: str, line_id: str) -> None:
        await self._work.execute(delete(cart_line).where(cart_line.c.cart_id == cart_id, cart_line.c.id == line_id))

    async def shipping_methods(self, cart_id: str) -> list[Row]:
        return await self._rows(select(cart_shipping_method).where(cart_shipping_method.c.cart_id == cart_id))

    async def choose_shipping(self, values: Mapping[str, Any]) -> None:
        """The cart's shipping method, in the place of the one before."""
        await self.drop_shipping(values["cart_id"])
        await self._work.execute(insert(cart_shipping_method), dict(values))

    async def drop_shipping(self, cart_id: str) -> None:
        await self._work.execute(delete(cart_shipping_method).where(cart_shipping_method.c.cart_id == cart_id))

    async def promotion_ids(self, cart_id: str) -> list[str]:
        """The cart's promotions in the order in which they were put in."""
        found = await self._work.execute(
            select(cart_promotion.c.promotion_id)
            .where(cart_promotion.c.cart_id == cart_id)
            .order_by(cart_promotion.c.created_at, cart_promotion.c.promotion_id)
        )
        return list(found.scalars())

    async def add_promotion(self, cart_id: str, promotion_id: str) -> None:
        row = {"cart_id": cart_id, "promotion_id": promotion_id, "created_at": self._work.now()}
        await self._work.execute(upsert(cart_promotion).on_conflict_do_nothing(), row)

    async def drop_promotions(self, cart_id: str, promotion_ids: Sequence[str]) -> None:
        await self._work.execute(
            delete(cart_promotion).where(
                cart_promotion.c.cart_id == cart_id, cart_promotion.c.promotion_id.in_(promotion_ids)
            )
        )
