"""Routes of payments."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from reference_impl.core.auth import Finance, Shop, Viewer, Visitor
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
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit, Offset
from reference_impl.core.routing import PlatformRoute
from reference_impl.modules.catalog.service import Catalog
from reference_impl.modules.payments.schemas import (
    Capture,
    CollectionEnvelope,
    NewCollection,
    NewSession,
    PaymentEnvelope,
    PaymentList,
    PaymentProviderList,
    Refund,
)
from reference_impl.modules.payments.service import Payments

router = APIRouter(route_class=PlatformRoute, tags=["payments"])

BEFORE_ORDER = frozenset({"payments"})
_shop = errors(InvalidData, NoPublishableKey, Unauthorized, NotFound, TooLarge)
_change = errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge)


@router.get("/store/payment-providers", responses=errors(InvalidData, NoPublishableKey))
async def list_providers(
    shop: Shop,
    catalog: Catalog,
    payments: Payments,
    region_id: Annotated[str, Query(max_length=64)],
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
) -> PaymentProviderList:
    """How one can pay in a region; in a region that nobody knows, not at all."""
    rows, _ = await catalog.regions(shop.tenant_id, order="created_at", limit=100, offset=0)
    found = payments.providers() if region_id in {region.id for region in rows} else []
    return PaymentProviderList(found[offset : offset + limit], len(found), offset, limit)


@router.post("/store/payment-collections", responses=_shop)
async def open_collection(
    body: NewCollection, visitor: Visitor, payments: Payments, fields: Fields = None
) -> CollectionEnvelope:
    """What a cart asks for; the same collection however often it is called."""
    found = await payments.open(visitor.tenant_id, body.cart_id)
    return envelope(CollectionEnvelope, payment_collection=pick(found, fields, BEFORE_ORDER))


@router.post(
    "/store/payment-collections/{collection_id}/payment-sessions",
    responses=errors(InvalidData, NotAllowed, NoPublishableKey, Unauthorized, NotFound, TooLarge),
)
async def choose_provider(
    collection_id: EntityId, body: NewSession, visitor: Visitor, payments: Payments, fields: Fields = None
) -> CollectionEnvelope:
    """With which provider to pay, in the place of what was chosen before."""
    found = await payments.choose(visitor, collection_id, body)
    return envelope(CollectionEnvelope, payment_collection=pick(found, fields, BEFORE_ORDER))


@router.get("/admin/payments", responses=errors(InvalidData, Unauthorized, Forbidden))
async def list_payments(
    operator: Viewer, payments: Payments, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0, fields: Fields = None
) -> PaymentList:
    """The tenant's payments, newest first."""
    rows, count = await payments.page(operator.tenant_id, limit=limit, offset=offset)
    return envelope(PaymentList, payments=[pick(row, fields) for row in rows], count=count, offset=offset, limit=limit)


@router.get("/admin/payments/{payment_id}", responses=errors(InvalidData, Unauthorized, Forbidden, NotFound))
async def read_payment(
    payment_id: EntityId, operator: Viewer, payments: Payments, fields: Fields = None
) -> PaymentEnvelope:
    """One payment with what was taken and given back."""
    return envelope(PaymentEnvelope, payment=pick(await payments.get(operator.tenant_id, payment_id), fields))


@router.post("/admin/payments/{payment_id}/capture", responses=_change)
async def capture(
    payment_id: EntityId, operator: Finance, payments: Payments, body: Capture | None = None
) -> PaymentEnvelope:
    """Take the money that was authorised; a second time, nothing happens."""
    amount = body.amount if body else None
    return PaymentEnvelope(await payments.capture(operator.tenant_id, payment_id, amount, operator.actor_id))


@router.post("/admin/payments/{payment_id}/refund", responses=_change)
async def refund(
    payment_id: EntityId, operator: Finance, payments: Payments, body: Refund | None = None
) -> PaymentEnvelope:
    """Give money back."""
    asked = body or Refund()
    return PaymentEnvelope(
        await payments.refund(operator.tenant_id, payment_id, asked.amount, operator.actor_id, asked.note)
    )
