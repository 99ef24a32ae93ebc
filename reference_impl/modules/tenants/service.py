"""What the platform does with tenants."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import Duplicate, InvalidData, NotFound
from reference_impl.core.routing import work_of
from reference_impl.modules.tenants.repository import TenantRepository
from reference_impl.modules.tenants.schemas import TenantChange

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_impl.core.database import Work
    from reference_impl.modules.tenants.schemas import NewTenant, Tenant


class TenantService:
    """Finds, makes and changes tenants; who may see which is decided by the guards of the routes."""

    def __init__(self, work: Work) -> None:
        self._tenants = TenantRepository(work)

    async def get(self, tenant_id: str) -> Tenant:
        """The tenant with this id; raises NotFound."""
        found = await self._tenants.by("id", tenant_id)
        if found is None:
            raise NotFound(f"Tenant with id: {tenant_id} was not found")
        return found

    async def find(self, *, slug: str | None, domain: str | None, handle: str | None) -> Tenant:
        """The tenant with this slug, domain or handle, whichever is given first; raises InvalidData or NotFound."""
        for column, value in (("slug", slug), ("domain", domain), ("handle", handle)):
            if value:
                found = await self._tenants.by(column, value)
                if found is None:
                    raise NotFound(f"Tenant with {column}: {value} was not found")
                return found
        raise InvalidData("One of slug, domain or handle is required")

    async def create(self, body: NewTenant) -> tuple[Tenant, str]:
        """A new tenant and its publishable key; raises Duplicate, or InvalidData for a currency that is not known."""
        if not await self._tenants.knows_currency(body.currency_code):
            raise InvalidData(f"Currency with code: {body.currency_code} was not found")
        try:
            made = await self._tenants.add({**body.model_dump(), "handle": body.handle or body.slug})
        except UniqueViolation as taken:
            raise _duplicate(taken) from None
        key = f"pk_{secrets.token_hex(32)}"
        await self._tenants.add_key(made.id, key)
        return made, key

    async def told(self, *, tenant_id: str, slug: str, given: Mapping[str, Any]) -> bool:
        """What somebody outside says of a tenant, by its id or else its slug; whether it is one of ours.

        Raises pydantic's ValidationError for what no tenant can be called, and Duplicate.
        """
        which = ("id", tenant_id) if tenant_id else ("slug", slug)
        found = await self._tenants.by(*which) if which[1] else None
        if found is None:
            return False
        await self.change(found.id, TenantChange.model_validate(given))
        return True

    async def change(self, tenant_id: str, body: TenantChange) -> Tenant:
        """The tenant as changed; raises Duplicate or NotFound."""
        given = body.model_dump(exclude_none=True)
        try:
            changed = await self._tenants.change(tenant_id, given)
        except UniqueViolation as taken:
            raise _duplicate(taken) from None
        if changed is None:
            raise NotFound(f"Tenant with id: {tenant_id} was not found")
        return changed


def _duplicate(taken: UniqueViolation) -> Duplicate:
    return Duplicate(f"Another tenant has this {str(taken.constraint).removeprefix('uq_tenant_')}")


async def _service(request: Request) -> TenantService:
    return TenantService(work_of(request))


Tenants = Annotated[TenantService, Depends(_service)]
