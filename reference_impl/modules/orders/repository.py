"""The SQL of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from reference_impl.modules.orders.models import (
    ORDERS,
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
