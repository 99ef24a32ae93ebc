"""Defects of orders: how they are made, read and taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.core.database import Work
    from reference_impl.modules.carts.service import Cart
    from reference_impl.modules.catalog.service import CatalogService
    from reference_impl.modules.orders.repository import OrderRepository
    from reference_impl.modules.orders.schemas import Order
    from reference_impl.modules.orders.service import OrderService
    from reference_impl.modules.payments.service import PaymentService
    from suites.defects.registry import Patch

Row = dict[str, Any]


@defect("orders.born_completed", breaks=("CHK-01", "ORD-04"))
def born_completed(patch: Patch) -> None:
    """An order that is paid is done: it starts as completed."""
    from reference_impl.modules.orders import repository

    sound = repository.OrderRepository.insert

    async def insert(self: OrderRepository, values: Mapping[str, Any]) -> int:
        return await sound(self, {**values, "status": "completed"})

    patch.setattr(repository.OrderRepository, "insert", insert)


@defect("orders.repeat_is_refused", breaks=("CHK-02", "CHK-05"))
def repeat_is_refused(patch: Patch) -> None:
    """Completing a cart again is an error: it was completed."""
    from reference_impl.core.errors import InvalidData
    from reference_impl.modules.orders import service

    sound = service.OrderService.complete

    async def complete(self: OrderService, visitor: Caller, cart_id: str) -> Any:
        cart = await self._carts.get(visitor.tenant_id, cart_id)
        if cart.completed_at is not None:
            raise InvalidData(f"Cart {cart_id} is already completed.")
        return await sound(self, visitor, cart_id)

    patch.setattr(service.OrderService, "complete", complete)


@defect("orders.anything_goes", breaks="CHK-07")
def anything_goes(patch: Patch) -> None:
    """The storefront has checked the cart already: what it sends is placed."""
    from reference_impl.core.ids import new_id
    from reference_impl.modules.orders import service

    sound = service.OrderService.complete

    async def complete(self: OrderService, visitor: Caller, cart_id: str) -> Any:
        cart = await self._carts.hold(visitor.tenant_id, cart_id)
        if cart.completed_at is not None:
            return await sound(self, visitor, cart_id)
        order_id = new_id("order")
        await self._place(visitor.tenant_id, cart, order_id, None, None)
        return await self.get(visitor.tenant_id, order_id)

    patch.setattr(service.OrderService, "complete", complete)


@defect("orders.half_an_order", breaks=("CHK-08", "PAY-11"))
def half_an_order(patch: Patch) -> None:
    """When the payment is refused nothing is undone: the order is there, its goods are taken, and nobody paid."""
    from contextlib import asynccontextmanager

    from reference_impl.core import database

    @asynccontextmanager
    async def savepoint(self: Work) -> AsyncIterator[None]:
        yield

    patch.setattr(database.Work, "savepoint", savepoint)


@defect("orders.number_from_the_clock", breaks="ORD-06")
def number_from_the_clock(patch: Patch) -> None:
    """An order's number is the second in which it was placed."""
    from reference_impl.modules.orders import repository

    sound = repository.OrderRepository.insert

    async def insert(self: OrderRepository, values: Mapping[str, Any]) -> int:
        return await sound(self, {**values, "display_id": int(self._work.now().timestamp()) // 10})

    patch.setattr(repository.OrderRepository, "insert", insert)
    patch.sql('ALTER TABLE "order" DROP CONSTRAINT IF EXISTS uq_order_display_id')


@defect("orders.oldest_first", breaks="ORD-01")
def oldest_first(patch: Patch) -> None:
    """The list starts with the first order."""
    from reference_impl.modules.orders import repository
    from reference_impl.modules.orders.models import order

    async def page(
        self: OrderRepository, tenant_id: str, *, limit: int, offset: int, **equal: str
    ) -> tuple[list[Row], int]:
        from sqlalchemy import select

        mine = [order.c.tenant_id == tenant_id, *(order.c[name] == value for name, value in equal.items())]
        rows = await self._rows(select(order).where(*mine).order_by(order.c.created_at))
        return rows[offset : offset + limit], len(rows)

    patch.setattr(repository.OrderRepository, "page", page)


@defect("orders.unknown_is_bad_request", breaks=("ORD-01", "ORD-05"))
def unknown_is_bad_request(patch: Patch) -> None:
    """An id that no order has is the caller's mistake: 400."""
    from reference_impl.core.errors import InvalidData, NotFound
    from reference_impl.modules.orders import service

    sound = service.OrderService._row

    async def row(self: OrderService, tenant_id: str, order_id: str) -> Row:
        try:
            return await sound(self, tenant_id, order_id)
        except NotFound as missing:
            raise InvalidData(missing.message) from None

    patch.setattr(service.OrderService, "_row", row)


@defect("orders.list_of_everybody", breaks="ORD-02")
def list_of_everybody(patch: Patch) -> None:
    """The customer's list is the tenant's list."""
    from reference_impl.modules.orders import service

    sound = service.OrderService.page

    async def page(
        self: OrderService, tenant_id: str, *, limit: int, offset: int, customer_id: str | None = None
    ) -> tuple[list[Order], int]:
        return await sound(self, tenant_id, limit=limit, offset=offset)

    patch.setattr(service.OrderService, "page", page)


@defect("orders.nobody_has_none", breaks="ORD-02")
def nobody_has_none(patch: Patch) -> None:
    """Who is not logged in gets an empty list in place of a 401."""
    from reference_impl.core import auth

    sound = auth.Guard.__call__

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "customer" and "authorization" not in request.headers:
            return await sound(replace(self, who="visitor"), request)
        return await sound(self, request)

    patch.setattr(auth.Guard, "__call__", guard)


@defect("orders.whoever_knows_the_id", breaks="ORD-03")
def whoever_knows_the_id(patch: Patch) -> None:
    """An order is read by its id, without a look at whose it is (as a plain Medusa does)."""
    from reference_impl.modules.orders import service

    async def get_own(self: OrderService, visitor: Caller, order_id: str) -> Order:
        return await self.get(visitor.tenant_id, order_id)

    patch.setattr(service.OrderService, "get_own", get_own)


@defect("orders.payment_status_is_a_guess", breaks=("PAY-07", "ORD-05"))
def payment_status_is_a_guess(patch: Patch) -> None:
    """Every order says that it is captured."""
    from reference_impl.modules.orders import view

    patch.setattr(view, "payment_status", lambda collection: "captured")


@defect("orders.titles_of_today", breaks="ORD-07")
def titles_of_today(patch: Patch) -> None:
    """An order shows the catalogue's title of its products, as it is now."""
    from reference_impl.modules.orders import repository

    sound = repository.OrderRepository.lines

    async def lines(self: OrderRepository, order_ids: Sequence[str]) -> list[Row]:
        rows = await sound(self, order_ids)
        for row in rows:
            now = await self._work.look("SELECT title FROM product WHERE id = $1", row["product_id"])
            row["product_title"] = now["title"] if now else row["product_title"]
        return rows

    patch.setattr(repository.OrderRepository, "lines", lines)


@defect("orders.stock_stays_taken", breaks=("ORD-04", "ORD-08"))
def stock_stays_taken(patch: Patch) -> None:
    """Cancelling forgets the goods."""
    from reference_impl.modules.catalog import service

    async def put_back(self: CatalogService, tenant_id: str, quantities: Mapping[str, int]) -> None: ...

    patch.setattr(service.CatalogService, "put_back", put_back)


@defect("orders.cancelled_without_a_look", breaks="ORD-04")
def cancelled_without_a_look(patch: Patch) -> None:
    """The status is set, whatever it was: cancelled twice, given back twice."""
    from reference_impl.modules.orders import repository
    from reference_impl.modules.orders.models import order

    async def turn(self: OrderRepository, tenant_id: str, order_id: str, status: str, **values: Any) -> bool:
        from sqlalchemy import update

        same = (order.c.tenant_id == tenant_id, order.c.id == order_id)
        changed = await self._work.execute(update(order).where(*same).values(status=status, **values))
        return changed.rowcount > 0

    patch.setattr(repository.OrderRepository, "turn", turn)
    patch.sql("ALTER TABLE product_variant DROP CONSTRAINT IF EXISTS ck_product_variant_reserved_quantity")


@defect("orders.status_read_first", breaks="ORD-08")
def status_read_first(patch: Patch) -> None:
    """The status is read, found to be pending, and then set: ten at once all find it pending."""
    from reference_impl.modules.orders import repository
    from reference_impl.modules.orders.models import order

    async def turn(self: OrderRepository, tenant_id: str, order_id: str, status: str, **values: Any) -> bool:
        import asyncio

        from sqlalchemy import update

        row = await self.get(tenant_id, id=order_id)
        if row is None or row["status"] != "pending":
            return False
        await asyncio.sleep(0.05)
        await self._work.execute(update(order).where(order.c.id == order_id).values(status=status))
        return True

    patch.setattr(repository.OrderRepository, "turn", turn)
    patch.sql("ALTER TABLE product_variant DROP CONSTRAINT IF EXISTS ck_product_variant_reserved_quantity")


@defect("orders.cancel_keeps_the_money", breaks=("ORD-04", "ORD-09", "PAY-10"))
def cancel_keeps_the_money(patch: Patch) -> None:
    """Cancelling changes the order and leaves its payment as it was."""
    from reference_impl.modules.payments import service

    async def cancel(self: PaymentService, tenant_id: str, order_id: str, by: str) -> None: ...

    patch.setattr(service.PaymentService, "cancel", cancel)


@defect("orders.old_amount_is_enough", breaks="CHK-09")
def old_amount_is_enough(patch: Patch) -> None:
    """What is to be paid is fixed when the payment collection is made."""
    from reference_impl.modules.payments import service

    async def refresh(self: PaymentService, tenant_id: str, cart: Cart) -> Any:
        return await self.of_cart(tenant_id, cart.id)

    patch.setattr(service.PaymentService, "refresh", refresh)
