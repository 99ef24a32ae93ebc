"""What operators are told of vendors and of dead letters, as JSON: fresh, in time, and of their own tenant alone."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from reference_impl.adapters import vendors as adapters
from reference_impl.adapters.vendors import Connection, Vendors
from reference_impl.core.clock import FrozenClock, SystemClock
from reference_impl.core.database import Work
from reference_impl.core.deliveries import Delivery
from reference_impl.core.outbox import inbox, outbox
from reference_impl.integrations.base import Unavailable, Vendor
from reference_impl.integrations.health import Health
from reference_impl.operations.page import policy
from reference_impl.seeds import seed
from reference_impl.tests.test_app import log_in

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import FastAPI

    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio
CLOCK = SystemClock()


class Client(Vendor):
    """A vendor's client that asks nobody."""


async def never(_event: object, _work: object) -> None:
    raise AssertionError("nothing is delivered here")


def connection(name: str, check: Callable[[], Awaitable[Health]], *handlers: str) -> Connection:
    deliveries = [Delivery(handler, ["order.placed"], never, never) for handler in handlers]  # type: ignore[arg-type]
    return Connection(name, check, Client("http://127.0.0.1:1", CLOCK), deliveries)


def saying(state: Any, words: str = "", latency_ms: int = 7) -> Callable[[], Awaitable[Health]]:
    async def check() -> Health:
        return Health(state, words, latency_ms)

    return check


