"""Defects of tenancy: what one tenant sees and does of another's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.modules.customers.repository import CustomerRepository
    from reference_impl.modules.customers.schemas import Customer
    from reference_impl.modules.tenants.schemas import Tenant, TenantList
    from reference_impl.modules.tenants.service import TenantService
    from reference_impl.modules.wallet.repository import WalletRepository
    from reference_impl.modules.wallet.schemas import Wallet
    from suites.defects.registry import Patch

    Page = tuple[list[Any], int]


async def _named(request: Request, caller: Caller, name: str | None) -> Caller:
    """The operator, moved to the tenant with this id or slug."""
    if not name or caller.actor_type != "user":
        return caller
    row = await request.app.state.database.row("SELECT id FROM tenant WHERE id = $1 OR slug = $1", name)
    return caller if row is None else replace(caller, tenant_id=str(row["id"]))


def _of_every_tenant(sound: Callable[..., Awaitable[Page]]) -> Callable[..., Awaitable[Page]]:
    """A repository's `page` without its condition on the tenant."""

    async def page(self: Any, _tenant_id: str, *arguments: object, limit: int, offset: int, **filters: object) -> Page:
        from sqlalchemy import select

        from reference_impl.modules.tenants.models import tenant

        rows: list[Any] = []
        for tenant_id in (await self._work.execute(select(tenant.c.id))).scalars().all():
            found, _ = await sound(self, tenant_id, *arguments, limit=1_000_000, offset=0, **filters)
            rows += found
        return rows[offset : offset + limit], len(rows)

    return page


@defect("tenancy.tenant_from_query", breaks="TEN-03")
def tenant_from_query(patch: Patch) -> None:
    """The admin panel's tenant switch sends tenant_id in the query, and it is believed."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        return await _named(request, await sound(self, request), request.query_params.get("tenant_id"))

    set_guard(patch, guard)


@defect("tenancy.tenant_from_header", breaks="TEN-03")
def tenant_from_header(patch: Patch) -> None:
    """A header of the internal gateway names the tenant, and anybody can send it."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        return await _named(request, await sound(self, request), request.headers.get("x-tenant-id"))

    set_guard(patch, guard)


@defect("tenancy.tenant_from_body", breaks="TEN-03")
def tenant_from_body(patch: Patch) -> None:
    """A body may carry a tenant_id, and what it says goes."""
    from pydantic import BaseModel, ConfigDict

    from reference_impl.core import bodies

    class Body(BaseModel):
        model_config = ConfigDict(extra="ignore", strict=True)

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        caller = await sound(self, request)
        body = await request.json() if request.method == "POST" and self.who == "operator" else None
        return await _named(request, caller, body.get("tenant_id") if isinstance(body, dict) else None)

    patch.setattr(bodies, "Body", Body)
    set_guard(patch, guard)


@defect("tenancy.key_decides_alone", breaks="TEN-03")
def key_decides_alone(patch: Patch) -> None:
    """The publishable key names the tenant; whether the customer belongs to it is not asked."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who != "customer":
            return await sound(self, request)
        tenant_id = await auth.publishable_key_tenant(request)
        return replace(auth._caller(auth.bearer_claims(request), "customer"), tenant_id=tenant_id)

    set_guard(patch, guard)


@defect("tenancy.any_wallet_by_id", breaks="TEN-01")
def any_wallet_by_id(patch: Patch) -> None:
    """Who knows a wallet's id gets it: ids are hard to guess, after all."""
    from reference_impl.modules.wallet import repository
    from reference_impl.modules.wallet.models import wallet

    async def get(self: WalletRepository, tenant_id: str, wallet_id: str) -> Wallet | None:
        return await self._one(wallet.c.id == wallet_id)

    patch.setattr(repository.WalletRepository, "get", get)
    patch.replace(repository, "MOVE", "WHERE id = $1 AND tenant_id = $2", "WHERE id = $1 AND $2::text <> ''")
    patch.replace(repository, "REFUSAL", "wallet.tenant_id = $2", "$2::text <> ''")


@defect("tenancy.any_customer_by_id", breaks=("TEN-01", "TEN-04", "TEN-10"))
def any_customer_by_id(patch: Patch) -> None:
    """Customers are found by their id alone, also when an operator makes a wallet for one."""
    from sqlalchemy import select

    from reference_impl.modules.customers import repository
    from reference_impl.modules.customers.models import customer

    sound = repository.CustomerRepository.get

    async def get(self: CustomerRepository, tenant_id: str, customer_id: str) -> Customer | None:
        owner = await self._work.execute(select(customer.c.tenant_id).where(customer.c.id == customer_id))
        return await sound(self, owner.scalar_one_or_none() or tenant_id, customer_id)

    patch.setattr(repository.CustomerRepository, "get", get)


