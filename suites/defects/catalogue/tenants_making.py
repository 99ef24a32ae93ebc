"""Defects of making and changing tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.defects.registry import defect

if TYPE_CHECKING:
    from typing import Any

    from reference_impl.modules.tenants.schemas import Tenant, TenantChange
    from reference_impl.modules.tenants.service import TenantService
    from suites.defects.registry import Patch


@defect("tenants.slug_not_unique", breaks="TEN-07")
def slug_not_unique(patch: Patch) -> None:
    """That a slug is free is for the form to ask; the database lost its index in a migration."""
    patch.sql("DROP INDEX uq_tenant_slug")


@defect("tenants.key_of_the_maker", breaks="TEN-07")
def key_of_the_maker(patch: Patch) -> None:
    """The first key of a new tenant is written for whichever tenant was there first."""
    from reference_impl.modules.tenants import repository

    sound = repository.TenantRepository.add_key

    async def add_key(self: Any, tenant_id: str, token: str) -> None:
        first = await self._work.look("SELECT id FROM tenant ORDER BY created_at, id LIMIT 1")
        await sound(self, first["id"], token)

    patch.setattr(repository.TenantRepository, "add_key", add_key)


@defect("tenants.change_replaces", breaks="TEN-08")
def change_replaces(patch: Patch) -> None:
    """A PUT replaces: what the body leaves out becomes empty."""
    from reference_impl.modules.tenants import service

    async def change(self: TenantService, tenant_id: str, body: TenantChange) -> Tenant:
        values = {"domain": body.domain, **body.model_dump(exclude_none=True)}
        changed = await self._tenants.change(tenant_id, values)
        assert changed is not None
        return changed

    patch.setattr(service.TenantService, "change", change)


@defect("tenants.anybodys_may_change", breaks="TEN-08")
def anybodys_may_change(patch: Patch) -> None:
    """A super administrator is one everywhere: whose tenant it is was not asked."""
    from dataclasses import replace

    from suites.defects.guards import set_guard, sound_guard

    sound = sound_guard()

    async def guard(self: Any, request: Any) -> Any:
        caller = await sound(self, request)
        if request.method == "PUT" and request.url.path.startswith("/admin/tenants/"):
            return replace(caller, tenant_id=request.path_params["tenant_id"])
        return caller

    set_guard(patch, guard)


@defect("tenants.named_by_the_id", breaks="TEN-09")
def named_by_the_id(patch: Patch) -> None:
    """Ids are unique over all tenants, so the id in the path tells which tenant a request is about."""
    from dataclasses import replace

    from reference_impl.core.database import metadata
    from suites.defects.guards import set_guard, sound_guard

    sound = sound_guard()

    def whose() -> str:
        owned = [table.name for table in metadata.tables.values() if {"id", "tenant_id"} <= set(table.c.keys())]
        rows = "".join(f" UNION ALL SELECT id, tenant_id FROM {name}" for name in owned)  # noqa: S608
        return f"SELECT owner FROM (SELECT id, id AS owner FROM tenant{rows}) AS owned WHERE id = $1 LIMIT 1"  # noqa: S608

    async def guard(self: Any, request: Any) -> Any:
        caller = await sound(self, request)
        for one in request.path_params.values():
            row = await request.app.state.database.row(whose(), one)
            if row is not None:
                return replace(caller, tenant_id=row["owner"])
        return caller

    set_guard(patch, guard)


@defect("tenants.not_yours", breaks="TEN-09")
def not_yours(patch: Patch) -> None:
    """For another tenant's customer the answer says so: an honest error is a helpful error."""
    from reference_impl.core.errors import NotFound
    from reference_impl.modules.customers import service

    sound = service.CustomerService.get

    async def get(self: Any, tenant_id: str, customer_id: str) -> Any:
        try:
            return await sound(self, tenant_id, customer_id)
        except NotFound:
            if await self._work.look("SELECT 1 FROM customer WHERE id = $1", customer_id):
                raise NotFound("This customer belongs to another tenant") from None
            raise

    patch.setattr(service.CustomerService, "get", get)
