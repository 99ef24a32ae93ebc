"""The application as a whole: guards, errors, headers, statements."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from reference_impl.adapters.receiving import SENDERS
from reference_impl.app import ROUTERS, create_app, guard_of
from reference_impl.core.auth import TOKEN_LIFETIME_S
from reference_impl.core.routing import PlatformRoute
from reference_impl.seeds import seed
from reference_impl.settings import Settings

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio


async def log_in(client: httpx.AsyncClient, actor: str, login: dict[str, str]) -> dict[str, str]:
    body = {"email": login["email"], "password": login["password"]}
    token = (await client.post(f"/auth/{actor}/emailpass", json=body)).json()["token"]
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
def tenant(seeded: str) -> dict[str, Any]:
    """The first tenant of the seed."""
    first: dict[str, Any] = json.loads(seed(seeded))["tenants"][0]
    return first


@pytest.fixture
async def finance(client: httpx.AsyncClient, tenant: dict[str, Any]) -> dict[str, str]:
    login = next(operator for operator in tenant["operators"] if operator["role"] == "finance")
    return await log_in(client, "user", login)


@pytest.fixture
async def wallet(client: httpx.AsyncClient, tenant: dict[str, Any]) -> str:
    """The id of a customer's wallet."""
    shop = {"x-publishable-api-key": tenant["publishable_key"]}
    customer = await log_in(client, "customer", tenant["customers"][0])
    wallet_id: str = (await client.get("/store/wallet/me", headers={**shop, **customer})).json()["wallet"]["id"]
    return wallet_id


async def test_a_route_without_a_guard_stops_the_start() -> None:
    """Nothing is open by accident."""
    router = APIRouter(route_class=PlatformRoute)

    @router.get("/open")
    async def forgotten() -> None: ...

    with pytest.raises(RuntimeError, match="exactly one guard"):
        guard_of(router.routes[0])


def test_only_named_routes_are_public() -> None:
    """Whatever is not in this list asks who is calling."""
    public = {"/health", "/platform/context", "/auth/{actor}/emailpass", "/auth/{actor}/emailpass/register"}
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    found = {route.path for route in routes if guard_of(route).who == "public"}
    assert found == public
    signed = {route.path for route in routes if guard_of(route).who == "signature"}
    assert signed == {f"/webhooks/{sender}" for sender in SENDERS}


async def test_the_openapi_document_declares_each_error(app: FastAPI) -> None:
    """Each error that a route names stands in the document with an example."""
    adjust = app.openapi()["paths"]["/admin/wallets/{wallet_id}"]["post"]["responses"]
    assert set(adjust) >= {"200", "400", "401", "403", "404", "409", "413"}
    assert "InsufficientBalance" in adjust["400"]["content"]["application/json"]["examples"]


async def test_the_openapi_document_is_the_platforms(client: httpx.AsyncClient) -> None:
    """Every operation declares the 400 that it may answer, and none the framework's 422."""
    document = (await client.get("/openapi.json")).json()
    operations = [operation["responses"] for path in document["paths"].values() for operation in path.values()]
    assert operations
    assert all("400" in responses for responses in operations)
    assert "HTTPValidationError" not in str(document)


async def test_a_debit_is_one_statement(
    client: httpx.AsyncClient, app: FastAPI, finance: dict[str, str], wallet: str
) -> None:
    """A debit reaches PostgreSQL as a single statement: no BEGIN, no COMMIT, no look-up before."""
    url = f"/admin/wallets/{wallet}"
    await client.post(url, json={"type": "credit", "amount": 10}, headers=finance)
    sent: list[str] = []
    pool = app.state.database._pool
    async with pool.acquire() as first:
        first.add_query_logger(lambda record: sent.append(record.query))
    answer = await client.post(url, json={"type": "debit", "amount": 4, "reference_id": "r"}, headers=finance)
    assert answer.json()["transaction"]["balance_after"] == 6
    assert len(sent) == 1


async def test_amounts_are_written_digit_for_digit(
    client: httpx.AsyncClient, finance: dict[str, str], wallet: str
) -> None:
    """Ten thousand is 10000 in the answer, from a single statement and from a transaction alike, and not 1E+4."""
    moved = await client.post(f"/admin/wallets/{wallet}", json={"type": "credit", "amount": 10000}, headers=finance)
    assert '"amount":10000,"balance_after":10000,' in moved.text
    assert '"balance":10000,' in (await client.get(f"/admin/wallets/{wallet}", headers=finance)).text