@defect("tenancy.list_shows_all", breaks="TEN-02")
def list_shows_all(patch: Patch) -> None:
    """The list of wallets has a filter for the customer and none for the tenant."""
    from reference_impl.modules.wallet.repository import WalletRepository

    patch.setattr(WalletRepository, "page", _of_every_tenant(WalletRepository.page))


@defect("tenancy.count_counts_all", breaks="TEN-02")
def count_counts_all(patch: Patch) -> None:
    """The rows are the tenant's own; the count is made by another query, which forgot it."""
    from reference_impl.modules.wallet.repository import WalletRepository

    sound, of_all = WalletRepository.page, _of_every_tenant(WalletRepository.page)

    async def page(
        self: WalletRepository, tenant_id: str, customer_id: str | None, *, limit: int, offset: int
    ) -> tuple[list[Wallet], int]:
        rows, _ = await sound(self, tenant_id, customer_id, limit=limit, offset=offset)
        _, count = await of_all(self, tenant_id, customer_id, limit=limit, offset=offset)
        return rows, count

    patch.setattr(WalletRepository, "page", page)


@defect("tenancy.customers_of_all", breaks="TEN-04")
def customers_of_all(patch: Patch) -> None:
    """Customers are searched over the whole platform."""
    from reference_impl.modules.customers.repository import CustomerRepository

    patch.setattr(CustomerRepository, "page", _of_every_tenant(CustomerRepository.page))


@defect("customers.search_ignored", breaks=("TEN-04", "ENV-01"))
def search_ignored(patch: Patch) -> None:
    """The search fields of the customers' list do nothing."""
    from reference_impl.modules.customers.repository import CustomerRepository

    sound = CustomerRepository.page

    async def page(
        self: CustomerRepository, tenant_id: str, *, email: str | None, q: str | None, limit: int, offset: int
    ) -> tuple[list[Customer], int]:
        return await sound(self, tenant_id, email=None, q=None, limit=limit, offset=offset)

    patch.setattr(CustomerRepository, "page", page)


@defect("tenancy.slug_read_as_domain", breaks="TEN-05")
def slug_read_as_domain(patch: Patch) -> None:
    """The look-up by slug was copied from the one by domain."""
    from reference_impl.modules.tenants import service

    sound = service.TenantService.find

    async def find(self: TenantService, *, slug: str | None, domain: str | None, handle: str | None) -> Tenant:
        return await sound(self, slug=None, domain=slug or domain, handle=handle)

    patch.setattr(service.TenantService, "find", find)


@defect("tenancy.unknown_gets_default", breaks="TEN-05")
def unknown_gets_default(patch: Patch) -> None:
    """A storefront that nobody knows is served as the default tenant."""
    from reference_impl.core.errors import InvalidData, NotFound
    from reference_impl.modules.tenants import service

    sound = service.TenantService.find

    async def find(self: TenantService, *, slug: str | None, domain: str | None, handle: str | None) -> Tenant:
        try:
            return await sound(self, slug=slug, domain=domain, handle=handle)
        except (InvalidData, NotFound):
            return await sound(self, slug="dakkah", domain=None, handle=None)

    patch.setattr(service.TenantService, "find", find)


@defect("tenancy.tenants_listed", breaks="TEN-06")
def tenants_listed(patch: Patch) -> None:
    """The list of tenants is a list of all tenants."""
    from reference_impl.modules.tenants import routes

    async def list_tenants(operator: Any, tenants: Any, limit: int = 20, offset: int = 0) -> TenantList:
        from sqlalchemy import select

        from reference_impl.modules.tenants.models import tenant
        from reference_impl.modules.tenants.schemas import TenantList

        found = await tenants._tenants._work.execute(select(tenant.c.id).order_by(tenant.c.created_at))
        every = [await tenants.get(tenant_id) for tenant_id in found.scalars()]
        return TenantList(tenants=every[offset : offset + limit], count=len(every), offset=offset, limit=limit)

    # The router holds on to the function, so it is the function's body that is exchanged.
    patch.setattr(routes.list_tenants, "__code__", list_tenants.__code__)
