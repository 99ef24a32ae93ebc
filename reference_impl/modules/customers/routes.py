"""Routes of log-ins, customers, operators and vendor accounts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from reference_impl.core.auth import (
    ActorType,
    AnyActor,
    Customer,
    InSession,
    Newcomer,
    Public,
    Vendor,
    Viewer,
    bearer_claims,
)
from reference_impl.core.errors import (
    Duplicate,
    Forbidden,
    InvalidData,
    LoginRefused,
    NoPublishableKey,
    NotFound,
    TooLarge,
    Unauthorized,
    errors,
)
from reference_impl.core.ids import EntityId
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit, Offset
from reference_impl.core.routing import JsonResponse, PlatformRoute
from reference_impl.core.sessions import COOKIE, give_cookie, take_cookie
from reference_impl.modules.customers.schemas import (
    Credentials,
    CustomerChange,
    CustomerEnvelope,
    CustomerList,
    NewCustomer,
    SessionEnd,
    SessionEnvelope,
    TokenEnvelope,
    UserEnvelope,
    VendorEnvelope,
)
from reference_impl.modules.customers.service import Customers, Logins

router = APIRouter(route_class=PlatformRoute, tags=["customers"])


@router.post("/auth/{actor}/emailpass/register", responses=errors(InvalidData, LoginRefused, TooLarge))
async def register(actor: ActorType, body: Credentials, anyone: Public, logins: Logins) -> TokenEnvelope:
    """A new log-in. The token only serves to make the actor; log in again for one that names it."""
    return TokenEnvelope(await logins.register(actor, body))


@router.post("/auth/{actor}/emailpass", responses=errors(InvalidData, LoginRefused, TooLarge))
async def log_in(actor: ActorType, body: Credentials, anyone: Public, logins: Logins) -> TokenEnvelope:
    """A token that is good for a day."""
    return TokenEnvelope(await logins.log_in(actor, body))


@router.post("/auth/session", response_model=SessionEnvelope, responses=errors(Unauthorized))
async def begin_session(request: Request, actor: AnyActor, logins: Logins) -> JsonResponse:
    """A cookie that opens what the token opens, for browsers."""
    claims = bearer_claims(request)
    word, expires = await logins.begin_session(claims)
    answer = JsonResponse({"user": claims})
    give_cookie(request, answer, word, expires)
    return answer


@router.delete("/auth/session", response_model=SessionEnd, responses=errors(Unauthorized))
async def end_session(request: Request, actor: InSession, logins: Logins) -> JsonResponse:
    """The session that the cookie names is over; the cookie opens nothing any more."""
    await logins.end_session(request.cookies[COOKIE])
    answer = JsonResponse(SessionEnd(success=True))
    take_cookie(request, answer)
    return answer


@router.post("/store/customers", responses=errors(InvalidData, NoPublishableKey, Unauthorized, TooLarge, Duplicate))
async def create_customer(body: NewCustomer, newcomer: Newcomer, customers: Customers) -> CustomerEnvelope:
    """The customer behind a fresh registration."""
    return CustomerEnvelope(await customers.create(newcomer, body))


@router.get("/store/customers/me", responses=errors(NoPublishableKey, Unauthorized))
async def read_me(customer: Customer, customers: Customers) -> CustomerEnvelope:
    """The customer who is logged in."""
    return CustomerEnvelope(await customers.get(customer.tenant_id, customer.actor_id))


@router.post("/store/customers/me", responses=errors(InvalidData, NoPublishableKey, Unauthorized, TooLarge))
async def change_me(body: CustomerChange, customer: Customer, customers: Customers) -> CustomerEnvelope:
    """Change what the customer keeps about themselves."""
    return CustomerEnvelope(await customers.change(customer, body))


@router.get("/admin/customers", responses=errors(InvalidData, Unauthorized, Forbidden))
async def list_customers(
    operator: Viewer,
    customers: Customers,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    email: Annotated[str | None, Query(max_length=254)] = None,
    q: Annotated[str | None, Query(max_length=254, description="Part of an e-mail address or a name")] = None,
) -> CustomerList:
    """The customers of the operator's tenant, newest first."""
    found, count = await customers.page(operator.tenant_id, email=email, q=q, limit=limit, offset=offset)
    return CustomerList(customers=found, count=count, offset=offset, limit=limit)


@router.get("/admin/customers/{customer_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_customer(customer_id: EntityId, operator: Viewer, customers: Customers) -> CustomerEnvelope:
    """One customer of the operator's tenant."""
    return CustomerEnvelope(await customers.get(operator.tenant_id, customer_id))


@router.get("/admin/users/me", responses=errors(Unauthorized, Forbidden))
async def read_user(operator: Viewer, customers: Customers) -> UserEnvelope:
    """The operator who is logged in."""
    return UserEnvelope(await customers.user(operator))


@router.get("/vendor/me", responses=errors(Unauthorized))
async def read_vendor(vendor: Vendor, customers: Customers) -> VendorEnvelope:
    """The vendor who is logged in."""
    return VendorEnvelope(await customers.vendor(vendor))
