"""Defects of log-ins, tokens, keys and guards: who gets in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

    from reference_impl.core.auth import ActorType, Caller, Guard
    from reference_impl.modules.customers.repository import CustomerRepository
    from reference_impl.modules.customers.schemas import Credentials, Customer, NewCustomer
    from reference_impl.modules.customers.service import CustomerService, LoginService
    from suites.defects.registry import Patch


@defect("auth.customer_token_on_admin", breaks="AUTH-05")
def customer_token_on_admin(patch: Patch) -> None:
    """Admin routes ask for a token, and not for whose; who has no role is taken for the oldest one."""
    from reference_impl.core import auth

    sound = auth._caller

    def caller(claims: dict[str, Any], actor_type: ActorType) -> Caller:
        if actor_type == "user" and claims.get("actor_type") == "customer":
            return replace(sound(claims, "customer"), role="super_admin")
        return sound(claims, actor_type)

    patch.setattr(auth, "_caller", caller)


@defect("auth.operator_token_on_store", breaks="AUTH-06")
def operator_token_on_store(patch: Patch) -> None:
    """Operators may look at the storefront as if they were customers."""
    from reference_impl.core import auth

    sound = auth._caller

    def caller(claims: dict[str, Any], actor_type: ActorType) -> Caller:
        return sound(claims, "user" if actor_type == "customer" and claims.get("actor_type") == "user" else actor_type)

    patch.setattr(auth, "_caller", caller)


@defect("auth.registration_token_is_enough", breaks="AUTH-09")
def registration_token_is_enough(patch: Patch) -> None:
    """A good signature is enough: that the token names no customer yet is only noticed when one is looked for."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who != "customer":
            return await sound(self, request)
        tenant_id = await auth.publishable_key_tenant(request)
        claims = auth.bearer_claims(request)
        if claims["actor_id"]:
            return await sound(self, request)
        return auth.Caller(tenant_id=tenant_id, actor_id=claims["auth_identity_id"], actor_type="customer")

    set_guard(patch, guard)


@defect("auth.admin_without_log_in", breaks="AUTH-04")
def admin_without_log_in(patch: Patch) -> None:
    """Requests without a log-in count as internal, because the gateway asks for it; there is no gateway any more."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "operator" and "authorization" not in request.headers:
            return auth.Caller(actor_id="internal", actor_type="user", role="super_admin")
        return await sound(self, request)

    set_guard(patch, guard)


@defect("auth.door_decides", breaks="AUTH-03")
def door_decides(patch: Patch) -> None:
    """Who logs in at the operators' door gets an operator's token: nobody else knows that door."""
    from reference_impl.modules.customers import repository

    sound = repository.CustomerRepository.actors

    async def actors(self: CustomerRepository, identity_id: str) -> list[Mapping[str, Any]]:
        found = await sound(self, identity_id)
        return [
            {**one, "actor_type": kind, "role": "super_admin"}
            for one in found
            for kind in ("customer", "user", "vendor")
        ]

    patch.setattr(repository.CustomerRepository, "actors", actors)


@defect("auth.signature_not_checked", breaks="AUTH-07")
def signature_not_checked(patch: Patch) -> None:
    """The token is decoded, and that was taken for verified."""
    import jwt

    from reference_impl.core import auth

    def claims_of(token: str, secret: str) -> dict[str, Any] | None:
        try:
            claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return None
        return claims if "exp" in claims else None

    patch.setattr(auth, "verified_claims", claims_of)


@defect("auth.alg_none_accepted", breaks="AUTH-07")
def alg_none_accepted(patch: Patch) -> None:
    """The token itself says how it is to be verified, and "none" is one of the ways."""
    import jwt

    from reference_impl.core import auth

    sound = auth.verified_claims

    def claims_of(token: str, secret: str) -> dict[str, Any] | None:
        try:
            if str(jwt.get_unverified_header(token).get("alg")).lower() != "none":
                return sound(token, secret)
            claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return None
        return claims

    patch.setattr(auth, "verified_claims", claims_of)


@defect("auth.template_secret_accepted", breaks="AUTH-07")
def template_secret_accepted(patch: Patch) -> None:
    """The secret of the project template still counts, so that nobody was logged out when it was changed."""
    from reference_impl.core import auth

    sound = auth.verified_claims

    def claims_of(token: str, secret: str) -> dict[str, Any] | None:
        return sound(token, secret) or sound(token, "supersecret")

    patch.setattr(auth, "verified_claims", claims_of)


@defect("auth.any_scheme", breaks="AUTH-07")
def any_scheme(patch: Patch) -> None:
    """The token is the last word of the header, whatever stands before it."""
    from reference_impl.core import auth

    sound = auth.bearer_claims

    def bearer_claims(request: Request) -> dict[str, Any]:
        token = request.headers.get("authorization", "").rpartition(" ")[2].removeprefix("Bearer")
        headers = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
        headers.append((b"authorization", f"Bearer {token}".encode()))
        return sound(type(request)({**request.scope, "headers": headers}))

    patch.setattr(auth, "bearer_claims", bearer_claims)

    async def no_secret_keys(request: Request) -> Caller | None:
        return None

    patch.setattr(auth, "_secret_key_caller", no_secret_keys)


@defect("keys.publishable_key_not_checked", breaks="AUTH-08")
def publishable_key_not_checked(patch: Patch) -> None:
    """A key that is missing or unknown means the first tenant."""
    from reference_impl.core import auth
    from reference_impl.core.errors import NotAllowed

    sound = auth.publishable_key_tenant

    async def tenant(request: Request) -> str:
        try:
            return await sound(request)
        except NotAllowed:
            row = await request.app.state.database.row("SELECT id FROM tenant ORDER BY created_at, id LIMIT 1")
            return str(row["id"])

    patch.setattr(auth, "publishable_key_tenant", tenant)


@defect("keys.asked_for_last", breaks="AUTH-08")
def asked_for_last(patch: Patch) -> None:
    """The log-in is looked at before the publishable key."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "customer":
            auth._caller(auth.bearer_claims(request), "customer")
        return await sound(self, request)

    set_guard(patch, guard)


