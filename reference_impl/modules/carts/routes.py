"""Routes of carts. Anybody with the key may use a cart whose id they know, as in Medusa: guests have no log-in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter

from reference_impl.core.auth import Customer, Visitor
from reference_impl.core.errors import (
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
from reference_impl.core.routing import PlatformRoute
from reference_impl.modules.carts.schemas import (
    CartChange,
    CartEnvelope,
    LineChange,
    LineDeleted,
    NewCart,
    NewLine,
    PromoCodes,
    ShippingChoice,
)
from reference_impl.modules.carts.service import Carts
from reference_impl.modules.payments.service import Payments

if TYPE_CHECKING:
    from reference_impl.core.auth import Caller
    from reference_impl.modules.carts.schemas import Cart
    from reference_impl.modules.payments.service import Collection, PaymentService

router = APIRouter(route_class=PlatformRoute, tags=["carts"])

HIDDEN = frozenset({"items.vendor_id", "payment_collection.payments"})
_read = errors(InvalidData, NoPublishableKey, Unauthorized, NotFound)
_change = errors(InvalidData, NoPublishableKey, Unauthorized, NotFound, TooLarge)
_stock = errors(InvalidData, NotAllowed, NoPublishableKey, Unauthorized, NotFound, TooLarge)


@router.post("/store/carts", responses=_stock)
async def create_cart(
    visitor: Visitor, carts: Carts, payments: Payments, body: NewCart | None = None, fields: Fields = None
) -> CartEnvelope:
    """A new cart."""
    return await _changed(visitor, await carts.create(visitor, body or NewCart()), payments, fields)


@router.get("/store/carts/{cart_id}", responses=_read)
async def read_cart(
    cart_id: EntityId, visitor: Visitor, carts: Carts, payments: Payments, fields: Fields = None
) -> CartEnvelope:
    """A cart with its sums."""
    found = await carts.get(visitor.tenant_id, cart_id)
    return _shown(found, await payments.of_cart(visitor.tenant_id, cart_id), fields)


@router.post("/store/carts/{cart_id}", responses=_change)
async def change_cart(
    cart_id: EntityId, body: CartChange, visitor: Visitor, carts: Carts, payments: Payments, fields: Fields = None
) -> CartEnvelope:
    """Addresses, e-mail, region, promotions: what the body names."""
    return await _changed(visitor, await carts.change(visitor.tenant_id, cart_id, body), payments, fields)


@router.post("/store/carts/{cart_id}/customer", responses=_read)
async def adopt_cart(
    cart_id: EntityId, customer: Customer, carts: Carts, payments: Payments, fields: Fields = None
) -> CartEnvelope:
    """Make a guest's cart the cart of the customer who is logged in."""
    return await _changed(customer, await carts.adopt(customer, cart_id), payments, fields)


@router.post("/store/carts/{cart_id}/line-items", responses=_stock)
async def add_line(
    cart_id: EntityId, body: NewLine, visitor: Visitor, carts: Carts, payments: Payments, fields: Fields = None
) -> CartEnvelope:
    """Put a variant into the cart."""
    return await _changed(visitor, await carts.add_line(visitor.tenant_id, cart_id, body), payments, fields)


@router.post("/store/carts/{cart_id}/line-items/{line_id}", responses=_stock)
async def change_line(
    cart_id: EntityId,
    line_id: EntityId,
    body: LineChange,
    visitor: Visitor,
    carts: Carts,
    payments: Payments,
    fields: Fields = None,
) -> CartEnvelope:
    """Another quantity; 0 takes the line out."""
    changed = await carts.change_line(visitor.tenant_id, cart_id, line_id, body)
    return await _changed(visitor, changed, payments, fields)


@router.delete("/store/carts/{cart_id}/line-items/{line_id}", responses=_read)
async def remove_line(
    cart_id: EntityId, line_id: EntityId, visitor: Visitor, carts: Carts, payments: Payments, fields: Fields = None
) -> LineDeleted:
    """Take a line out of the cart."""
    changed = await carts.remove_line(visitor.tenant_id, cart_id, line_id)
    collection = await payments.refresh(visitor.tenant_id, changed)
    return envelope(
        LineDeleted, id=line_id, object="line-item", deleted=True, parent=_cart(changed, collection, fields)
    )


@router.post("/store/carts/{cart_id}/shipping-methods", responses=_change)
async def choose_shipping(
    cart_id: EntityId, body: ShippingChoice, visitor: Visitor, carts: Carts, payments: Payments, fields: Fields = None
) -> CartEnvelope:
    """How the cart is sent."""
    changed = await carts.choose_shipping(visitor.tenant_id, cart_id, body)
    return await _changed(visitor, changed, payments, fields)


@router.post("/store/carts/{cart_id}/promotions", responses=_change)
async def add_promotions(
    cart_id: EntityId, body: PromoCodes, visitor: Visitor, carts: Carts, payments: Payments, fields: Fields = None
) -> CartEnvelope:
    """Use promotion codes."""
    changed = await carts.add_promotions(visitor.tenant_id, cart_id, body.promo_codes)
    return await _changed(visitor, changed, payments, fields)


@router.delete("/store/carts/{cart_id}/promotions", responses=_change)
async def remove_promotions(
    cart_id: EntityId, body: PromoCodes, visitor: Visitor, carts: Carts, payments: Payments, fields: Fields = None
) -> CartEnvelope:
    """Use promotion codes no longer."""
    changed = await carts.remove_promotions(visitor.tenant_id, cart_id, body.promo_codes)
    return await _changed(visitor, changed, payments, fields)


async def _changed(visitor: Caller, cart: Cart, payments: PaymentService, fields: str | None) -> CartEnvelope:
    """A cart after a change: what is to be paid follows what it costs."""
    return _shown(cart, await payments.refresh(visitor.tenant_id, cart), fields)


def _shown(cart: Cart, collection: Collection | None, fields: str | None) -> CartEnvelope:
    return envelope(CartEnvelope, cart=_cart(cart, collection, fields))


def _cart(cart: Cart, collection: Collection | None, fields: str | None) -> dict[str, Any]:
    asked = None if collection is None else pick(collection, None)
    return pick(replace(cart, payment_collection=asked), fields, HIDDEN)
