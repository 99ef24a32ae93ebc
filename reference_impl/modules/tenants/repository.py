"""The SQL of tenants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from reference_impl.core.ids import new_id
from reference_impl.modules.tenants.models import api_key, currency, tenant
from reference_impl.modules.tenants.schemas import Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    async def knows_currency(self, code: str) -> bool:
        """Whether money may be in this currency."""
        found = await self._work.execute(select(currency.c.code).where(currency.c.code == code))
        return found.one_or_none() is not None

    async def add(self, values: Mapping[str, Any]) -> Tenant:
        """A new tenant; raises UniqueViolation when its slug, handle or domain is taken."""
        now = self._work.now()
        row = {"id": new_id("tnt"), **values, "created_at": now, "updated_at": now}
        made = await self._work.attempt(insert(tenant).returning(*_SHOWN), row)
        return Tenant(**made.mappings().one())

    async def add_key(self, tenant_id: str, token: str) -> None:
        """A publishable key of the tenant."""
        row = {"id": new_id("apk"), "tenant_id": tenant_id, "token": token, "title": "Storefront"}
        await self._work.execute(insert(api_key), {**row, "type": "publishable"})

    async def change(self, tenant_id: str, values: Mapping[str, Any]) -> Tenant | None:
        """The tenant with these values; raises UniqueViolation when a handle or domain is taken."""
        changed = await self._work.attempt(
            update(tenant).where(tenant.c.id == tenant_id, tenant.c.deleted_at.is_(None)).returning(*_SHOWN),
            {**values, "updated_at": self._work.now()},
        )
        row = changed.mappings().one_or_none()
        return None if row is None else Tenant(**row)
