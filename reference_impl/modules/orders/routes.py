"""Routes of orders."""

from __future__ import annotations

from fastapi import APIRouter

from reference_impl.core.auth import Customer, Support, Viewer, Visitor
from reference_impl.core.bodies import Body, example
from reference_impl.core.errors import (
    Forbidden,
    InvalidData,
    NoPublishableKey,
    NotAllowed,
    NotFound,
    TooLarge,
    Unauthorized,
    errors,
)
from reference_impl.core.fields import Fields, envelope, pick
from reference_impl.core.ids import EntityId
from reference_impl.core.pagination import Limit, Offset
from reference_impl.core.routing import PlatformRoute
from reference_impl.modules.orders.schemas import Completed, NotCompleted, OrderEnvelope, OrderList
from reference_impl.modules.orders.service import Orders

router = APIRouter(route_class=PlatformRoute, tags=["orders"])

PAGE = 50  # what Medusa's lists of orders show when nothing is said
CART_HIDDEN = frozenset({"items.vendor_id"})
SHOP_HIDDEN = frozenset({"items.vendor_id", "payment_collections.payments", "payment_collections.payment_sessions"})
OPERATOR_HIDDEN = frozenset({"payment_collections.payment_sessions"})


class Nothing(Body):
    """A body without members."""

    model_config = example()


@router.post(
    "/store/carts/{cart_id}/complete",
    responses=errors(InvalidData, NotAllowed, NoPublishableKey, Unauthorized, NotFound, TooLarge),
)
async def complete_cart(
    cart_id: EntityId, visitor: Visitor, orders: Orders, body: Nothing | None = None, fields: Fields = None
) -> Completed | NotCompleted:
    """Make the cart an order; the same order however often it is called."""
    done = await orders.complete(visitor, cart_id)
    if isinstance(done, NotCompleted):
        return envelope(NotCompleted, type=done.type, cart=pick(done.cart, None, CART_HIDDEN), error=done.error)
    return envelope(Completed, type="order", order=pick(done, fields, SHOP_HIDDEN))


@router.get("/store/orders", responses=errors(InvalidData, NoPublishableKey, Unauthorized))
async def list_own(
    customer: Customer, orders: Orders, limit: Limit = PAGE, offset: Offset = 0, fields: Fields = None
) -> OrderList:
    """The customer's orders, newest first."""
    rows, count = await orders.page(customer.tenant_id, customer_id=customer.actor_id, limit=limit, offset=offset)
    shown = [pick(row, fields, SHOP_HIDDEN) for row in rows]
    return envelope(OrderList, orders=shown, count=count, offset=offset, limit=limit)


@router.get("/store/orders/{order_id}", responses=errors(InvalidData, NoPublishableKey, Unauthorized, NotFound))
async def read_own(order_id: EntityId, visitor: Visitor, orders: Orders, fields: Fields = None) -> OrderEnvelope:
    """One order of the customer, or a guest's."""
    return envelope(OrderEnvelope, order=pick(await orders.get_own(visitor, order_id), fields, SHOP_HIDDEN))


@router.get("/admin/orders", responses=errors(InvalidData, Unauthorized, Forbidden))
async def list_orders(
    operator: Viewer, orders: Orders, limit: Limit = PAGE, offset: Offset = 0, fields: Fields = None
) -> OrderList:
    """The tenant's orders, newest first."""
    rows, count = await orders.page(operator.tenant_id, limit=limit, offset=offset)
    shown = [pick(row, fields, OPERATOR_HIDDEN) for row in rows]
    return envelope(OrderList, orders=shown, count=count, offset=offset, limit=limit)


@router.get("/admin/orders/{order_id}", responses=errors(InvalidData, Unauthorized, Forbidden, NotFound))
async def read_order(order_id: EntityId, operator: Viewer, orders: Orders, fields: Fields = None) -> OrderEnvelope:
    """One order with its payments."""
    return envelope(OrderEnvelope, order=pick(await orders.get(operator.tenant_id, order_id), fields, OPERATOR_HIDDEN))


@router.post(
    "/admin/orders/{order_id}/cancel", responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge)
)
async def cancel_order(
    order_id: EntityId, operator: Support, orders: Orders, body: Nothing | None = None, fields: Fields = None
) -> OrderEnvelope:
    """Take an order back, with its stock and its money."""
    cancelled = await orders.cancel(operator.tenant_id, order_id, operator.actor_id)
    return envelope(OrderEnvelope, order=pick(cancelled, fields, OPERATOR_HIDDEN))
