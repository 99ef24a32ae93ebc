"""Orders: a cart becomes one, once; what it took it gives back when it is cancelled."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from reference_impl.core.errors import InvalidData, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.outbox import publish
from reference_impl.core.routing import work_of
from reference_impl.modules.carts.service import CartService
from reference_impl.modules.catalog.service import CatalogService
from reference_impl.modules.orders.repository import OrderRepository
from reference_impl.modules.orders.schemas import CompletionError, Line, NotCompleted, Order, OrderFacts
from reference_impl.modules.orders.view import build
from reference_impl.modules.payments.service import WALLET, NotAuthorized, PaymentService, may_use_wallet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reference_impl.core.auth import Caller
    from reference_impl.core.database import Work
    from reference_impl.modules.carts.service import Cart
    from reference_impl.modules.payments.service import Session

__all__ = ["Line", "Order", "OrderFacts", "OrderService", "Orders"]

Row = dict[str, Any]


class OrderService:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._orders = OrderRepository(work)
        self._carts = CartService(work)
        self._catalog = CatalogService(work)
        self._payments = PaymentService(work)

    # --- Making one -------------------------------------------------------------------------------------------------

    async def complete(self, visitor: Caller, cart_id: str) -> Order | NotCompleted:
        """The order of a cart: made now, or the one that was made before.

        The cart's row is held first. Whoever completes the same cart at the same moment waits here, and then finds the
        order. Raises NotFound, InvalidData (nothing in it, not sent, no payment chosen), NotAllowed (not enough there,
        somebody else's wallet).
        """
        tenant_id = visitor.tenant_id
        cart = await self._carts.hold(tenant_id, cart_id)
        if cart.completed_at is not None:
            row = await self._orders.get(tenant_id, cart_id=cart_id)
            assert row is not None, "a cart is completed by making its order, in one transaction"
            return await self._order(tenant_id, row)
        if not cart.items:
            raise InvalidData("Cart must contain at least one item")
        if not cart.shipping_methods and any(item.requires_shipping for item in cart.items):
            raise InvalidData("No shipping method selected but the cart contains items that require shipping.")
        collection, session = await self._payments.ready(tenant_id, cart)
        if session is not None and session.provider_id == WALLET:
            may_use_wallet(visitor, cart)
        order_id = new_id("order")
        try:
            async with self._work.savepoint():
                await self._place(tenant_id, cart, order_id, collection.id if collection else None, session)
        except NotAuthorized as refused:
            return NotCompleted("cart", cart, CompletionError(refused.message, "Error", str(refused.type)))
        return await self.get(tenant_id, order_id)

    async def _place(
        self, tenant_id: str, cart: Cart, order_id: str, collection_id: str | None, session: Session | None
    ) -> None:
        """Everything that an order is and does, or nothing of it."""
        display_id = await self._write(tenant_id, cart, order_id, collection_id)
        await self._catalog.take(tenant_id, _quantities(cart.items))
        if session is not None:
            await self._payments.authorize(tenant_id, cart, session, order_id)
        await self._carts.complete(cart)
        payload = {
            "id": order_id,
            "display_id": display_id,
            "customer_id": cart.customer_id,
            "currency_code": cart.currency_code,
            "total": cart.total,
        }
        await publish(self._work, "order.placed", tenant_id=tenant_id, aggregate_id=order_id, payload=payload)

    async def _write(self, tenant_id: str, cart: Cart, order_id: str, collection_id: str | None) -> int:
        now = self._work.now()
        same = ("region_id", "sales_channel_id", "customer_id", "currency_code", "email", "total", "metadata")
        display_id = await self._orders.insert(
            {name: getattr(cart, name) for name in same}
            | {
                "id": order_id,
                "tenant_id": tenant_id,
                "cart_id": cart.id,
                "payment_collection_id": collection_id,
                "status": "pending",
                "shipping_address": _address(cart.shipping_address),
                "billing_address": _address(cart.billing_address),
                "created_at": now,
                "updated_at": now,
            }
        )
        lines, adjustments = [], []
        for position, item in enumerate(cart.items):
            line_id = new_id("ordli")
            lines.append(
                {name: getattr(item, name) for name in _COPIED}
                | {
                    "id": line_id,
                    "order_id": order_id,
                    "position": position,
                    "discount": item.discount_subtotal,
                    "tax_rate": sum(line.rate for line in item.tax_lines),
                    "created_at": now,
                }
            )
            adjustments += [
                {
                    "id": new_id("ordliadj"),
                    "order_line_id": line_id,
                    "promotion_id": one.promotion_id,
                    "code": one.code,
                    "amount": one.amount,
                }
                for one in item.adjustments
            ]
        shipping = [
            {name: getattr(method, name) for name in ("shipping_option_id", "name", "amount", "data")}
            | {
                "id": new_id("ordsm"),
                "order_id": order_id,
                "tax_rate": sum(line.rate for line in method.tax_lines),
                "created_at": now,
            }
            for method in cart.shipping_methods
        ]
        await self._orders.insert_parts(lines, adjustments, shipping)
        return display_id

    # --- Reading ----------------------------------------------------------------------------------------------------

    async def get(self, tenant_id: str, order_id: str) -> Order:
        return await self._order(tenant_id, await self._row(tenant_id, order_id))

    async def sold(self, tenant_id: str, order_id: str) -> Order:
        """An order as if nothing had become of it since: who has no use for payments and parcels is spared them."""
        row = await self._row(tenant_id, order_id)
        lines = await self._orders.lines([order_id])
        return build(row, lines, [], await self._orders.shipping_methods([order_id]), None, [])

    async def get_own(self, visitor: Caller, order_id: str) -> Order:
        """An order as the shop shows it: a customer's own, or a guest's to whoever knows its id; raises NotFound."""
        row = await self._row(visitor.tenant_id, order_id)
        if row["customer_id"] not in (None, visitor.actor_id):
            raise NotFound(f"Order with id: {order_id} was not found")
        return await self._order(visitor.tenant_id, row)

    async def page(
        self, tenant_id: str, *, limit: int, offset: int, customer_id: str | None = None
    ) -> tuple[list[Order], int]:
        """One page of a tenant's orders, or of a customer's, newest first."""
        which = {} if customer_id is None else {"customer_id": customer_id}
        rows, count = await self._orders.page(tenant_id, limit=limit, offset=offset, **which)
        return await self._built(tenant_id, rows), count

    async def get_lines(self, tenant_id: str, order_id: str) -> OrderFacts:
        """What other modules need to know of an order; raises NotFound."""
        order = await self.sold(tenant_id, order_id)
        return OrderFacts(
            **{name: getattr(order, name) for name in OrderFacts.__dataclass_fields__ if name != "lines"},
            lines=[
                Line(
                    id=item.id,
                    product_id=item.product_id,
                    variant_id=item.variant_id,
                    vendor_id=item.vendor_id,
                    title=item.title,
                    quantity=item.quantity,
                    unit_price=item.unit_price,
                    subtotal=item.subtotal,
                    discount_total=item.discount_subtotal,
                    tax_total=item.tax_total,
                    metadata=item.metadata,
                )
                for item in order.items
            ],
        )

    async def _row(self, tenant_id: str, order_id: str) -> Row:
        row = await self._orders.get(tenant_id, id=order_id)
        if row is None:
            raise NotFound(f"Order with id: {order_id} was not found")
        return row

    async def _order(self, tenant_id: str, row: Row) -> Order:
        return (await self._built(tenant_id, [row]))[0]

    async def _built(self, tenant_id: str, rows: Sequence[Row]) -> list[Order]:
        ids = [row["id"] for row in rows]
        lines = await self._orders.lines(ids)
        adjustments = await self._orders.adjustments(ids)
        shipping = await self._orders.shipping_methods(ids)
        payments = await self._payments.of_orders(tenant_id, ids)
        parcels = await self._orders.fulfillments(ids)
        return [
            build(
                row,
                [line for line in lines if line["order_id"] == row["id"]],
                adjustments,
                [method for method in shipping if method["order_id"] == row["id"]],
                payments.get(row["id"]),
                [parcel for parcel in parcels if parcel["order_id"] == row["id"]],
            )
            for row in rows
        ]

    # --- On its way -------------------------------------------------------------------------------------------------

    async def tenant_of(self, order_id: str) -> str | None:
        """Whose order it is, for who was told nothing but its id; None for no order of ours."""
        return await self._orders.tenant_of(order_id)

    async def fulfilled(
        self,
        order_id: str,
        provider_id: str,
        external_id: str,
        *,
        tracking_number: str | None = None,
        shipped_at: datetime | None = None,
        delivered_at: datetime | None = None,
        canceled_at: datetime | None = None,
    ) -> bool:
        """What a provider reports of the way of an order; whether it was news. Each report counts once.

        A provider's second parcel for the same order is nobody's: it is left alone.
        """
        now = self._work.now()
        return await self._orders.fulfil(
            {
                "id": new_id("ful"),
                "order_id": order_id,
                "provider_id": provider_id,
                "external_id": external_id,
                "tracking_number": tracking_number,
                "shipped_at": shipped_at,
                "delivered_at": delivered_at,
                "canceled_at": canceled_at,
                "created_at": now,
                "updated_at": now,
            }
        )

    # --- Cancelling -------------------------------------------------------------------------------------------------

    async def cancel(self, tenant_id: str, order_id: str, by: str) -> Order:
        """Take an order back: its stock returns, its payment is given back or given up; raises NotFound, InvalidData.

        What was debited from a wallet comes back by the events payment.refunded and order.canceled.
        """
        if not await self._orders.turn(tenant_id, order_id, "canceled", canceled_at=self._work.now()):
            row = await self._row(tenant_id, order_id)
            raise InvalidData(f"Order with id {order_id} has been {row['status']}.")
        order = await self.get(tenant_id, order_id)
        await self._catalog.put_back(tenant_id, _quantities(order.items))
        await self._payments.cancel(tenant_id, order_id, by)
        payload = {
            "id": order_id,
            "display_id": order.display_id,
            "customer_id": order.customer_id,
            "currency_code": order.currency_code,
            "total": order.total,
        }
        await publish(self._work, "order.canceled", tenant_id=tenant_id, aggregate_id=order_id, payload=payload)
        return await self.get(tenant_id, order_id)


_COPIED = [
    *("variant_id", "product_id", "vendor_id", "product_title", "product_handle", "thumbnail", "variant_title"),
    *("variant_sku", "requires_shipping", "is_discountable", "quantity", "unit_price", "metadata"),
]


def _quantities(items: Sequence[Any]) -> dict[str, int]:
    wanted: Counter[str] = Counter()
    for item in items:
        wanted[item.variant_id] += item.quantity
    return dict(wanted)


def _address(address: Any) -> Row | None:
    return None if address is None else {**asdict(address), "id": new_id("ordaddr")}


async def _service(request: Request) -> OrderService:
    return OrderService(work_of(request))


Orders = Annotated[OrderService, Depends(_service)]
