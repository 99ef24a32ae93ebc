"""The feed of events: what integrators read, in which order, and that who reads on misses nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import text

from reference_impl.app import create_app
from reference_impl.core.database import Work
from reference_impl.core.outbox import Relay, publish
from reference_impl.settings import Settings
from reference_impl.tests.desk import Desk
from reference_impl.tests.test_app import log_in
from reference_impl.tests.test_deliveries import live

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio
PATH: Final = "/admin/events"
OF_ORDER: Final = {"id", "display_id", "customer_id", "currency_code", "total"}
OF_PAYMENT: Final = {"id", "order_id", "amount", "currency_code", "provider_id", "customer_id"}
OF_WALLET: Final = {"id", "wallet_id", "amount", "currency", "balance_after", "reference_id"}
OF_TRADE_IN: Final = {
    *("id", "trade_in_number", "customer_id", "product_id", "final_value", "currency_code", "credit_type"),
}
OF_BOOKING: Final = {
    *("id", "booking_number", "customer_id", "service_id", "provider_id", "start_time", "currency_code", "total"),
}
FIELDS: Final = {
    "customer.created": {"id", "email"},
    "order.placed": OF_ORDER,
    "order.canceled": OF_ORDER,
    "payment.captured": OF_PAYMENT | {"capture_id"},
    "payment.refunded": OF_PAYMENT | {"refund_id"},
    "wallet.credited": OF_WALLET,
    "wallet.debited": OF_WALLET,
    "vendor_order.created": {
        *("id", "order_id", "vendor_id", "vendor_order_number", "currency_code"),
        *("subtotal", "commission_amount", "net_amount"),
    },
    "booking.created": OF_BOOKING | {"attendee_count", "rescheduled_from_id"},
    "booking.cancelled": OF_BOOKING | {"cancellation_fee", "cancelled_by", "cancellation_reason"},
    "trade-in.approved": OF_TRADE_IN,
    "trade-in.completed": OF_TRADE_IN,
    "insurance.claim_approved": {"id", "claim_number", "policy_id", "customer_id", "amount", "currency_code"},
}
"""All that is told, and what of it: integrators rely on these."""


@pytest.fixture
def app(seeded: str, clock: FrozenClock) -> FastAPI:
    """The application under a clock that the test moves."""
    application = create_app(Settings(database_url=seeded, connections=16, relay=False))
    application.state.clock = clock
    return application


@pytest.fixture
async def desk(client: httpx.AsyncClient, store: Database, clock: FrozenClock, seeded: str) -> Desk:
    return await Desk(client, store, clock, seeded).enter()


async def write(work: Work, desk: Desk, *names: str, aggregate: str = "wal_1", kind: str = "wallet.credited") -> None:
    for name in names:
        await publish(work, kind, tenant_id=desk.tenant_id, aggregate_id=aggregate, payload={"name": name})


async def told(desk: Desk, *names: str, **of: str) -> None:
    """Events that were committed and handed out."""
    work = Work(desk.store, desk.clock)
    await write(work, desk, *names, **of)
    await work.commit()
    await dispatch(desk)


async def dispatch(desk: Desk) -> None:
    await Relay(desk.store, desk.clock, []).dispatch()


async def page(desk: Desk, **query: Any) -> dict[str, Any]:
    answer = await desk.send("GET", PATH, **query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [event["data"]["name"] for event in found["events"]]


async def test_an_event_is_a_cloud_event(desk: Desk) -> None:
    """All attributes that CloudEvents 1.0 asks for, the tenant as the source, and amounts digit for digit."""
    await desk.row(
        "INSERT INTO outbox (id, tenant_id, type, aggregate_id, payload, created_at)"
        " VALUES ('evt_1', $1, 'wallet.credited', 'wal_1', $2, '2026-03-01 15:00:00.5+03') RETURNING id",
        desk.tenant_id,
        '{"amount": 12345678901234567.10}',
    )
    await dispatch(desk)
    answer = await desk.send("GET", PATH)
    assert '"amount":12345678901234567.10' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    del body["events"][0]["data"]
    assert body["events"] == [
        {
            "specversion": "1.0",
            "id": "evt_1",
            "source": f"/cityos/tenants/{desk.tenant_id}",
            "type": "wallet.credited",
            "subject": "wal_1",
            "time": "2026-03-01T12:00:00.500000Z",
            "datacontenttype": "application/json",
        }
    ]
    assert (body["count"], body["limit"], body["next"]) == (1, 20, "evt_1")


async def test_reading_on(desk: Desk) -> None:
    """Page by page, oldest first, with `next` as `after`: each once; at the end `next` stays where it was."""
    await told(desk, "a", "b", "c", "d", "e")
    seen: list[str] = []
    after: dict[str, Any] = {}
    for left in (5, 3, 1):
        found = await page(desk, limit=2, **after)
        assert found["count"] == left
        seen += names(found)
        after = {"after": found["next"]}
    assert seen == ["a", "b", "c", "d", "e"]
    assert await page(desk, **after) == {"events": [], "count": 0, "limit": 20, "next": after["after"]}
    assert await page(desk, limit=0) == {"events": [], "count": 5, "limit": 0, "next": None}
    await told(desk, "f")
    assert names(await page(desk, **after)) == ["f"]


async def test_of_a_type_and_about_a_thing(desk: Desk) -> None:
    """Filters by type and subject hold together, and `after` may be any event, also one that they leave out."""
    await told(desk, "first")
    start = (await page(desk))["next"]
    await told(desk, "ours")
    await told(desk, "other thing", aggregate="wal_2")
    await told(desk, "other type", kind="wallet.debited")
    assert names(await page(desk, subject="wal_1", after=start)) == ["ours", "other type"]
    assert names(await page(desk, type="wallet.credited", after=start)) == ["ours", "other thing"]
    both = await page(desk, type="wallet.credited", subject="wal_1", after=start)
    assert (names(both), both["count"]) == (["ours"], 1)


async def test_an_event_that_nobody_has(desk: Desk) -> None:
    """An `after` that is no event, another tenant's, or not handed out yet is 404 in the same words."""
    work = Work(desk.store, desk.clock)
    await write(work, desk, "not handed out")
    await work.commit()
    waiting = (await desk.row("SELECT id FROM outbox"))["id"]
    await desk.row(
        "INSERT INTO outbox (id, tenant_id, type, aggregate_id, payload, created_at, feed_number)"
        " VALUES ('evt_theirs', 'tnt_theirs', 'order.placed', 'order_1', '{}', now(), 1) RETURNING id"
    )
    for after in (waiting, "evt_theirs", "evt_none", ""):
        answer = await desk.send("GET", PATH, after=after)
        assert (answer.status_code, answer.json()) == (
            404,
            {"type": "not_found", "message": f"Event with id: {after} was not found"},
        )
    assert (await page(desk))["events"] == []
    for limit in ("101", "-1", "x"):
        assert (await desk.send("GET", PATH, limit=limit)).status_code == 400


