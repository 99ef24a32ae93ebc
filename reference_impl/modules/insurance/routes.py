"""Routes of insurance."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from reference_impl.core.auth import Admin, Customer, Finance, Shop, Support, Viewer
from reference_impl.core.caching import PublicForAMinute
from reference_impl.core.errors import (
    Conflict,
    Duplicate,
    Forbidden,
    InvalidData,
    NoPublishableKey,
    NotFound,
    TooLarge,
    Unauthorized,
    errors,
)
from reference_impl.core.ids import EntityId
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit, Offset
from reference_impl.core.routing import PlatformRoute
from reference_impl.modules.insurance.schemas import (
    Cancellation,
    ClaimEnvelope,
    ClaimList,
    ClaimStatus,
    Decision,
    NewClaim,
    NewPlan,
    NewPolicy,
    PlanEnvelope,
    PlanList,
    PolicyEnvelope,
    PolicyList,
    PolicyStatus,
)
from reference_impl.modules.insurance.service import Insurance

router = APIRouter(route_class=PlatformRoute, tags=["insurance"])
Wanted = Annotated[str | None, Query(max_length=64)]
_own_list_errors = errors(InvalidData, NoPublishableKey, Unauthorized)
_own_errors = errors(NoPublishableKey, Unauthorized, NotFound)
_own_change_errors = errors(InvalidData, NoPublishableKey, Unauthorized, NotFound, Conflict, TooLarge)
_list_errors = errors(InvalidData, Unauthorized, Forbidden)
_read_errors = errors(Unauthorized, Forbidden, NotFound)
_change_errors = errors(InvalidData, Unauthorized, Forbidden, NotFound, Conflict, TooLarge)


@router.get("/store/insurance", responses=errors(InvalidData, NoPublishableKey))
async def list_plans(
    shop: Shop,
    insurance: Insurance,
    cached: PublicForAMinute,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    product_id: Wanted = None,
) -> PlanList:
    """What one can be insured with, newest first."""
    rows, count = await insurance.plans(shop.tenant_id, product_id, limit=limit, offset=offset)
    return PlanList(plans=rows, count=count, offset=offset, limit=limit)


@router.get("/store/insurance/policies", responses=_own_list_errors)
async def list_my_policies(
    customer: Customer, insurance: Insurance, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0
) -> PolicyList:
    """The customer's policies, newest first."""
    rows, count = await insurance.policies(
        customer.tenant_id, customer_id=customer.actor_id, limit=limit, offset=offset
    )
    return PolicyList(policies=rows, count=count, offset=offset, limit=limit)


@router.post(
    "/store/insurance/policies",
    status_code=201,
    responses=errors(InvalidData, NoPublishableKey, Unauthorized, NotFound, TooLarge),
)
async def take_out(body: NewPolicy, customer: Customer, insurance: Insurance) -> PolicyEnvelope:
    """A policy for a year, with the coverage and the premium of its plan."""
    return PolicyEnvelope(await insurance.take_out(customer.tenant_id, customer.actor_id, body))


@router.get("/store/insurance/policies/{policy_id}", responses=_own_errors)
async def read_my_policy(policy_id: EntityId, customer: Customer, insurance: Insurance) -> PolicyEnvelope:
    """One of the customer's own policies."""
    return PolicyEnvelope(await insurance.policy(customer.tenant_id, policy_id, customer.actor_id))


@router.post("/store/insurance/policies/{policy_id}/cancel", responses=_own_change_errors)
async def cancel_my_policy(
    policy_id: EntityId, customer: Customer, insurance: Insurance, body: Cancellation | None = None
) -> PolicyEnvelope:
    """End an active policy before its time."""
    reason = body.reason if body else None
    return PolicyEnvelope(await insurance.cancel(customer.tenant_id, policy_id, reason, customer.actor_id))


@router.get("/store/insurance/claims", responses=_own_list_errors)
async def list_my_claims(
    customer: Customer, insurance: Insurance, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0
) -> ClaimList:
    """The customer's claims, newest first."""
    rows, count = await insurance.claims(customer.tenant_id, customer_id=customer.actor_id, limit=limit, offset=offset)
    return ClaimList(claims=rows, count=count, offset=offset, limit=limit)


@router.post("/store/insurance/claims", status_code=201, responses=_own_change_errors)
async def file_claim(body: NewClaim, customer: Customer, insurance: Insurance) -> ClaimEnvelope:
    """A claim on one of the customer's own policies, while it insures."""
    return ClaimEnvelope(await insurance.file(customer.tenant_id, customer.actor_id, body))


