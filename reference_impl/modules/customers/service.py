"""Registering, logging in, and what customers keep about themselves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from fastapi import Depends, Request

from reference_impl.core.auth import ActorType, Caller, issue_token
from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import Duplicate, InvalidData, LoginRefused, NotFound, Unauthorized
from reference_impl.core.ids import new_id
from reference_impl.core.outbox import publish
from reference_impl.core.routing import work_of
from reference_impl.core.sessions import LIFETIME_S, hash_of, new_word
from reference_impl.modules.customers.repository import CustomerRepository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_impl.core.database import Work
    from reference_impl.modules.customers.schemas import (
        Credentials,
        Customer,
        CustomerChange,
        NewCustomer,
        User,
        VendorAccount,
    )

PASSWORD_LENGTH_MAX = 256
_HAS_ONE = "Request already authenticated as a customer."
# The least that OWASP's password storage sheet recommends for argon2id: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _decoy_hash() -> str:
    return _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """An argon2id hash; takes some tens of milliseconds of CPU."""
    return _hasher.hash(password)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


class LoginService:
    """Registers and logs in; the only one who knows the signing secret."""

    def __init__(self, work: Work, jwt_secret: str) -> None:
        self._work = work
        self._customers = CustomerRepository(work)
        self._jwt_secret = jwt_secret

    async def register(self, actor: ActorType, credentials: Credentials) -> str:
        """A new log-in without an actor; the token to make the actor with. Raises LoginRefused for a taken e-mail."""
        email, password = _read(credentials)
        identity_id = new_id("authid")
        password_hash = await asyncio.to_thread(hash_password, password)
        try:
            await self._customers.add_identity(identity_id, email, password_hash)
        except UniqueViolation:
            raise LoginRefused("Identity with email already exists") from None
        return self._token(actor, identity_id)

    async def log_in(self, actor: ActorType, credentials: Credentials) -> str:
        """A token for an actor, or for a registration that was never finished; raises LoginRefused."""
        email, password = _read(credentials)
        identity = await self._customers.identity(email)
        # An unknown e-mail costs the same time as a wrong password, so that neither tells which addresses exist.
        known_hash = identity["password_hash"] if identity else await asyncio.to_thread(_decoy_hash)
        if not await asyncio.to_thread(_matches, known_hash, password) or identity is None:
            raise LoginRefused
        actors = await self._customers.actors(identity["id"])
        mine = next((found for found in actors if found["actor_type"] == actor), None)
        return self._token(actor, identity["id"], mine)

    async def begin_session(self, claims: Mapping[str, Any]) -> tuple[str, datetime]:
        """A session of whom the token's claims name: the word for the cookie, and when it ends by itself."""
        word = new_word()
        expires = min(self._work.now() + timedelta(seconds=LIFETIME_S), datetime.fromtimestamp(claims["exp"], UTC))
        await self._customers.add_session(hash_of(word), claims, expires)
        return word, expires

    async def end_session(self, word: str) -> None:
        """From now on the word opens nothing."""
        await self._customers.end_session(hash_of(word))

    def _token(self, actor: ActorType, identity_id: str, who: Mapping[str, Any] | None = None) -> str:
        """A token for `who` (id, tenant_id, role, vendor_id), or one that names nobody yet."""
        actor_id = who["id"] if who else ""
        metadata = {}
        if who:
            # A vendor's account speaks for a vendor: its vendor_id is the vendor's, not the account's.
            metadata = {f"{actor}_id": actor_id, "tenant_id": who["tenant_id"], "role": who["role"]}
            metadata |= {"vendor_id": who["vendor_id"]} if actor == "vendor" else {}
        claims: dict[str, Any] = {
            "actor_id": actor_id,
            "actor_type": actor,
            "auth_identity_id": identity_id,
            "app_metadata": metadata,
            "user_metadata": {},
        }
        return issue_token(self._jwt_secret, self._work.now(), claims)


