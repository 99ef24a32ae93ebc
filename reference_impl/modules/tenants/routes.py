"""Routes of tenants."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from reference_impl.core.auth import Public, Shop, SuperAdmin, Viewer
from reference_impl.core.caching import PublicForAMinute
from reference_impl.core.errors import (
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
from reference_impl.modules.tenants.schemas import (
    NewTenant,
    NewTenantEnvelope,
    PlatformContext,
    TenantChange,
    TenantEnvelope,
    TenantList,
)
from reference_impl.modules.tenants.service import Tenants

router = APIRouter(route_class=PlatformRoute, tags=["tenants"])
_Name = Annotated[str | None, Query(max_length=200)]


@router.get("/store/cityos/tenant", responses=errors(InvalidData, NoPublishableKey, NotFound))
async def find_tenant(
    shop: Shop,
    tenants: Tenants,
    cached: PublicForAMinute,
    slug: _Name = None,
    domain: _Name = None,
    handle: _Name = None,
) -> TenantEnvelope:
    """Which tenant a storefront belongs to, by slug, domain or handle."""
    return TenantEnvelope(await tenants.find(slug=slug, domain=domain, handle=handle))


@router.get("/platform/context", responses=errors(InvalidData, NotFound))
async def platform_context(
    anyone: Public, tenants: Tenants, slug: _Name = None, domain: _Name = None
) -> PlatformContext:
    """What a storefront must know before its first request: its tenant and the tenant's currency."""
    tenant = await tenants.find(slug=slug, domain=domain, handle=None)
    return PlatformContext(tenant=tenant, default_currency_code=tenant.currency_code)


@router.get("/admin/tenants", responses=errors(InvalidData, Unauthorized, Forbidden))
async def list_tenants(
    operator: Viewer, tenants: Tenants, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0
) -> TenantList:
    """The tenants that the operator belongs to: the own one."""
    own = [await tenants.get(operator.tenant_id)]
    return TenantList(tenants=own[offset : offset + limit], count=len(own), offset=offset, limit=limit)


@router.get("/admin/tenants/{tenant_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_tenant(tenant_id: EntityId, operator: Viewer, tenants: Tenants) -> TenantEnvelope:
    """The operator's own tenant; another one answers as if it did not exist."""
    if tenant_id != operator.tenant_id:
        raise NotFound(f"Tenant with id: {tenant_id} was not found")
    return TenantEnvelope(await tenants.get(tenant_id))


@router.post(
    "/admin/tenants", status_code=201, responses=errors(InvalidData, Unauthorized, Forbidden, TooLarge, Duplicate)
)
async def make_tenant(body: NewTenant, operator: SuperAdmin, tenants: Tenants) -> NewTenantEnvelope:
    """Make another tenant, with the key of its storefront; its own people see to the rest."""
    made, key = await tenants.create(body)
    return NewTenantEnvelope(tenant=made, publishable_key=key)


@router.put(
    "/admin/tenants/{tenant_id}",
    responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge, Duplicate),
)
async def change_tenant(
    tenant_id: EntityId, body: TenantChange, operator: SuperAdmin, tenants: Tenants
) -> TenantEnvelope:
    """Change the operator's own tenant; another one answers as if it did not exist."""
    if tenant_id != operator.tenant_id:
        raise NotFound(f"Tenant with id: {tenant_id} was not found")
    return TenantEnvelope(await tenants.change(tenant_id, body))
