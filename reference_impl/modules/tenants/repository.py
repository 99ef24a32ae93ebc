"""The SQL of tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from reference_impl.modules.tenants.models import tenant
from reference_impl.modules.tenants.schemas import Tenant

if TYPE_CHECKING:
    from reference_impl.core.database import Work

_SHOWN = [tenant.c[name] for name in Tenant.__dataclass_fields__]


class TenantRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def by(self, column: str, value: str) -> Tenant | None:
        """The living tenant whose column (id, slug, handle or domain) has this value."""
        found = await self._work.execute(
            select(*_SHOWN).where(tenant.c[column] == value, tenant.c.deleted_at.is_(None))
        )
        row = found.mappings().one_or_none()
        return None if row is None else Tenant(**row)