@router.get("/store/insurance/claims/{claim_id}", responses=_own_errors)
async def read_my_claim(claim_id: EntityId, customer: Customer, insurance: Insurance) -> ClaimEnvelope:
    """One of the customer's own claims."""
    return ClaimEnvelope(await insurance.claim(customer.tenant_id, claim_id, customer.actor_id))


@router.get("/store/insurance/{plan_id}", responses=errors(NoPublishableKey, NotFound))
async def read_plan(plan_id: EntityId, shop: Shop, insurance: Insurance, cached: PublicForAMinute) -> PlanEnvelope:
    """One plan."""
    return PlanEnvelope(await insurance.plan(shop.tenant_id, plan_id))


@router.get("/admin/insurance", responses=_list_errors)
async def list_policies(
    operator: Viewer,
    insurance: Insurance,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    customer_id: Wanted = None,
    order_id: Wanted = None,
    status: PolicyStatus | None = None,
) -> PolicyList:
    """The policies of the operator's tenant, newest first."""
    wanted = {"customer_id": customer_id, "order_id": order_id, "status": status}
    rows, count = await insurance.policies(operator.tenant_id, limit=limit, offset=offset, **wanted)
    return PolicyList(policies=rows, count=count, offset=offset, limit=limit)


@router.get("/admin/insurance/plans", responses=_list_errors)
async def list_all_plans(
    operator: Viewer,
    insurance: Insurance,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    product_id: Wanted = None,
) -> PlanList:
    """The plans of the operator's tenant, newest first."""
    rows, count = await insurance.plans(operator.tenant_id, product_id, limit=limit, offset=offset)
    return PlanList(plans=rows, count=count, offset=offset, limit=limit)


@router.post(
    "/admin/insurance/plans",
    status_code=201,
    responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge, Duplicate),
)
async def make_plan(body: NewPlan, operator: Admin, insurance: Insurance) -> PlanEnvelope:
    """A plan for a product of the catalogue, which makes that product one of insurance."""
    return PlanEnvelope(await insurance.make_plan(operator.tenant_id, body))


@router.get("/admin/insurance/policies/{policy_id}", responses=_read_errors)
async def read_policy(policy_id: EntityId, operator: Viewer, insurance: Insurance) -> PolicyEnvelope:
    """A policy."""
    return PolicyEnvelope(await insurance.policy(operator.tenant_id, policy_id))


@router.post("/admin/insurance/policies/{policy_id}/cancel", responses=_change_errors)
async def cancel_policy(
    policy_id: EntityId, operator: Support, insurance: Insurance, body: Cancellation | None = None
) -> PolicyEnvelope:
    """End an active policy before its time."""
    return PolicyEnvelope(await insurance.cancel(operator.tenant_id, policy_id, body.reason if body else None))


@router.get("/admin/insurance/claims", responses=_list_errors)
async def list_claims(
    operator: Viewer,
    insurance: Insurance,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    status: ClaimStatus | None = None,
) -> ClaimList:
    """The claims of the operator's tenant, newest first."""
    rows, count = await insurance.claims(operator.tenant_id, status=status, limit=limit, offset=offset)
    return ClaimList(claims=rows, count=count, offset=offset, limit=limit)


@router.get("/admin/insurance/claims/{claim_id}", responses=_read_errors)
async def read_claim(claim_id: EntityId, operator: Viewer, insurance: Insurance) -> ClaimEnvelope:
    """A claim."""
    return ClaimEnvelope(await insurance.claim(operator.tenant_id, claim_id))


@router.post("/admin/insurance/claims/{claim_id}/review", responses=_change_errors)
async def review_claim(claim_id: EntityId, operator: Support, insurance: Insurance) -> ClaimEnvelope:
    """Take a pending claim under review."""
    return ClaimEnvelope(await insurance.review(operator.tenant_id, claim_id))


@router.patch("/admin/insurance/claims/{claim_id}", responses=_change_errors)
async def decide_claim(claim_id: EntityId, body: Decision, operator: Finance, insurance: Insurance) -> ClaimEnvelope:
    """Approve or reject a claim, once; an approved one is paid by the event."""
    return ClaimEnvelope(await insurance.decide(operator.tenant_id, claim_id, body))
