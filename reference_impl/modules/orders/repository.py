"""The SQL of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from reference_impl.modules.orders.models import (
    ORDERS,
    fulfillment,
    order,
    order_line,
    order_line_adjustment,
    order_shipping_method,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table

    from reference_impl.core.database import Work

Row = dict[str, Any]
_REPORTED = ("tracking_number", "shipped_at", "delivered_at", "canceled_at")
_ONE_EACH = ("order_id", "provider_id")


class OrderRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def _rows(self, statement: Any) -> list[Row]:
        return [dict(row) for row in (await self._work.execute(statement)).mappings()]

    async def insert(self, values: Mapping[str, Any]) -> int:
        """A new order; its display_id. Raises UniqueViolation when its cart has one already."""
        made = await self._work.attempt(insert(order).returning(order.c.display_id), dict(values))
        return int(made.scalar_one())

    async def insert_parts(self, lines: list[Row], adjustments: list[Row], shipping: list[Row]) -> None:
        for table, rows in (
            (order_line, lines),
            (order_line_adjustment, adjustments),
            (order_shipping_method, shipping),
        ):
            if rows:
                await self._work.execute(insert(table), rows)

    async def get(self, tenant_id: str, **equal: str) -> Row | None:
        same = [order.c[name] == value for name, value in equal.items()]
        rows = await self._rows(select(order).where(order.c.tenant_id == tenant_id, *same))
        return rows[0] if rows else None

    async def page(self, tenant_id: str, *, limit: int, offset: int, **equal: str) -> tuple[list[Row], int]:
        """One page of a tenant's orders, newest first, and how many there are."""
        mine = [order.c.tenant_id == tenant_id, *(order.c[name] == value for name, value in equal.items())]
        count = (await self._work.execute(select(func.count()).select_from(order).where(*mine))).scalar_one()
        newest = select(order).where(*mine).order_by(order.c.created_at.desc(), order.c.id.desc())
        return await self._rows(newest.limit(limit).offset(offset)), count

    async def turn(self, tenant_id: str, order_id: str, status: str, **values: Any) -> bool:
        """Change the status from one that allows it; whether this call is the one that changed it."""
        changed = await self._work.execute(
            update(order)
            .where(
                order.c.tenant_id == tenant_id,
                order.c.id == order_id,
                order.c.status.in_(ORDERS.allowed_from(status)),
            )
            .values(status=status, updated_at=self._work.now(), **values)
            .returning(order.c.id)
        )
        return changed.one_or_none() is not None

    async def tenant_of(self, order_id: str) -> str | None:
        """Whose order it is, for who was told nothing but its id."""
        found = await self._work.execute(select(order.c.tenant_id).where(order.c.id == order_id))
        return found.scalar_one_or_none()

    async def fulfil(self, values: Mapping[str, Any]) -> bool:
        """Write what is known of a fulfilment, each part of it once; whether any of it was news.

        What came first stays: reports come late, twice, and in any order.
        """
        told = {name: value for name, value in values.items() if name in _REPORTED and value is not None}
        added = upsert(fulfillment).values(**values)
        same = fulfillment.c.external_id == values["external_id"]
        statement = added.on_conflict_do_nothing(index_elements=_ONE_EACH)
        if told:
            news = or_(*(fulfillment.c[name].is_(None) for name in told))
            statement = added.on_conflict_do_update(
                index_elements=_ONE_EACH,
                set_={
                    **{name: func.coalesce(fulfillment.c[name], added.excluded[name]) for name in told},
                    "updated_at": added.excluded.updated_at,
                },
                where=same & news,
            )
        return (await self._work.execute(statement.returning(fulfillment.c.id))).one_or_none() is not None

    async def fulfillments(self, order_ids: Sequence[str]) -> list[Row]:
        return await self._of(fulfillment, order_ids, "id")

    async def lines(self, order_ids: Sequence[str]) -> list[Row]:
        return await self._of(order_line, order_ids, "position")

    async def shipping_methods(self, order_ids: Sequence[str]) -> list[Row]:
        return await self._of(order_shipping_method, order_ids, "id")

    async def adjustments(self, order_ids: Sequence[str]) -> list[Row]:
        return await self._rows(
            select(order_line_adjustment)
            .join(order_line, order_line.c.id == order_line_adjustment.c.order_line_id)
            .where(order_line.c.order_id.in_(order_ids))
            .order_by(order_line_adjustment.c.id)
        )

    async def _of(self, table: Table, order_ids: Sequence[str], by: str) -> list[Row]:
        return await self._rows(select(table).where(table.c.order_id.in_(order_ids)).order_by(table.c[by]))