@pytest.fixture
def tenants(seeded: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(seed(seeded))["tenants"]
    return found


async def operator_of(client: httpx.AsyncClient, tenant: dict[str, Any], role: str = "admin") -> dict[str, str]:
    return await log_in(client, "user", next(one for one in tenant["operators"] if one["role"] == role))


@pytest.fixture
async def ours(client: httpx.AsyncClient, tenants: list[dict[str, Any]]) -> dict[str, str]:
    return await operator_of(client, tenants[0])


@pytest.fixture
async def theirs(client: httpx.AsyncClient, tenants: list[dict[str, Any]]) -> dict[str, str]:
    return await operator_of(client, tenants[1], tenants[1]["operators"][0]["role"])


async def tenant_id_of(client: httpx.AsyncClient, operator: dict[str, str]) -> str:
    found: str = (await client.get("/admin/tenants", headers=operator)).json()["tenants"][0]["id"]
    return found


async def letter(
    store: Database, tenant_id: str, number: int, handler: str = "erpnext.invoice", status: str = "dead"
) -> str:
    """An event of a tenant in a handler's inbox; its id."""
    work = Work(store, CLOCK)
    event_id = f"evt_{number:026d}"
    event = {"id": event_id, "tenant_id": tenant_id, "type": "order.placed", "aggregate_id": f"order_{number}"}
    at = CLOCK.now() + timedelta(seconds=number)
    made = await work.execute(
        outbox.insert().returning(outbox.c.position), {**event, "payload": {}, "created_at": at, "dispatched_at": at}
    )
    kept = {"handler": handler, "event_id": event_id, "position": made.scalar_one(), "aggregate_id": f"order_{number}"}
    await work.execute(
        inbox.insert(),
        {**kept, "status": status, "attempts": 8, "next_attempt_at": at, "error": "Rejected: 417 no such company"},
    )
    await work.commit()
    return event_id


async def test_each_system_is_told_as_it_was_found(
    client: httpx.AsyncClient, app: FastAPI, ours: dict[str, str]
) -> None:
    """State, latency, age, the vendor's own words and the breaker; null where there is nothing to tell."""
    erpnext = connection("erpnext", saying("degraded", "Unknown column", 42))
    app.state.vendors = Vendors([erpnext, Connection("temporal", saying("not_configured", "", 0))], CLOCK)
    body = (await client.get("/admin/integrations/health", headers=ours)).json()
    first, second = body["systems"]
    assert 0 <= first.pop("age_s") < 3
    assert first.pop("checked_at") <= body["timestamp"]
    assert first == {
        "name": "erpnext",
        "status": "degraded",
        "latency_ms": 42,
        "error": "Unknown column",
        "circuit_breaker": "closed",
        "waiting": 0,
        "dead": 0,
    }
    assert (second["status"], second["latency_ms"], second["error"]) == ("not_configured", None, None)
    assert second["circuit_breaker"] is None


async def test_what_changed_is_told_at_once(client: httpx.AsyncClient, app: FastAPI, ours: dict[str, str]) -> None:
    """Nothing is remembered from one answer to the next."""
    states = ["healthy", "credentials_rejected", "unhealthy", "healthy"]
    told = iter(states)

    async def check() -> Health:
        return Health(next(told), "", 1)  # type: ignore[arg-type]

    app.state.vendors = Vendors([connection("erpnext", check)], CLOCK)
    answers = [(await client.get("/admin/integrations/health", headers=ours)).json() for _ in states]
    assert [answer["systems"][0]["status"] for answer in answers] == states


async def test_a_vendor_that_hangs_or_breaks_hides_no_other(
    client: httpx.AsyncClient, app: FastAPI, ours: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is bounded by itself, and a check that fails is an unhealthy vendor, not a failed answer."""

    async def hangs() -> Health:
        await asyncio.Event().wait()
        raise AssertionError("never")

    async def breaks() -> Health:
        raise ValueError("unexpected")

    monkeypatch.setattr(adapters, "LOOK_S", 0.05)
    all_of_them = [connection("a", hangs), connection("b", breaks), connection("c", saying("healthy"))]
    app.state.vendors = Vendors(all_of_them, CLOCK)
    systems = (await client.get("/admin/integrations/health", headers=ours)).json()["systems"]
    assert [(one["name"], one["status"]) for one in systems] == [
        ("a", "unhealthy"),
        ("b", "unhealthy"),
        ("c", "healthy"),
    ]
    assert [one["error"] for one in systems] == ["no answer within 0.05 s", "ValueError: unexpected", None]


def test_all_vendors_together_keep_within_three_seconds() -> None:
    """The bound of one look leaves time for the rest of the answer."""
    assert adapters.LOOK_S < 3


async def test_age_says_when_the_vendors_were_asked(
    client: httpx.AsyncClient, app: FastAPI, ours: dict[str, str], clock: FrozenClock
) -> None:
    """An answer that took two seconds is two seconds old."""

    async def slow() -> Health:
        clock.advance(timedelta(seconds=2))
        return Health("healthy", "", 2000)

    app.state.clock = clock
    app.state.vendors = Vendors([connection("erpnext", slow)], clock)
    body = (await client.get("/admin/integrations/health", headers=ours)).json()
    assert body["systems"][0]["age_s"] == 2.0


async def test_numbers_are_of_the_callers_tenant(
    client: httpx.AsyncClient, app: FastAPI, store: Database, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """What waits and what was given up for a vendor, over all of its handlers, and none of another tenant's."""
    app.state.vendors = Vendors([connection("erpnext", saying("healthy"), "erpnext.invoice", "erpnext.payment")], CLOCK)
    mine = await tenant_id_of(client, ours)
    await letter(store, mine, 1)
    await letter(store, mine, 2, handler="erpnext.payment")
    await letter(store, mine, 3, status="pending")
    await letter(store, mine, 4, status="done")
    await letter(store, mine, 5, handler="wallet.opened")
    told = [
        (await client.get("/admin/integrations/health", headers=who)).json()["systems"][0] for who in (ours, theirs)
    ]
    assert [(one["waiting"], one["dead"]) for one in told] == [(1, 2), (0, 0)]


async def test_dead_letters_are_listed_newest_first(
    client: httpx.AsyncClient, store: Database, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """Of vendors' handlers and of modules', in pages, and none of another tenant's."""
    mine, other = await tenant_id_of(client, ours), await tenant_id_of(client, theirs)
    for number in (1, 2, 3):
        await letter(store, mine, number, handler="wallet.opened" if number == 2 else "erpnext.invoice")
    await letter(store, other, 4)
    await letter(store, mine, 5, status="pending")
    body = (await client.get("/admin/dead-letters", headers=ours)).json()
    assert (body["count"], body["offset"], body["limit"]) == (3, 0, 20)
    assert [one["aggregate_id"] for one in body["dead_letters"]] == ["order_3", "order_2", "order_1"]
    second = body["dead_letters"][1]
    assert second.pop("created_at")
    assert second == {
        "handler": "wallet.opened",
        "event_id": f"evt_{2:026d}",
        "type": "order.placed",
        "aggregate_id": "order_2",
        "error": "Rejected: 417 no such company",
        "attempts": 8,
    }
    page = (await client.get("/admin/dead-letters?limit=1&offset=1", headers=ours)).json()
    assert [one["aggregate_id"] for one in page["dead_letters"]] == ["order_2"]
    assert [
        one["aggregate_id"] for one in (await client.get("/admin/dead-letters", headers=theirs)).json()["dead_letters"]
    ] == ["order_4"]
    assert (await client.get("/admin/dead-letters?limit=101", headers=ours)).status_code == 400


async def test_a_dead_letter_is_replayed_once(client: httpx.AsyncClient, store: Database, ours: dict[str, str]) -> None:
    """However many ask at a moment: one gets it, the handler finds it due, with all of its attempts before it."""
    event_id = await letter(store, await tenant_id_of(client, ours), 1)
    path = f"/admin/dead-letters/erpnext.invoice/{event_id}/replay"
    answers = await asyncio.gather(*(client.post(path, headers=ours) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404, 404]
    [won] = [answer.json()["delivery"] for answer in answers if answer.status_code == 200]
    assert (won["handler"], won["event_id"], won["status"], won["attempts"]) == (
        "erpnext.invoice",
        event_id,
        "pending",
        0,
    )
    row = await store.row("SELECT status, attempts, error, next_attempt_at <= now() AS due FROM inbox")
    assert row is not None
    assert dict(row) == {"status": "pending", "attempts": 0, "error": None, "due": True}


async def test_what_is_no_dead_letter_of_the_tenant_is_not_found(
    client: httpx.AsyncClient, store: Database, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    """Another tenant's, one that waits, one of another handler, one that nobody has: all the same, and left alone."""
    mine = await tenant_id_of(client, ours)
    dead, waiting = await letter(store, mine, 1), await letter(store, mine, 2, status="pending")
    attempts = [
        (theirs, "erpnext.invoice", dead),
        (ours, "erpnext.payment", dead),
        (ours, "erpnext.invoice", waiting),
        (ours, "erpnext.invoice", "evt_01HZZZZZZZZZZZZZZZZZZZZZZZ"),
    ]
    for who, handler, event_id in attempts:
        answer = await client.post(f"/admin/dead-letters/{handler}/{event_id}/replay", headers=who)
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
    row = await store.row(
        "SELECT count(*) FILTER (WHERE status = 'dead') AS dead, sum(attempts) AS attempts FROM inbox"
    )
    assert row is not None
    assert (row["dead"], row["attempts"]) == (1, 16)


async def test_who_only_looks_replays_nothing(
    client: httpx.AsyncClient, store: Database, tenants: list[dict[str, Any]]
) -> None:
    """A viewer sees dead letters, and may not send them again."""
    viewer = await operator_of(client, tenants[0], "viewer")
    event_id = await letter(store, await tenant_id_of(client, viewer), 1)
    assert (await client.get("/admin/dead-letters", headers=viewer)).json()["count"] == 1
    answer = await client.post(f"/admin/dead-letters/erpnext.invoice/{event_id}/replay", headers=viewer)
    assert answer.status_code == 403


async def test_another_sites_form_replays_nothing(
    client: httpx.AsyncClient, store: Database, ours: dict[str, str]
) -> None:
    """A browser that says so sends the cookie in vain; by itself it would not send it at all (SameSite)."""
    event_id = await letter(store, await tenant_id_of(client, ours), 1)
    begun = await client.post("/auth/session", headers=ours)
    cookie = begun.headers["set-cookie"].partition(";")[0]
    assert "samesite=lax" in begun.headers["set-cookie"].lower()
    path = f"/admin/dead-letters/erpnext.invoice/{event_id}/replay"
    client.cookies.clear()
    foreign = {"cookie": cookie, "origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    assert (await client.post(path, headers=foreign)).status_code == 401
    own = {"cookie": cookie, "origin": "http://platform", "sec-fetch-site": "same-origin"}
    assert (await client.post(path, headers=own)).status_code == 200


async def test_health_and_metrics_tell_of_outages(
    client: httpx.AsyncClient, app: FastAPI, ours: dict[str, str]
) -> None:
    """A vendor that can't be used degrades the platform, which goes on: 200, and the gauges show which it is."""
    away, well = connection("erpnext", saying("unhealthy")), connection("fleetbase", saying("healthy"))
    app.state.vendors = Vendors([away, well, Connection("temporal", saying("not_configured"))], CLOCK)
    assert (await client.get("/health")).json()["status"] == "healthy"
    assert away.client is not None
    for _ in range(5):
        away.client.breaker.failed()
    away.client._note(Unavailable("erpnext", "is away"))
    told = await client.get("/health")
    body = told.json()
    assert (told.status_code, body["status"]) == (200, "degraded")
    assert body["services"] == {"database": "healthy", "erpnext": "unhealthy", "fleetbase": "healthy"}
    assert body["circuit_breakers"] == {"erpnext": "open", "fleetbase": "closed"}
    metrics = (await client.get("/admin/metrics", headers=ours)).text
    assert 'vendor_breaker_state{vendor="erpnext"} 2.0' in metrics
    assert 'vendor_breaker_state{vendor="fleetbase"} 0.0' in metrics
    assert 'vendor_outage{vendor="erpnext"} 1.0' in metrics
    assert 'vendor_outage{vendor="fleetbase"} 0.0' in metrics


async def test_who_is_not_logged_in_gets_a_form_or_an_error(client: httpx.AsyncClient) -> None:
    """A page for whoever asks for one, the platform's error for everybody else; 401 both."""
    form = await client.get("/admin/integrations", headers={"accept": "text/html,*/*;q=0.8"})
    assert (form.status_code, form.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert 'id="log-in"' in form.text
    assert form.headers["content-security-policy"] == policy()
    error = await client.get("/admin/integrations", headers={"accept": "application/json"})
    assert (error.status_code, error.json()) == (401, {"message": "Unauthorized"})


async def test_the_page_has_pages(client: httpx.AsyncClient, store: Database, ours: dict[str, str]) -> None:
    """Twenty dead letters at a time, with the way to the others, which keeps the language."""
    mine = await tenant_id_of(client, ours)
    for number in range(1, 23):
        await letter(store, mine, number)
    html = {**ours, "accept": "text/html"}
    first = (await client.get("/admin/integrations?lang=ar", headers=html)).text
    assert first.count("data-replay=") == 20
    assert "1\u201320 / 22" in first
    assert 'href="?lang=ar&amp;offset=20"' in first
    second = (await client.get("/admin/integrations?lang=ar&offset=20", headers=html)).text
    assert second.count("data-replay=") == 2
    assert 'href="?lang=ar&amp;offset=0"' in second
