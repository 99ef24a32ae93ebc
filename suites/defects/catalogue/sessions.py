"""Defects of sessions: what a browser's cookie opens, how long, and to whom it is sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import Request, Response

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.modules.customers.repository import CustomerRepository
    from suites.defects.registry import Patch


@defect("sessions.browser_forgets", breaks="AUTH-12")
def browser_forgets(patch: Patch) -> None:
    """Logging out takes the cookie from the browser; who has copied it stays logged in."""
    from reference_impl.modules.customers import repository

    async def end_session(self: CustomerRepository, session_id: str) -> None: ...

    patch.setattr(repository.CustomerRepository, "end_session", end_session)


@defect("sessions.one_end_for_all", breaks="AUTH-12")
def one_end_for_all(patch: Patch) -> None:
    """Logging out on one device logs out on all of them."""
    from reference_impl.modules.customers import repository

    async def end_session(self: CustomerRepository, session_id: str) -> None:
        whose = "(SELECT auth_identity_id FROM auth_session WHERE id = $1)"
        await self._work.look(f"DELETE FROM auth_session WHERE auth_identity_id = {whose}", session_id)  # noqa: S608

    patch.setattr(repository.CustomerRepository, "end_session", end_session)


@defect("sessions.beginning_is_enough", breaks="AUTH-12")
def beginning_is_enough(patch: Patch) -> None:
    """The column has room for twenty characters of a cookie; the rest is not looked at."""
    from reference_impl.core import sessions
    from reference_impl.modules.customers import service

    def hash_of(word: str) -> str:
        return hashlib.sha256(word[:20].encode()).hexdigest()

    patch.setattr(sessions, "hash_of", hash_of)
    patch.setattr(service, "hash_of", hash_of)


@defect("sessions.whoever_it_is", breaks="AUTH-11")
def whoever_it_is(patch: Patch) -> None:
    """Whoever has a session is taken for the kind of person that the route is for."""
    from reference_impl.core import auth

    sound = auth.login_claims

    async def login_claims(request: Request) -> dict[str, Any]:
        claims = await sound(request)
        if "authorization" in request.headers:
            return claims
        kind = "user" if request.url.path.startswith("/admin/") else "customer"
        return {**claims, "actor_type": kind}

    patch.setattr(auth, "login_claims", login_claims)


@defect("sessions.key_in_the_session", breaks="AUTH-11")
def key_in_the_session(patch: Patch) -> None:
    """A session knows its tenant, so the publishable key is asked for only of who has none."""
    from reference_impl.core import auth, sessions

    sound = auth.publishable_key_tenant

    async def tenant(request: Request) -> str:
        claims = await sessions.session_claims(request)
        return await sound(request) if claims is None else str(claims["app_metadata"]["tenant_id"])

    patch.setattr(auth, "publishable_key_tenant", tenant)


@defect("sessions.token_is_only_read", breaks="AUTH-10")
def token_is_only_read(patch: Patch) -> None:
    """A session is begun with what the token says; its signature was looked at when it was given, after all."""
    import jwt

    from reference_impl.core import auth
    from reference_impl.core.errors import Unauthorized
    from reference_impl.modules.customers import routes

    sound = sound_guard()

    def read(request: Request) -> dict[str, Any]:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            raise Unauthorized from None
        return claims

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "token":
            return auth._caller(claims := read(request), claims["actor_type"])
        return await sound(self, request)

    set_guard(patch, guard)
    patch.setattr(routes, "bearer_claims", read)


@defect("sessions.for_operators_only", breaks=("AUTH-10", "ROL-07"))
def for_operators_only(patch: Patch) -> None:
    """Cookies were made for the admin's pages; the shop's own-data routes know tokens alone."""
    from reference_impl.core.errors import Unauthorized

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "customer" and "authorization" not in request.headers:
            raise Unauthorized
        return await sound(self, request)

    set_guard(patch, guard)


@defect("sessions.for_shoppers_only", breaks=("AUTH-10", "ROL-07"))
def for_shoppers_only(patch: Patch) -> None:
    """Cookies were made for the storefront; the admin's routes know tokens alone."""
    from reference_impl.core.errors import Unauthorized

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "operator" and "authorization" not in request.headers:
            raise Unauthorized
        return await sound(self, request)

    set_guard(patch, guard)


@defect("sessions.renewed_by_itself", breaks="ROL-07")
def renewed_by_itself(patch: Patch) -> None:
    """A session is as good as a token for beginning another one, so that it never has to end."""
    from reference_impl.core import auth
    from reference_impl.modules.customers import routes

    sound = sound_guard()
    remembered: dict[str, dict[str, Any]] = {}

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "token" and "authorization" not in request.headers:
            remembered["last"] = await auth.login_claims(request)
            return auth.Caller()
        return await sound(self, request)

    def claims(request: Request) -> dict[str, Any]:
        return auth.bearer_claims(request) if "authorization" in request.headers else remembered["last"]

    set_guard(patch, guard)
    patch.setattr(routes, "bearer_claims", claims)


@defect("sessions.newcomer_is_let_in", breaks="ROL-06")
def newcomer_is_let_in(patch: Patch) -> None:
    """Bookings are made by whoever has a good token; that it names no customer yet shows later."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "customer" and "bookings" in request.url.path:
            tenant_id = await auth.publishable_key_tenant(request)
            claims = await auth.login_claims(request)
            if claims["actor_type"] == "customer" and not claims["actor_id"]:
                return auth.Caller(tenant_id=tenant_id, actor_type="customer")
        return await sound(self, request)

    set_guard(patch, guard)


def _cookie(patch: Patch, **attributes: Any) -> None:
    """Let the cookie be given with these attributes in place of its own."""
    from reference_impl.core import sessions
    from reference_impl.modules.customers import routes

    def give_cookie(request: Request, answer: Response, word: str, expires: datetime) -> None:
        sound: dict[str, Any] = {"httponly": True, "samesite": "lax", "secure": request.url.scheme == "https"}
        answer.set_cookie(sessions.COOKIE, word, expires=expires, **(sound | attributes))

    patch.setattr(routes, "give_cookie", give_cookie)


@defect("sessions.scripts_read_it", breaks="AUTH-10")
def scripts_read_it(patch: Patch) -> None:
    """The storefront's script wants to know whether somebody is logged in, so it may read the cookie."""
    _cookie(patch, httponly=False)


@defect("sessions.every_site_sends_it", breaks="AUTH-13")
def every_site_sends_it(patch: Patch) -> None:
    """The storefront is on another domain, and SameSite=None made it work."""
    _cookie(patch, samesite="none")


@defect("sessions.in_the_clear", breaks="AUTH-13")
def in_the_clear(patch: Patch) -> None:
    """Secure was in the way on the developer's machine."""
    _cookie(patch, secure=False)


@defect("sessions.site_not_asked", breaks="AUTH-13")
def site_not_asked(patch: Patch) -> None:
    """What the browser says of a request's origin is not looked at."""
    from reference_impl.core import sessions

    def word_of(request: Request) -> str | None:
        return request.cookies.get(sessions.COOKIE) or None

    patch.setattr(sessions, "word_of", word_of)
