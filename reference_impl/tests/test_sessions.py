"""Sessions: how long they last, and what is kept of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import SecretStr

from reference_impl.app import create_app
from reference_impl.core.auth import TOKEN_LIFETIME_S
from reference_impl.core.sessions import COOKIE, LIFETIME_S
from reference_impl.seeds import seed
from reference_impl.settings import SendGridSettings, Settings
from reference_impl.tests.conftest import serving
from reference_impl.tests.test_app import log_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio
SHORTLY = timedelta(seconds=1)


@pytest.fixture
def tenant(seeded: str) -> dict[str, Any]:
    first: dict[str, Any] = json.loads(seed(seeded))["tenants"][0]
    return first


@pytest.fixture
def app(seeded: str, clock: FrozenClock) -> FastAPI:
    application = create_app(Settings(database_url=seeded, connections=4, relay=False))
    application.state.clock = clock
    return application


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a jar: each request says which cookie it sends."""
    async with serving(app) as started:
        yield started


async def begin(client: httpx.AsyncClient, token: dict[str, str]) -> dict[str, str]:
    """The header that names a new session."""
    answer = await client.post("/auth/session", headers=token)
    cookie = answer.headers["set-cookie"].partition(";")[0]  # the jar goes by its own clock
    client.cookies.clear()
    assert cookie.startswith(f"{COOKIE}=")
    return {"cookie": cookie}


async def status(client: httpx.AsyncClient, headers: dict[str, str]) -> int:
    return (await client.get("/admin/users/me", headers=headers)).status_code


async def test_a_session_lasts_ten_hours(client: httpx.AsyncClient, tenant: dict[str, Any], clock: FrozenClock) -> None:
    """Until then it opens what the token opens, and from then on nothing."""
    cookie = await begin(client, await log_in(client, "user", tenant["operators"][0]))
    clock.advance(timedelta(seconds=LIFETIME_S) - SHORTLY)
    assert await status(client, cookie) == 200
    clock.advance(SHORTLY)
    assert await status(client, cookie) == 401


async def test_a_session_ends_with_its_token(
    client: httpx.AsyncClient, tenant: dict[str, Any], clock: FrozenClock
) -> None:
    """A session that is begun in the last hour of a token's day does not outlive it."""
    token = await log_in(client, "user", tenant["operators"][0])
    clock.advance(timedelta(seconds=TOKEN_LIFETIME_S) - timedelta(hours=1))
    cookie = await begin(client, token)
    clock.advance(timedelta(hours=1) - SHORTLY)
    assert await status(client, cookie) == 200
    clock.advance(SHORTLY)
    assert await status(client, cookie) == 401


async def test_what_is_over_is_not_kept(
    client: httpx.AsyncClient, app: FastAPI, tenant: dict[str, Any], clock: FrozenClock
) -> None:
    """Who begins a session leaves none of the own behind that is over; and no row holds what a cookie holds."""
    token = await log_in(client, "user", tenant["operators"][0])
    await begin(client, token)
    clock.advance(timedelta(seconds=LIFETIME_S))
    cookie = await begin(client, token)
    row = await app.state.database.row("SELECT count(*) AS kept, max(id) AS id FROM auth_session")
    assert row["kept"] == 1
    assert row["id"] not in cookie["cookie"]


async def test_a_visitor_whose_session_is_over_is_a_guest(
    client: httpx.AsyncClient, tenant: dict[str, Any], clock: FrozenClock
) -> None:
    """A browser sends its cookie as long as it has it: that must not keep anybody from shopping."""
    shop = {"x-publishable-api-key": tenant["publishable_key"]}
    cookie = await begin(client, await log_in(client, "customer", tenant["customers"][0]))
    known = await client.post("/store/carts", json={}, headers={**shop, **cookie})
    clock.advance(timedelta(seconds=LIFETIME_S))
    guest = await client.post("/store/carts", json={}, headers={**shop, **cookie})
    assert (known.status_code, guest.status_code) == (200, 200)
    assert known.json()["cart"]["customer_id"] is not None
    assert guest.json()["cart"]["customer_id"] is None


async def test_production_is_secure(seeded: str, tenant: dict[str, Any]) -> None:
    """In production the cookie is Secure, whatever the proxy says or forgets to say."""
    mail = SendGridSettings(key=SecretStr("x"), sender="shop@example.com", order_template=f"d-{'0' * 32}")
    settings = Settings(
        database_url=seeded,
        connections=2,
        relay=False,
        environment="production",
        jwt_secret=SecretStr("x" * 32),
        sendgrid=mail,
    )
    async with serving(create_app(settings)) as client:
        token = await log_in(client, "user", tenant["operators"][0])
        cookie = (await client.post("/auth/session", headers=token)).headers["set-cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
