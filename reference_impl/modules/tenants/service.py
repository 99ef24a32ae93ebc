"""What the platform does with tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from reference_impl.core.errors import InvalidData, NotFound
from reference_impl.core.routing import work_of
from reference_impl.modules.tenants.repository import TenantRepository

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.modules.tenants.schemas import Tenant


class TenantService:
    """Finds tenants; who may see which is decided by the guards of the routes."""

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


async def _service(request: Request) -> TenantService:
    return TenantService(work_of(request))


Tenants = Annotated[TenantService, Depends(_service)]