async def test_a_late_commit_is_not_missed(desk: Desk) -> None:
    """Of two open transactions the later one commits first: who has read it still gets the earlier one's event."""
    early, late = Work(desk.store, desk.clock), Work(desk.store, desk.clock)
    await write(early, desk, "written first", aggregate="wal_1")
    await write(late, desk, "committed first", aggregate="wal_2")
    await late.commit()
    await dispatch(desk)
    found = await page(desk)
    assert names(found) == ["committed first"]
    await early.commit()
    await dispatch(desk)
    assert names(await page(desk, after=found["next"])) == ["written first"]
    positions = await desk.row("SELECT array_agg(payload->>'name' ORDER BY position) AS written FROM outbox")
    assert positions["written"] == ["written first", "committed first"]


async def test_an_early_transaction_that_writes_late(desk: Desk) -> None:
    """A transaction that began before another and told after it comes after it: the order of one thing's events."""
    slow = Work(desk.store, desk.clock)
    await write(slow, desk, "something else", aggregate="order_1")
    await told(desk, "1")
    await write(slow, desk, "2")
    await slow.commit()
    await told(desk, "3")
    assert names(await page(desk, subject="wal_1")) == ["1", "2", "3"]


async def test_numbers_are_given_by_one_dispatcher(desk: Desk) -> None:
    """While one dispatcher has not committed the next one moves nothing, also of what was written since."""
    work, held = Work(desk.store, desk.clock), Work(desk.store, desk.clock)
    await write(work, desk, "a", "b")
    await work.commit()
    await held.execute(text("SELECT pg_advisory_xact_lock(7102025)"))
    await dispatch(desk)
    assert (await page(desk))["events"] == []
    await held.rollback()
    await dispatch(desk)
    assert names(await page(desk)) == ["a", "b"]


async def test_what_was_rolled_back_is_not_told(desk: Desk) -> None:
    """The event of a change that was undone is in no feed, and the number that it never had is not missed."""
    undone = Work(desk.store, desk.clock)
    await write(undone, desk, "never happened")
    await undone.rollback()
    await told(desk, "happened")
    assert names(await page(desk)) == ["happened"]


async def test_everything_that_is_told(desk: Desk, client: httpx.AsyncClient) -> None:
    """The platform tells of thirteen things, with exactly these fields."""
    await newcomer(desk, client)
    await booked_and_cancelled(desk)
    await live(desk)
    events: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while (found := await page(desk, limit=100, **after))["events"]:
        events += found["events"]
        after = {"after": found["next"]}
    fields: dict[str, set[str]] = {event["type"]: set(event["data"]) for event in events}
    assert fields == FIELDS
    assert [event for event in events if set(event["data"]) != FIELDS[event["type"]]] == []
    subjects = [(event["subject"], event["data"].get("wallet_id", event["data"]["id"])) for event in events]
    assert [pair for pair in subjects if pair[0] != pair[1]] == []


async def newcomer(desk: Desk, client: httpx.AsyncClient) -> None:
    shop = {"x-publishable-api-key": desk.tenant["publishable_key"]}
    who = {"email": "newcomer@example.com", "password": "Correct-horse-1"}
    registered = await client.post("/auth/customer/emailpass/register", json=who)
    token = {"authorization": f"Bearer {registered.json()['token']}"}
    made = await client.post("/store/customers", json={"email": who["email"]}, headers={**shop, **token})
    assert made.is_success, made.text
    assert await log_in(client, "customer", who)


async def booked_and_cancelled(desk: Desk) -> None:
    service = await desk.post("/admin/bookings/services", name="Class", duration_minutes=60, price=10)
    days = "monday tuesday wednesday thursday friday saturday sunday".split()
    week = {day: [{"start": "00:00", "end": "24:00"}] for day in days}
    offered = {"service_ids": [service["id"]], "weekly_schedule": week}
    await desk.post("/admin/bookings/providers", name="P", timezone="UTC", **offered)
    start = (desk.clock.now() + timedelta(hours=45)).strftime("%Y-%m-%dT%H:%M:%SZ")
    said = {"service_id": service["id"], "start_time": start, "customer_email": "a@example.com"}
    booking = await desk.post("/store/bookings", **said)
    await desk.post(f"/store/bookings/{booking['id']}/cancel", reason="Ill")
