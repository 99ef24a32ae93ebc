"""Routes of trade-ins."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from reference_impl.core.auth import Customer, Finance, Support, Viewer, Visitor
from reference_impl.core.errors import (
    Conflict,
    Forbidden,
    InvalidData,
    NoPublishableKey,
    NotAllowed,
    NotFound,
    PlatformError,
    TooLarge,
    Unauthorized,
    errors,
)
from reference_impl.core.ids import EntityId
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit, Offset
from reference_impl.core.routing import JsonResponse, PlatformRoute
from reference_impl.modules.trade_in.schemas import (
    Approval,
    CounterTradeIn,
    Inspection,
    NewOffer,
    OfferEnvelope,
    PublicInfo,
    PublicTradeInList,
    Rejection,
    Status,
    Submission,
    TradeInEnvelope,
    TradeInList,
)
from reference_impl.modules.trade_in.service import TradeIns

router = APIRouter(route_class=PlatformRoute, tags=["trade-in"])
_own_errors = errors(NoPublishableKey, Unauthorized, NotFound)
_answer_errors = errors(NoPublishableKey, Unauthorized, NotFound, Conflict)
_change_errors = errors(InvalidData, NotAllowed, Unauthorized, Forbidden, NotFound, Conflict, TooLarge)


@router.get("/store/trade-ins", responses=errors(InvalidData, NoPublishableKey, Unauthorized))
async def list_mine(
    visitor: Visitor, trade_ins: TradeIns, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0
) -> PublicTradeInList:
    """The customer's trade-ins, newest first, and how trading in works; the latter for anybody."""
    # Somebody who is not logged in has the id "", which no trade-in has.
    rows, count = await trade_ins.page(
        visitor.tenant_id, customer_id=visitor.actor_id, status=None, limit=limit, offset=offset
    )
    return PublicTradeInList(trade_ins=rows, count=count, offset=offset, limit=limit, public_info=PublicInfo())


@router.post(
    "/store/trade-ins",
    status_code=201,
    responses=errors(InvalidData, NoPublishableKey, Unauthorized, NotFound, TooLarge),
)
async def submit(body: Submission, customer: Customer, trade_ins: TradeIns) -> TradeInEnvelope:
    """Something that the customer wants to give back."""
    return TradeInEnvelope(await trade_ins.submit(customer.tenant_id, customer.actor_id, body))


@router.get("/store/trade-ins/{trade_in_id}", responses=_own_errors)
async def read_mine(trade_in_id: EntityId, customer: Customer, trade_ins: TradeIns) -> TradeInEnvelope:
    """One of the customer's own trade-ins."""
    return TradeInEnvelope(await trade_ins.get(customer.tenant_id, trade_in_id, customer.actor_id))


@router.post("/store/trade-ins/{trade_in_id}/offers/{offer_id}/accept", responses=_answer_errors)
async def accept_offer(
    trade_in_id: EntityId, offer_id: EntityId, customer: Customer, trade_ins: TradeIns
) -> TradeInEnvelope:
    """Take an offer, before it expires."""
    answered = await trade_ins.answer_offer(
        customer.tenant_id, customer.actor_id, trade_in_id, offer_id, status="accepted"
    )
    return TradeInEnvelope(answered)


@router.post("/store/trade-ins/{trade_in_id}/offers/{offer_id}/reject", responses=_answer_errors)
async def reject_offer(
    trade_in_id: EntityId, offer_id: EntityId, customer: Customer, trade_ins: TradeIns
) -> TradeInEnvelope:
    """Turn an offer down; the operator may make another one."""
    answered = await trade_ins.answer_offer(
        customer.tenant_id, customer.actor_id, trade_in_id, offer_id, status="rejected"
    )
    return TradeInEnvelope(answered)


@router.get("/admin/trade-ins", responses=errors(InvalidData, Unauthorized, Forbidden))
async def list_trade_ins(
    operator: Viewer,
    trade_ins: TradeIns,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    customer_id: Annotated[str | None, Query(max_length=64)] = None,
    status: Status | None = None,
) -> TradeInList:
    """The trade-ins of the operator's tenant, newest first."""
    rows, count = await trade_ins.page(
        operator.tenant_id, customer_id=customer_id, status=status, limit=limit, offset=offset
    )
    return TradeInList(trade_ins=rows, count=count, offset=offset, limit=limit)


@router.post("/admin/trade-ins", status_code=201, response_model=TradeInEnvelope, responses=_change_errors)
async def submit_at_counter(
    body: CounterTradeIn, operator: Support, trade_ins: TradeIns
) -> TradeInEnvelope | JsonResponse:
    """The whole evaluation for a customer at the counter: submit, inspect, price, offer; all of it or nothing."""
    outcome = await trade_ins.submit_at_counter(operator.tenant_id, body)
    return _kept(outcome) if isinstance(outcome, PlatformError) else TradeInEnvelope(outcome)


@router.get("/admin/trade-ins/{trade_in_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_trade_in(trade_in_id: EntityId, operator: Viewer, trade_ins: TradeIns) -> TradeInEnvelope:
    """A trade-in with its offers."""
    return TradeInEnvelope(await trade_ins.get(operator.tenant_id, trade_in_id))


@router.post("/admin/trade-ins/{trade_in_id}/evaluate", response_model=TradeInEnvelope, responses=_change_errors)
async def evaluate(
    trade_in_id: EntityId, body: Inspection, operator: Support, trade_ins: TradeIns
) -> TradeInEnvelope | JsonResponse:
    """Inspect and price it: submitted becomes evaluated, or nothing but the reason stays."""
    outcome = await trade_ins.evaluate(operator.tenant_id, trade_in_id, body)
    return _kept(outcome) if isinstance(outcome, PlatformError) else TradeInEnvelope(outcome)


@router.post("/admin/trade-ins/{trade_in_id}/offers", status_code=201, responses=_change_errors)
async def make_offer(
    trade_in_id: EntityId, operator: Support, trade_ins: TradeIns, body: NewOffer | None = None
) -> OfferEnvelope:
    """Offer something for an evaluated trade-in; good for seven days."""
    return OfferEnvelope(await trade_ins.offer(operator.tenant_id, trade_in_id, body or NewOffer()))


@router.post("/admin/trade-ins/{trade_in_id}/approve", responses=_change_errors)
async def approve(
    trade_in_id: EntityId, operator: Finance, trade_ins: TradeIns, body: Approval | None = None
) -> TradeInEnvelope:
    """Settle what the customer gets; the wallet is credited by the event."""
    return TradeInEnvelope(await trade_ins.approve(operator.tenant_id, trade_in_id, body or Approval()))


@router.post("/admin/trade-ins/{trade_in_id}/reject", responses=_change_errors)
async def reject(
    trade_in_id: EntityId, operator: Support, trade_ins: TradeIns, body: Rejection | None = None
) -> TradeInEnvelope:
    """Turn a trade-in down, before it is approved."""
    return TradeInEnvelope(await trade_ins.reject(operator.tenant_id, trade_in_id, body.reason if body else None))


@router.post("/admin/trade-ins/{trade_in_id}/complete", responses=_change_errors)
async def complete(trade_in_id: EntityId, operator: Support, trade_ins: TradeIns) -> TradeInEnvelope:
    """The thing has arrived; the stock follows by the event."""
    return TradeInEnvelope(await trade_ins.complete(operator.tenant_id, trade_in_id))


def _kept(refused: PlatformError) -> JsonResponse:
    """A refusal that is returned, not raised: the unit of work is committed, with what the evaluation took back."""
    return JsonResponse(refused.body(), status_code=refused.status)
