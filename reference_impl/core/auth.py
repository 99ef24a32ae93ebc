"""Who is calling, and whether a route lets them: one guard per route, declared in its signature, deny by default.

Tokens are JWTs (HS256) with Medusa's claims: actor_id, actor_type, auth_identity_id, app_metadata. In place of a token
a browser may send the cookie of a session (see sessions.py). Operators may also use a secret API key as the user name
of HTTP Basic.
"""

from __future__ import annotations

import base64
import binascii
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import jwt
from fastapi import Depends, Request

from reference_impl.core.errors import Forbidden, NoPublishableKey, Unauthorized, UnknownPublishableKey
from reference_impl.core.sessions import session_claims

if TYPE_CHECKING:
    from datetime import datetime

    from reference_impl.core.database import Database

ActorType = Literal["customer", "user", "vendor"]
TOKEN_LIFETIME_S = 24 * 3600
ROLES = ("viewer", "support", "finance", "admin", "super_admin")
ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, as far as the route asked.

    Tenant and role come from the key and the token, never from the caller's words.
    """

    tenant_id: str = ""
    actor_id: str = ""
    actor_type: str = ""
    auth_identity_id: str = ""
    role: str = ""
    vendor_id: str = ""


def issue_token(secret: str, now: datetime, claims: dict[str, Any]) -> str:
    """A signed token that is good for a day."""
    issued = int(now.timestamp())
    return jwt.encode({**claims, "iat": issued, "exp": issued + TOKEN_LIFETIME_S}, secret, algorithm=ALGORITHM)


@functools.lru_cache(maxsize=4096)
def verified_claims(token: str, secret: str) -> dict[str, Any] | None:
    """The claims of a token with a good signature, else None. Cached: whether it has expired is asked elsewhere."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=[ALGORITHM],
            options={"verify_exp": False, "verify_iat": False, "require": ["exp"]},
        )
    except jwt.InvalidTokenError:
        return None
    return claims


def bearer_claims(request: Request) -> dict[str, Any]:
    """The claims of the request's Bearer token; raises Unauthorized."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized
    state = request.app.state
    claims = verified_claims(token, state.settings.jwt_secret.get_secret_value())
    if claims is None or not isinstance(claims["exp"], int) or claims["exp"] <= state.clock.now().timestamp():
        raise Unauthorized
    return claims


async def login_claims(request: Request) -> dict[str, Any]:
    """The claims of the request's token, or of its session when it brings no log-in else; raises Unauthorized."""
    if "authorization" in request.headers:
        return bearer_claims(request)
    claims = await session_claims(request)
    if claims is None:
        raise Unauthorized
    return claims


async def publishable_key_tenant(request: Request) -> str:
    """The tenant that the request's publishable key belongs to; raises what Medusa answers without one."""
    key = request.headers.get("x-publishable-api-key")
    if not key:
        raise NoPublishableKey
    tenant_id = await _key_tenant(request.app.state.database, key, "publishable")
    if tenant_id is None:
        raise UnknownPublishableKey
    return tenant_id


async def _key_tenant(database: Database, key: str, kind: str) -> str | None:
    if not key.isascii() or len(key) > 200:
        return None
    row = await database.row(
        "SELECT tenant_id FROM api_key WHERE token = $1 AND type = $2 AND revoked_at IS NULL AND deleted_at IS NULL",
        key,
        kind,
    )
    return None if row is None else str(row["tenant_id"])


