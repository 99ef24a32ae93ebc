"""Defects of guards: a route that lets in who should stay out, or keeps out who should come in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from suites.defects.registry import Patch

FINANCE = ("finance", "admin", "super_admin")


@defect("roles.support_refunds", breaks="ROL-04")
def support_refunds(patch: Patch) -> None:
    """Support was let do refunds while finance was on leave."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        extra = ("support",) if request.url.path.endswith("/refund") else ()
        return await sound(replace(self, roles=self.roles + extra), request)

    set_guard(patch, guard)


@defect("roles.role_forgotten", breaks="ROL-04")
def role_forgotten(patch: Patch) -> None:
    """The new route asks whether an operator has logged in, and not for the role."""
    from reference_impl.core.auth import ROLES

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if request.url.path.endswith("/evaluate"):
            return await sound(replace(self, roles=ROLES), request)
        return await sound(self, request)

    set_guard(patch, guard)


@defect("roles.admin_is_not_finance", breaks="ROL-04")
def admin_is_not_finance(patch: Patch) -> None:
    """What finance may do is listed by hand, and the administrators, who may do it too, are not on the list."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        return await sound(replace(self, roles=("finance", "super_admin")) if self.roles == FINANCE else self, request)

    set_guard(patch, guard)


@defect("roles.guard_forgotten", breaks="ROL-01")
def guard_forgotten(patch: Patch) -> None:
    """A route that was added on a Friday has no guard: claims are reviewed by whoever knows the address."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if request.url.path.endswith("/review") and "authorization" not in request.headers:
            return auth.Caller(role="super_admin")
        return await sound(self, request)

    set_guard(patch, guard)


@defect("roles.any_token_lists", breaks=("ROL-02", "ROL-03"))
def any_token_lists(patch: Patch) -> None:
    """The list of payments asks for a token, and not for whose."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if request.url.path == "/admin/payments":
            claims = auth.bearer_claims(request)
            return auth.Caller(tenant_id=claims["app_metadata"]["tenant_id"], role="viewer")
        return await sound(self, request)

    set_guard(patch, guard)


@defect("roles.shop_without_key", breaks="ROL-05")
def shop_without_key(patch: Patch) -> None:
    """For who has logged in, the token names the tenant: an order's page was freed of asking for the key."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if request.url.path.startswith("/store/orders/") and "authorization" in request.headers:
            return auth._caller(auth.bearer_claims(request), "customer")
        return await sound(self, request)

    set_guard(patch, guard)


@defect("roles.log_in_is_for_nobody", breaks=("ROL-02", "ROL-04"))
def log_in_is_for_nobody(patch: Patch) -> None:
    """Who is logged in is sent away from the log-in, where operators change from one account to another."""
    from reference_impl.core.errors import Unauthorized

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if request.url.path.endswith("/emailpass") and "authorization" in request.headers:
            raise Unauthorized
        return await sound(self, request)

    set_guard(patch, guard)


@defect("roles.strangers_are_no_guests", breaks=("ROL-03", "ROL-04"))
def strangers_are_no_guests(patch: Patch) -> None:
    """A cart refuses every token that is no customer's, so operators cannot look at the shop in their own browser."""
    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "visitor" and "authorization" in request.headers:
            return await sound(replace(self, who="customer"), request)
        return await sound(self, request)

    set_guard(patch, guard)
