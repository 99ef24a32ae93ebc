"""The SQL of customers, operators, vendor accounts and their log-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, delete, func, insert, literal, or_, select, union_all, update

from reference_impl.modules.customers.models import auth_identity, auth_session, customer, operator, vendor_account
from reference_impl.modules.customers.schemas import Customer, User, VendorAccount

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reference_impl.core.database import Work

_CUSTOMER = [customer.c[name] for name in Customer.__dataclass_fields__ if name != "has_account"]
_USER = [operator.c[name] for name in User.__dataclass_fields__]
_VENDOR = [vendor_account.c[name] for name in VendorAccount.__dataclass_fields__]


class CustomerRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def add_identity(self, identity_id: str, email: str, password_hash: str) -> None:
        """Raises UniqueViolation when the e-mail is taken."""
        values = {"id": identity_id, "email": email, "password_hash": password_hash}
        await self._work.attempt(insert(auth_identity), values)

    async def identity(self, email: str) -> Mapping[str, Any] | None:
        """id and password_hash of a log-in."""
        found = await self._work.execute(
            select(auth_identity.c.id, auth_identity.c.password_hash).where(auth_identity.c.email == email)
        )
        row = found.one_or_none()
        return None if row is None else row._asdict()

    async def add_session(self, session_id: str, claims: Mapping[str, Any], expires: datetime) -> None:
        """A session of whom the claims name; sessions of theirs that are over go."""
        now, identity_id = self._work.now(), claims["auth_identity_id"]
        mine = auth_session.c.auth_identity_id == identity_id
        await self._work.execute(delete(auth_session).where(mine, auth_session.c.expires_at <= now))
        values = {"id": session_id, "auth_identity_id": identity_id, "claims": claims}
        await self._work.execute(insert(auth_session), {**values, "created_at": now, "expires_at": expires})

    async def end_session(self, session_id: str) -> None:
        await self._work.execute(delete(auth_session).where(auth_session.c.id == session_id))

    async def actors(self, identity_id: str) -> list[Mapping[str, Any]]:
        """actor_type, id, tenant_id, role and vendor_id of everybody who logs in with this identity."""
        nothing = literal("")

        def of(table: Table, actor_type: str, role: Any = nothing, vendor_id: Any = nothing) -> Any:
            return select(
                literal(actor_type).label("actor_type"),
                table.c.id,
                table.c.tenant_id,
                role.label("role"),
                vendor_id.label("vendor_id"),
            ).where(table.c.auth_identity_id == identity_id, table.c.deleted_at.is_(None))

        found = await self._work.execute(
            union_all(
                of(customer, "customer"),
                of(operator, "user", role=operator.c.role),
                of(vendor_account, "vendor", vendor_id=func.coalesce(vendor_account.c.vendor_id, "")),
            )
        )
        return [row._asdict() for row in found]

    async def add(self, values: Mapping[str, Any]) -> Customer:
        """A new customer; raises UniqueViolation when the e-mail or the identity has one already."""
        row = (await self._work.attempt(insert(customer).returning(*_CUSTOMER), dict(values))).mappings().one()
        return Customer(**row)

    async def get(self, tenant_id: str, customer_id: str) -> Customer | None:
        row = (
            (
                await self._work.execute(
                    select(*_CUSTOMER).where(
                        customer.c.tenant_id == tenant_id, customer.c.id == customer_id, customer.c.deleted_at.is_(None)
                    )
                )
            )
            .mappings()
            .one_or_none()
        )
        return None if row is None else Customer(**row)

    async def change(self, tenant_id: str, customer_id: str, values: Mapping[str, Any]) -> Customer | None:
        found = await self._work.execute(
            update(customer)
            .where(customer.c.tenant_id == tenant_id, customer.c.id == customer_id, customer.c.deleted_at.is_(None))
            .values(**values)
            .returning(*_CUSTOMER)
        )
        row = found.mappings().one_or_none()
        return None if row is None else Customer(**row)

    async def mail_bounced(self, tenant_id: str, customer_id: str) -> bool:
        """Whether this call is the one that marked the customer."""
        now = self._work.now()
        marked = await self._work.execute(
            update(customer)
            .where(
                customer.c.tenant_id == tenant_id, customer.c.id == customer_id, customer.c.email_bounced_at.is_(None)
            )
            .values(email_bounced_at=now, updated_at=now)
            .returning(customer.c.id)
        )
        return marked.one_or_none() is not None

    async def page(
        self, tenant_id: str, *, email: str | None, q: str | None, limit: int, offset: int
    ) -> tuple[list[Customer], int]:
        """One page of a tenant's customers, newest first, and how many there are in all."""
        mine = [customer.c.tenant_id == tenant_id, customer.c.deleted_at.is_(None)]
        if email is not None:
            mine.append(customer.c.email == email)
        if q is not None:
            searched = (customer.c.email, customer.c.first_name, customer.c.last_name, customer.c.company_name)
            mine.append(or_(*(column.icontains(q, autoescape=True) for column in searched)))
        count = (await self._work.execute(select(func.count()).select_from(customer).where(*mine))).scalar_one()
        newest = select(*_CUSTOMER).where(*mine).order_by(customer.c.created_at.desc(), customer.c.id.desc())
        rows = (await self._work.execute(newest.limit(limit).offset(offset))).mappings()
        return [Customer(**row) for row in rows], count

    async def user(self, user_id: str) -> User | None:
        found = await self._work.execute(
            select(*_USER).where(operator.c.id == user_id, operator.c.deleted_at.is_(None))
        )
        row = found.mappings().one_or_none()
        return None if row is None else User(**row)

    async def add_vendor_account(self, values: Mapping[str, Any]) -> None:
        """Raises UniqueViolation when the identity has one already."""
        await self._work.attempt(insert(vendor_account), dict(values))

    async def vendor(self, account_id: str) -> VendorAccount | None:
        found = await self._work.execute(
            select(*_VENDOR).where(vendor_account.c.id == account_id, vendor_account.c.deleted_at.is_(None))
        )
        row = found.mappings().one_or_none()
        return None if row is None else VendorAccount(**row)