async def test_a_lost_race_for_a_reference_answers_the_winner(
    client: httpx.AsyncClient, finance: dict[str, str], wallet: str
) -> None:
    """Twenty equal debits at once move money once and all answer the same transaction."""
    url = f"/admin/wallets/{wallet}"
    await client.post(url, json={"type": "credit", "amount": 100}, headers=finance)
    body = {"type": "debit", "amount": 30, "reference_id": "order-1"}
    answers = await asyncio.gather(*(client.post(url, json=body, headers=finance) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["transaction"]["id"] for answer in answers}) == 1
    assert (await client.get(url, headers=finance)).json()["wallet"]["balance"] == 70


async def test_an_unexpected_failure_says_nothing_of_the_inside(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody expected answers 500 with the platform's words, and headers like every other answer."""

    def burst(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("reference_impl.core.routing.Work", burst)
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["message"]) == (500, "An unknown error occurred.")
    assert "secret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_a_request_id_is_kept_and_a_bad_one_replaced(client: httpx.AsyncClient) -> None:
    """The caller's request id comes back, unless it is none that could be logged safely."""
    kept = await client.get("/health", headers={"x-request-id": "abc-123"})
    replaced = await client.get("/health", headers={"x-request-id": "a b\tc"})
    assert kept.headers["x-request-id"] == "abc-123"
    assert replaced.headers["x-request-id"] not in ("", "a b\tc")


async def test_a_secret_key_is_an_operator_of_its_tenant(client: httpx.AsyncClient, tenant: dict[str, Any]) -> None:
    """HTTP Basic with a secret API key opens the admin area; any other name is nobody."""

    def basic(key: str) -> dict[str, str]:
        return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}

    assert (await client.get("/admin/wallets", headers=basic(tenant["secret_key"]))).status_code == 200
    for wrong in ("sk_unknown", tenant["publishable_key"], "ü"):
        assert (await client.get("/admin/wallets", headers=basic(wrong))).status_code == 401


async def test_a_token_ends_with_its_day(
    client: httpx.AsyncClient, app: FastAPI, finance: dict[str, str], clock: FrozenClock
) -> None:
    """A token with a good signature opens nothing once it has expired."""
    assert (await client.get("/admin/wallets", headers=finance)).status_code == 200
    clock.advance(datetime.now(UTC) - clock.now() + timedelta(seconds=TOKEN_LIFETIME_S + 1))
    app.state.clock = clock
    assert (await client.get("/admin/wallets", headers=finance)).status_code == 401


async def test_health_is_503_without_its_database(client: httpx.AsyncClient, app: FastAPI) -> None:
    """Only the database makes the platform unhealthy, and then it says so."""
    await app.state.database.close()
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "unhealthy")


def test_production_refuses_the_default_secret(seeded: str) -> None:
    """A secret that everybody can read does not sign tokens in production."""
    with pytest.raises(ValueError, match="CITYOS_JWT_SECRET"):
        Settings(database_url=seeded, environment="production")


def test_the_seed_is_the_same_at_every_call(seeded: str) -> None:
    """Seeding again prints the same log-ins and adds nothing."""
    assert seed(seeded) == seed(seeded)


async def test_the_relay_stops_with_the_application(seeded: str) -> None:
    """Starting and stopping the whole application leaves no task behind."""
    before = asyncio.all_tasks()
    application = create_app(Settings(database_url=seeded, connections=2))
    async with application.router.lifespan_context(application):
        pass
    assert asyncio.all_tasks() == before


async def test_public_answers_may_be_kept_and_errors_not(client: httpx.AsyncClient, tenant: dict[str, Any]) -> None:
    """What is the same for everybody with the key may be kept for a minute; an error on the same route never."""
    shop = {"x-publishable-api-key": tenant["publishable_key"]}
    found = await client.get("/store/cityos/tenant?slug=dakkah", headers=shop)
    missing = await client.get("/store/cityos/tenant?slug=nowhere", headers=shop)
    assert found.headers["cache-control"] == "public, max-age=60"
    assert "x-publishable-api-key" in found.headers["vary"]
    assert missing.headers["cache-control"] == "no-store"