@defect("auth.register_again_overwrites", breaks="AUTH-02")
def register_again_overwrites(patch: Patch) -> None:
    """Registering is an upsert: whoever registers your address again has your account."""
    from reference_impl.modules.customers import repository

    async def add_identity(self: CustomerRepository, identity_id: str, email: str, password_hash: str) -> None:
        await self._work.look(
            "INSERT INTO auth_identity (id, email, password_hash) VALUES ($1, $2, $3)"
            " ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash",
            *(identity_id, email, password_hash),
        )

    patch.setattr(repository.CustomerRepository, "add_identity", add_identity)


@defect("auth.unknown_email_told", breaks="AUTH-03")
def unknown_email_told(patch: Patch) -> None:
    """A friendly log-in form: it says that there is no account with this address."""
    from reference_impl.core.errors import LoginRefused
    from reference_impl.modules.customers import service

    sound = service.LoginService.log_in

    async def log_in(self: LoginService, actor: ActorType, credentials: Credentials) -> str:
        if await self._customers.identity(str(credentials.email)) is None:
            raise LoginRefused("There is no account with this e-mail address")
        return await sound(self, actor, credentials)

    patch.setattr(service.LoginService, "log_in", log_in)


@defect("customers.plus_is_noise", breaks="AUTH-01")
def plus_is_noise(patch: Patch) -> None:
    """What stands behind a plus in an address is cut off, so that nobody gets the welcome voucher twice."""
    import re

    from reference_impl.modules.customers import service

    sound = service.CustomerService.create

    async def create(self: CustomerService, newcomer: Caller, body: NewCustomer) -> Customer:
        return await sound(self, newcomer, body.model_copy(update={"email": re.sub(r"\+[^@]*", "", body.email)}))

    patch.setattr(service.CustomerService, "create", create)


@defect("customers.one_cache_for_all", breaks="AUTH-01")
def one_cache_for_all(patch: Patch) -> None:
    """Customers are cached per tenant; their id is missing from the cache's key."""
    from reference_impl.modules.customers import service

    sound = service.CustomerService.get
    cache: dict[str, Customer] = {}

    async def get(self: CustomerService, tenant_id: str, customer_id: str) -> Customer:
        if tenant_id not in cache:
            cache[tenant_id] = await sound(self, tenant_id, customer_id)
        return cache[tenant_id]

    patch.setattr(service.CustomerService, "get", get)