class CustomerService:
    """What customers, operators and vendors keep about themselves."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._customers = CustomerRepository(work)

    async def create(self, newcomer: Caller, body: NewCustomer) -> Customer:
        """The customer of a fresh registration, in the tenant of the publishable key; tells customer.created.

        Raises InvalidData for a log-in that has its customer already, Duplicate for an e-mail that has one.
        """
        if newcomer.actor_id:
            raise InvalidData(_HAS_ONE)
        now = self._work.now()
        values = {
            **body.model_dump(),
            "id": new_id("cus"),
            "tenant_id": newcomer.tenant_id,
            "auth_identity_id": newcomer.auth_identity_id,
            "created_at": now,
            "updated_at": now,
        }
        try:
            customer = await self._customers.add(values)
        except UniqueViolation as taken:
            if taken.constraint == "uq_customer_tenant_email":
                raise Duplicate(f"Customer with email: {body.email}, already has an account") from None
            raise InvalidData(_HAS_ONE) from None
        await publish(
            self._work,
            "customer.created",
            tenant_id=newcomer.tenant_id,
            aggregate_id=customer.id,
            payload={"id": customer.id, "email": customer.email},
        )
        return customer

    async def get(self, tenant_id: str, customer_id: str) -> Customer:
        found = await self._customers.get(tenant_id, customer_id)
        if found is None:
            raise NotFound(f"Customer with id: {customer_id} was not found")
        return found

    async def change(self, caller: Caller, body: CustomerChange) -> Customer:
        """Write the fields that were given and leave the others."""
        values = {**body.model_dump(exclude_unset=True), "updated_at": self._work.now()}
        found = await self._customers.change(caller.tenant_id, caller.actor_id, values)
        if found is None:
            raise Unauthorized
        return found

    async def mail_bounced(self, tenant_id: str, customer_id: str) -> bool:
        """Send no more mail to a customer; False for one who is not there, or was known for it."""
        return await self._customers.mail_bounced(tenant_id, customer_id)

    async def page(
        self, tenant_id: str, *, email: str | None, q: str | None, limit: int, offset: int
    ) -> tuple[list[Customer], int]:
        return await self._customers.page(tenant_id, email=email, q=q, limit=limit, offset=offset)

    async def user(self, caller: Caller) -> User:
        found = await self._customers.user(caller.actor_id)
        if found is None:
            raise Unauthorized
        return found

    async def add_vendor_account(
        self, tenant_id: str, email: str, *, account_id: str, vendor_id: str, name: str
    ) -> None:
        """Let a registered log-in speak for a vendor of the tenant.

        Raises NotFound when nobody has registered so, or somebody whom another tenant knows; Duplicate when the log-in
        speaks for a vendor already.
        """
        identity = await self._customers.identity(email)
        known = [] if identity is None else await self._customers.actors(identity["id"])
        if identity is None or any(actor["tenant_id"] != tenant_id for actor in known):
            raise NotFound(f"Log-in with email: {email} was not found; register it at /auth/vendor/emailpass/register")
        whose = {"tenant_id": tenant_id, "auth_identity_id": identity["id"], "vendor_id": vendor_id}
        try:
            await self._customers.add_vendor_account({**whose, "id": account_id, "email": email, "name": name})
        except UniqueViolation:
            raise Duplicate(f"Vendor account with email: {email}, already exists") from None

    async def vendor(self, caller: Caller) -> VendorAccount:
        found = await self._customers.vendor(caller.actor_id)
        if found is None:
            raise Unauthorized
        return found


def _read(credentials: Credentials) -> tuple[str, str]:
    """E-mail and password, or the refusal that Medusa words this way."""
    if not isinstance(credentials.password, str) or not credentials.password:
        raise LoginRefused("Password should be a string")
    if not isinstance(credentials.email, str) or not credentials.email:
        raise LoginRefused("Email should be a string")
    if len(credentials.password) > PASSWORD_LENGTH_MAX or len(credentials.email) > PASSWORD_LENGTH_MAX:
        raise LoginRefused
    return credentials.email.strip().lower(), credentials.password


async def _logins(request: Request) -> LoginService:
    return LoginService(work_of(request), request.app.state.settings.jwt_secret.get_secret_value())


async def _customers(request: Request) -> CustomerService:
    return CustomerService(work_of(request))


Logins = Annotated[LoginService, Depends(_logins)]
Customers = Annotated[CustomerService, Depends(_customers)]
