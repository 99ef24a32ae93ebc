"""Numbers shown to people: two hundred of each kind, asked for at one and the same instant, and no two alike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from reference_impl.app import create_app
from reference_impl.core.database import Work
from reference_impl.core.outbox import Relay
from reference_impl.modules.vendors import subscribers
from reference_impl.modules.vendors.payouts import PayoutService
from reference_impl.settings import Settings
from reference_impl.tests.conftest import NOW
from reference_impl.tests.desk import Desk

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    import httpx
    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio
MANY = 200
_ALL_DAY = {"start": "00:00", "end": "24:00"}


@pytest.fixture
def app(seeded: str, clock: FrozenClock) -> FastAPI:
    """The application under a clock that stands still."""
    application = create_app(Settings(database_url=seeded, connections=16, relay=False))
    application.state.clock = clock
    return application


@pytest.fixture
async def desk(client: httpx.AsyncClient, store: Database, clock: FrozenClock, seeded: str) -> AsyncIterator[Desk]:
    yield await Desk(client, store, clock, seeded).enter()
    assert clock.now() == NOW, "the clock was to stand still"


async def at_once(*calls: Awaitable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*calls))


async def vendors_good(desk: Desk) -> str:
    """The variant of a vendor's product without an end, and for nothing: nobody has to pay."""
    vendor = await desk.row("SELECT id FROM vendor WHERE tenant_id = $1 AND status = 'active' LIMIT 1", desk.tenant_id)
    product_id = await desk.product(0)
    await desk.post(f"/admin/products/{product_id}", additional_data={"vendor_id": vendor["id"]})
    return str((await desk.get(f"/admin/products/{product_id}"))["variants"][0]["id"])


async def test_orders_vendor_orders_and_payouts(desk: Desk) -> None:
    """Two hundred orders at once, their shares by four relays, and a payout for each: every number is of one thing."""
    variant_id = await vendors_good(desk)
    items = [{"variant_id": variant_id, "quantity": 1}]
    carts = await at_once(*(desk.post("/store/carts", currency_code="usd", items=items) for _ in range(MANY)))
    answers = await asyncio.gather(*(desk.send("POST", f"/store/carts/{cart['id']}/complete") for cart in carts))
    orders = [answer.json()["order"] for answer in answers]
    assert len({order["display_id"] for order in orders}) == MANY
    await asyncio.gather(*(carry_to_vendors(desk) for _ in range(4)))
    shares = await desk.row(
        "SELECT count(*) AS all, count(DISTINCT vendor_order_number) AS numbers FROM vendor_order"
        " WHERE order_id = ANY($1)",
        [order["id"] for order in orders],
    )
    assert shares == {"all": MANY, "numbers": MANY}
    vendors = await one_vendor_each(desk)
    numbers = [made["payout_number"] for made in await at_once(*(payout(desk, vendor) for vendor in vendors))]
    assert len(set(numbers)) == MANY


async def carry_to_vendors(desk: Desk) -> None:
    """One of several relays: all that vendors are to hear of."""
    relay = Relay(desk.store, desk.clock, subscribers.SUBSCRIBERS, seed=1)
    while await relay.dispatch() or await relay.handle_one():
        pass


async def one_vendor_each(desk: Desk) -> list[str]:
    """Vendors of whom each has one share, worth 1 and payable: a request takes all that there is for a vendor."""
    found = await desk.row(
        """
        WITH share AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM vendor_order),
        made AS (
            INSERT INTO vendor (id, tenant_id, handle, business_name, legal_name, email, address, status,
                created_at, updated_at)
            SELECT 'vend_many_' || share.n, tenant_id, 'many-' || share.n, business_name, legal_name, email, address,
                'active', created_at, updated_at
            FROM share, (SELECT * FROM vendor WHERE tenant_id = $1 LIMIT 1) AS model RETURNING id
        ), given AS (
            UPDATE commission
            SET vendor_id = 'vend_many_' || share.n, status = 'payable', gross_amount = 1, net_amount = 1
            FROM share WHERE vendor_order_id = share.id
        )
        SELECT array_agg(id) AS vendors FROM made
        """,
        desk.tenant_id,
    )
    return list(found["vendors"])


async def payout(desk: Desk, vendor_id: str) -> dict[str, Any]:
    work = Work(desk.store, desk.clock)
    made = await PayoutService(work).request(desk.tenant_id, vendor_id, "usd")
    await work.commit()
    return {"payout_number": made.payout_number}


async def test_bookings(desk: Desk) -> None:
    """Two hundred bookings of one slot at once have two hundred numbers."""
    service = await desk.post("/admin/bookings/services", name="S", duration_minutes=60, price=1, max_capacity=MANY)
    offered: dict[str, Any] = {"service_ids": [service["id"]], "weekly_schedule": {"sunday": [_ALL_DAY]}}
    await desk.post("/admin/bookings/providers", name="P", **offered)
    asked = {"service_id": service["id"], "start_time": "2026-03-08T09:00:00Z", "customer_email": "amal@example.com"}
    made = await at_once(*(desk.post("/store/bookings", **asked) for _ in range(MANY)))
    assert len({one["booking_number"] for one in made}) == MANY


async def test_trade_ins(desk: Desk) -> None:
    """Two hundred trade-ins at once have two hundred numbers."""
    thing = {"make": "Toyota", "model_name": "Corolla", "year": 2021, "mileage_km": 1, "condition": "good"}
    made = await at_once(*(desk.post("/store/trade-ins", **thing) for _ in range(MANY)))
    assert len({one["trade_in_number"] for one in made}) == MANY


async def test_policies_and_claims(desk: Desk) -> None:
    """Two hundred policies at once, and two hundred claims at once, have numbers of their own."""
    terms: dict[str, Any] = {"product_id": await desk.product(10), "plan_type": "basic", "currency_code": "usd"}
    await desk.post("/admin/insurance/plans", coverage_amount=1000, premium=10, **terms)
    policies = await at_once(*(desk.post("/store/insurance/policies", **terms) for _ in range(MANY)))
    assert len({one["policy_number"] for one in policies}) == MANY
    said = {"description": "It fell.", "claim_amount": 1}
    claims = await at_once(*(desk.post("/store/insurance/claims", policy_id=one["id"], **said) for one in policies))
    assert len({one["claim_number"] for one in claims}) == MANY
