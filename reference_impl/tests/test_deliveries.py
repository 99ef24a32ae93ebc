"""Events that come again: the effects of a first delivery are all there is, whatever the reason for another one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from reference_impl.app import _SUBSCRIBERS, create_app
from reference_impl.core import outbox
from reference_impl.core.outbox import Relay
from reference_impl.settings import Settings
from reference_impl.tests.desk import Desk

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio
AGAIN = 5

_REPLAY = """
WITH told AS (
    INSERT INTO outbox (id, tenant_id, type, aggregate_id, payload, created_at)
    SELECT 'again_' || $1::text || id, tenant_id, type, 'again_' || $1::text || aggregate_id, payload, created_at
    FROM outbox WHERE id NOT LIKE 'again%' AND type = ANY($2) ORDER BY position RETURNING id
) SELECT count(*) AS told FROM told
"""
"""Under another id, and in the order of another aggregate, so that copies of one event may be handled at once."""


@pytest.fixture
def app(seeded: str, clock: FrozenClock) -> FastAPI:
    """The application under a clock that the test moves."""
    application = create_app(Settings(database_url=seeded, connections=16, relay=False))
    application.state.clock = clock
    return application


@pytest.fixture
async def desk(client: httpx.AsyncClient, store: Database, clock: FrozenClock, seeded: str) -> Desk:
    return await Desk(client, store, clock, seeded).enter()


async def order(desk: Desk, *variants: str, provider: str = "pp_system_default") -> dict[str, Any]:
    """An order whose events are not carried yet."""
    items = [{"variant_id": one, "quantity": 1} for one in variants]
    cart = await desk.post("/store/carts", currency_code="usd", items=items)
    collection = await desk.post("/store/payment-collections", cart_id=cart["id"])
    await desk.post(f"/store/payment-collections/{collection['id']}/payment-sessions", provider_id=provider)
    placed: dict[str, Any] = (await desk.send("POST", f"/store/carts/{cart['id']}/complete")).json()["order"]
    return placed


async def goods(desk: Desk) -> list[str]:
    """The variants of a vendor's product and of one that is insurance."""
    vendor = await desk.row("SELECT id FROM vendor WHERE tenant_id = $1 AND status = 'active' LIMIT 1", desk.tenant_id)
    products = [await desk.product(20), await desk.product(10)]
    await desk.post(f"/admin/products/{products[0]}", additional_data={"vendor_id": vendor["id"]})
    terms = {"plan_type": "basic", "coverage_amount": 1000, "premium": 10, "currency_code": "usd"}
    await desk.post("/admin/insurance/plans", product_id=products[1], **terms)
    return [(await desk.get(f"/admin/products/{one}"))["variants"][0]["id"] for one in products]


async def live(desk: Desk) -> None:
    """A little of everything that events follow: orders paid, refunded and cancelled, a claim, a trade-in."""
    wallet = await desk.get("/store/wallet/me")
    await desk.post(f"/admin/wallets/{wallet['id']}", type="credit", amount=500)
    variants = await goods(desk)
    kept = await order(desk, *variants, provider="pp_wallet")
    refunded = await order(desk, *variants, provider="pp_wallet")
    cancelled = await order(desk, *variants, provider="pp_wallet")
    await desk.carry()
    for one in (kept, refunded):
        payment = await desk.row("SELECT id FROM payment WHERE order_id = $1", one["id"])
        await desk.post(f"/admin/payments/{payment['id']}/capture")
        if one is refunded:
            await desk.post(f"/admin/payments/{payment['id']}/refund", amount=3)
    await desk.post(f"/admin/orders/{cancelled['id']}/cancel")
    policy = await desk.row("SELECT id FROM insurance_policy WHERE order_id = $1", kept["id"])
    said = {"policy_id": policy["id"], "description": "It fell.", "claim_amount": 7}
    claim = await desk.post("/store/insurance/claims", **said)
    await desk.send("PATCH", f"/admin/insurance/claims/{claim['id']}", decision="approved")
    thing = {"make": "T", "model_name": "C", "year": 2021, "mileage_km": 1, "condition": "good"}
    trade_in = await desk.post("/store/trade-ins", product_id=await desk.product(100, stock=1), **thing)
    for step in ("evaluate", "approve", "complete"):
        await desk.post(f"/admin/trade-ins/{trade_in['id']}/{step}")
    await desk.carry()


async def rows(desk: Desk) -> dict[str, str]:
    """A digest of each table, but for those of the events themselves."""
    named = await desk.row(
        "SELECT array_agg(tablename::text ORDER BY tablename) AS names FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename NOT IN ('outbox', 'inbox', 'alembic_version')"
    )
    digest = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest FROM {} AS t"
    return {one: (await desk.row(digest.format(f'"{one}"')))["digest"] for one in named["names"]}


async def events(desk: Desk) -> dict[str, Any]:
    return await desk.row("SELECT count(*) AS all, count(DISTINCT id) AS ids FROM outbox WHERE id NOT LIKE 'again%'")


async def carried_by(desk: Desk, workers: int) -> None:
    await asyncio.gather(*(desk.carry() for _ in range(workers)))
    assert (await desk.row("SELECT count(*) AS open FROM inbox WHERE status <> 'done'"))["open"] == 0


async def test_the_same_event_comes_again(desk: Desk) -> None:
    """Every event is delivered five more times, to four relays at once: no row changes, no event follows."""
    await live(desk)
    before = await rows(desk), await events(desk)
    for _ in range(AGAIN):
        forgotten = await desk.row("WITH f AS (UPDATE inbox SET status = 'pending' RETURNING 1) SELECT count(*) FROM f")
        assert forgotten["count"] > 15
        await carried_by(desk, 4)
    assert (await rows(desk), await events(desk)) == before


async def test_an_operator_replays_events(desk: Desk) -> None:
    """Every event is told five more times under other ids, handled by four relays at once: no row changes."""
    await live(desk)
    before = await rows(desk), await events(desk)
    kinds = sorted({subscriber.on for subscriber in _SUBSCRIBERS})
    for number in range(AGAIN):
        assert (await desk.row(_REPLAY, str(number), kinds))["told"] >= 8
    await carried_by(desk, 4)
    assert (await rows(desk), await events(desk)) == before


async def test_a_crash_between_effect_and_mark(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay dies five times after a handler's work and before it is marked done: nothing of it is there."""
    variants = await goods(desk)
    await order(desk, *variants)
    before = await rows(desk)
    relay = Relay(desk.store, desk.clock, _SUBSCRIBERS, seed=1)
    await relay.dispatch()
    with monkeypatch.context() as dying:
        dying.setattr(outbox, "DONE", text("SELECT 1 / 0 WHERE :handler <> :id"))
        for _ in range(AGAIN):
            with pytest.raises(DBAPIError):
                await relay.handle_one()
    assert await rows(desk) == before
    await carried_by(desk, 1)
    made = await desk.row(
        "SELECT (SELECT count(*) FROM vendor_order) AS shares, (SELECT count(*) FROM commission) AS commissions,"
        " (SELECT count(*) FROM insurance_policy) AS policies,"
        " (SELECT count(*) FROM outbox WHERE type = 'vendor_order.created') AS told"
    )
    assert made == {"shares": 1, "commissions": 1, "policies": 1, "told": 1}