async def _secret_key_caller(request: Request) -> Caller | None:
    """The operator behind `Authorization: Basic base64("sk_…:")`, or None when the request uses another scheme."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key = base64.b64decode(value, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        raise Unauthorized from None
    tenant_id = await _key_tenant(request.app.state.database, key, "secret")
    if tenant_id is None:
        raise Unauthorized
    return Caller(tenant_id=tenant_id, actor_id=key[:7], actor_type="api-key", role="admin")


@dataclass(frozen=True)
class Guard:
    """Lets a request pass or raises. `who` and `roles` are what the table of routes shows.

    public: anyone · signature: a vendor, whom the route knows by how the body is signed · shop: a publishable key ·
    registration: a key and a customer's token, with a customer or without ·
    customer: a key and a customer's token of the same tenant · visitor: a key, and a customer's token if there is one ·
    vendor: a vendor's token ·
    operator: an operator's token or secret key, with one of the roles ·
    token: the token itself of any of these, no session · session: the cookie of any of these, no token
    """

    who: Literal[
        "public", "signature", "shop", "registration", "visitor", "customer", "operator", "vendor", "token", "session"
    ]
    roles: tuple[str, ...] = ()

    async def __call__(self, request: Request) -> Caller:
        match self.who:
            case "public" | "signature":
                return Caller()
            case "shop":
                return Caller(tenant_id=await publishable_key_tenant(request))
            case "registration":
                return self._newcomer(await publishable_key_tenant(request), await login_claims(request))
            case "visitor":
                return await self._visitor(request)
            case "customer":
                return await self._customer(request)
            case "operator":
                caller = await _secret_key_caller(request) or _caller(await login_claims(request), "user")
                if caller.role not in self.roles:
                    raise Forbidden
                return caller
            case "vendor":
                return _caller(await login_claims(request), "vendor")
            case "token" | "session":
                return self._anybody(bearer_claims(request) if self.who == "token" else await session_claims(request))

    @staticmethod
    async def _customer(request: Request) -> Caller:
        tenant_id = await publishable_key_tenant(request)
        caller = _caller(await login_claims(request), "customer")
        if caller.tenant_id != tenant_id:
            raise Unauthorized
        return caller

    @staticmethod
    async def _visitor(request: Request) -> Caller:
        """A customer, or a guest: whose log-in is of another kind, as in Medusa, or whose session is over.

        A token that is not good, or is of another tenant, was sent on purpose and is refused. A cookie comes along by
        itself, so that one must not keep anybody from shopping.
        """
        tenant_id = await publishable_key_tenant(request)
        guest = Caller(tenant_id=tenant_id)
        by_token = "authorization" in request.headers
        claims = bearer_claims(request) if by_token else await session_claims(request)
        if claims is None or claims.get("actor_type") != "customer" or not claims.get("actor_id"):
            return guest
        caller = _caller(claims, "customer")
        if caller.tenant_id == tenant_id:
            return caller
        if by_token:
            raise Unauthorized
        return guest

    @staticmethod
    def _newcomer(tenant_id: str, claims: dict[str, Any]) -> Caller:
        if claims.get("actor_type") != "customer":
            raise Unauthorized
        actor_id, identity_id = (str(claims.get(name, "")) for name in ("actor_id", "auth_identity_id"))
        return Caller(tenant_id=tenant_id, actor_id=actor_id, auth_identity_id=identity_id)

    @staticmethod
    def _anybody(claims: dict[str, Any] | None) -> Caller:
        if claims is None or not claims.get("actor_id"):
            raise Unauthorized
        return _caller(claims, claims["actor_type"])


def _caller(claims: dict[str, Any], actor_type: ActorType) -> Caller:
    if claims.get("actor_type") != actor_type or not claims.get("actor_id"):
        raise Unauthorized
    metadata = claims.get("app_metadata") or {}
    return Caller(
        tenant_id=str(metadata.get("tenant_id", "")),
        actor_id=str(claims["actor_id"]),
        actor_type=actor_type,
        auth_identity_id=str(claims.get("auth_identity_id", "")),
        role=str(metadata.get("role", "")),
        vendor_id=str(metadata.get("vendor_id", "")),
    )


Public = Annotated[Caller, Depends(Guard("public"))]
Signed = Annotated[Caller, Depends(Guard("signature"))]
Shop = Annotated[Caller, Depends(Guard("shop"))]
Newcomer = Annotated[Caller, Depends(Guard("registration"))]
Visitor = Annotated[Caller, Depends(Guard("visitor"))]
Customer = Annotated[Caller, Depends(Guard("customer"))]
AnyActor = Annotated[Caller, Depends(Guard("token"))]
InSession = Annotated[Caller, Depends(Guard("session"))]
Vendor = Annotated[Caller, Depends(Guard("vendor"))]
Viewer = Annotated[Caller, Depends(Guard("operator", ROLES))]
Support = Annotated[Caller, Depends(Guard("operator", ("support", "admin", "super_admin")))]
Finance = Annotated[Caller, Depends(Guard("operator", ("finance", "admin", "super_admin")))]
Admin = Annotated[Caller, Depends(Guard("operator", ("admin", "super_admin")))]
SuperAdmin = Annotated[Caller, Depends(Guard("operator", ("super_admin",)))]
