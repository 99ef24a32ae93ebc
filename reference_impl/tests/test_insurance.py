"""Insurance where the clock matters, or where what is tested cannot be seen from outside; the rest is in the suites."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from reference_impl.app import create_app
from reference_impl.core.database import Work
from reference_impl.modules.insurance.schemas import NewClaim, NewPolicy
from reference_impl.modules.insurance.service import InsuranceService, a_year_on
from reference_impl.settings import Settings
from reference_impl.tests.conftest import NOW
from reference_impl.tests.desk import Desk

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(seeded: str, clock: FrozenClock) -> FastAPI:
    """The application under a clock that the test moves."""
    application = create_app(Settings(database_url=seeded, connections=8, relay=False))
    application.state.clock = clock
    return application


@pytest.fixture
async def desk(client: httpx.AsyncClient, store: Database, clock: FrozenClock, seeded: str) -> Desk:
    return await Desk(client, store, clock, seeded).enter()


async def plan(desk: Desk, **terms: Any) -> dict[str, Any]:
    """A plan that covers 1000 for 10."""
    terms = {"plan_type": "basic", "coverage_amount": 1000, "premium": 10, "currency_code": "usd", **terms}
    product_id = terms.pop("product_id", None) or await desk.product(10)
    return await desk.post("/admin/insurance/plans", product_id=product_id, **terms)


async def policy(desk: Desk, **said: Any) -> dict[str, Any]:
    terms = await plan(desk)
    return await desk.post("/store/insurance/policies", product_id=terms["product_id"], plan_type="basic", **said)


async def claim(desk: Desk, insured: dict[str, Any], amount: int | Decimal = 300) -> httpx.Response:
    body = {"policy_id": insured["id"], "description": "It fell.", "claim_amount": amount}
    return await desk.send("POST", "/store/insurance/claims", **body)


async def claims(desk: Desk, insured: dict[str, Any], count: int, amount: int = 300) -> list[str]:
    """The ids of so many pending claims."""
    return [str((await claim(desk, insured, amount)).json()["claim"]["id"]) for _ in range(count)]


async def approve(desk: Desk, claim_id: str) -> httpx.Response:
    return await desk.send("PATCH", f"/admin/insurance/claims/{claim_id}", decision="approved")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2027, 3, 1, 12, tzinfo=UTC)),
        (datetime(2027, 3, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        (datetime(2028, 2, 29, 8, tzinfo=UTC), datetime(2029, 2, 28, 8, tzinfo=UTC)),
    ],
)
def test_a_year_is_a_year_of_the_calendar(start: datetime, end: datetime) -> None:
    """The same day of the next year, whether there are 365 days between or 366; a leap day ends a day early."""
    assert a_year_on(start) == end


async def test_fifty_decisions_at_once_never_exceed_the_coverage(desk: Desk) -> None:
    """Of fifty claims of 300 on a coverage of 1000, approved at the same moment, exactly three are, and three paid."""
    insured = await policy(desk)
    ids = await claims(desk, insured, 50)
    answers = await asyncio.gather(*(approve(desk, claim_id) for claim_id in ids))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 47
    await desk.carry()
    found = await desk.row(
        "SELECT policy.paid_out, sum(claim_amount) FILTER (WHERE claim.status = 'approved') AS approved,"
        " count(*) FILTER (WHERE claim.status = 'pending') AS pending"
        " FROM insurance_policy AS policy JOIN insurance_claim AS claim ON claim.policy_id = policy.id"
        " WHERE policy.id = $1 GROUP BY policy.id",
        insured["id"],
    )
    assert found == {"paid_out": 900, "approved": 900, "pending": 47}
    assert (await desk.wallet())[0] == 900


async def test_what_is_left_can_still_be_claimed(desk: Desk) -> None:
    """A claim that fits to the last unit is approved after greater ones were refused, and then nothing is left."""
    insured = await policy(desk)
    first, second, third = await claims(desk, insured, 2, 600) + await claims(desk, insured, 1, 400)
    statuses = [(await approve(desk, claim_id)).status_code for claim_id in (first, second, third)]
    assert statuses == [200, 409, 200]
    used_up = await desk.get(f"/store/insurance/policies/{insured['id']}")
    assert (used_up["status"], used_up["paid_out"]) == ("claimed", 1000)
    assert (await claim(desk, insured, 1)).status_code == 409


async def test_one_claim_is_decided_once(desk: Desk) -> None:
    """Twenty approvals and rejections of one claim at the same moment: one decides, and pays if it was an approval."""
    insured = await policy(desk)
    (claim_id,) = await claims(desk, insured, 1)
    path = f"/admin/insurance/claims/{claim_id}"
    decisions = ["approved", "rejected"] * 10
    answers = await asyncio.gather(*(desk.send("PATCH", path, decision=decision) for decision in decisions))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    status = (await desk.get(path))["status"]
    paid = (await desk.get(f"/admin/insurance/policies/{insured['id']}"))["paid_out"]
    assert paid == (300 if status == "approved" else 0)


async def test_five_events_pay_a_claim_once(desk: Desk) -> None:
    """However often insurance.claim_approved is told, under however many ids, the claim is paid once."""
    insured = await policy(desk)
    (claim_id,) = await claims(desk, insured, 1)
    await desk.tell("insurance.claim_approved", {"id": claim_id})  # before it happened: nothing
    await approve(desk, claim_id)
    await desk.carry()
    await desk.tell("insurance.claim_approved", {"id": claim_id}, times=5)
    assert await desk.wallet() == (300, [claim_id])


async def test_claims_are_filed_until_the_end(desk: Desk, clock: FrozenClock) -> None:
    """An instant before the end a claim is taken; from the end on it is not, and the policy reads as expired."""
    insured = await policy(desk)
    assert insured["end_date"] == "2027-03-01T12:00:00Z"
    clock.advance(timedelta(days=365) - timedelta(microseconds=1))
    await desk.enter()
    assert (await claim(desk, insured)).status_code == 201
    clock.advance(timedelta(microseconds=1))
    refused = await claim(desk, insured)
    assert (refused.status_code, refused.json()["message"].split(";")[0]) == (409, "Policy is expired")
    listed = (await desk.send("GET", "/admin/insurance", status="expired")).json()
    assert [one["id"] for one in listed["policies"]] == [insured["id"]]
    assert (await desk.send("GET", "/admin/insurance", status="active")).json()["count"] == 0
    cancelled = await desk.send("POST", f"/store/insurance/policies/{insured['id']}/cancel")
    assert cancelled.json()["message"] == "Policy is expired; it cannot become cancelled"


async def test_a_claim_that_was_filed_in_time_is_decided_later(desk: Desk, clock: FrozenClock) -> None:
    """What happened while the policy lasted is paid, also when it is over by the time of the decision."""
    insured = await policy(desk)
    (claim_id,) = await claims(desk, insured, 1)
    clock.advance(timedelta(days=400))
    await desk.enter()
    assert (await approve(desk, claim_id)).status_code == 200
    assert (await desk.get(f"/store/insurance/policies/{insured['id']}"))["status"] == "expired"


async def test_claims_are_filed_from_the_beginning(desk: Desk, clock: FrozenClock) -> None:
    """A policy that begins tomorrow takes its first claim at that instant, and none before."""
    insured = await policy(desk, start_date="2026-03-02")
    clock.advance(timedelta(hours=12) - timedelta(microseconds=1))
    assert (await claim(desk, insured)).status_code == 409
    clock.advance(timedelta(microseconds=1))
    assert (await claim(desk, insured)).status_code == 201


async def test_today_is_no_past(desk: Desk) -> None:
    """A policy may begin with the present day, and not before it."""
    insured = await policy(desk, start_date="2026-03-01")
    assert (insured["start_date"], insured["end_date"]) == ("2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z")
    asked = {"product_id": insured["product_id"], "plan_type": "basic", "start_date": "2026-02-28T23:59:59Z"}
    assert (await desk.send("POST", "/store/insurance/policies", **asked)).status_code == 400


async def test_two_hundred_numbers_under_a_frozen_clock(desk: Desk) -> None:
    """Two hundred policies and two hundred claims of one instant, eight at a time, have numbers of their own."""
    terms = await plan(desk)
    customer_id = (await desk.get("/store/customers/me"))["id"]
    asked = NewPolicy(product_id=terms["product_id"], plan_type="basic", currency_code="usd")

    async def one_after_another() -> list[str]:
        numbers = []
        for _ in range(25):
            work = Work(desk.store, desk.clock)
            insurance = InsuranceService(work)
            insured = await insurance.take_out(desk.tenant_id, customer_id, asked)
            said = NewClaim(policy_id=insured.id, description="It fell.", claim_amount=Decimal(1))
            filed = await insurance.file(desk.tenant_id, customer_id, said)
            await work.commit()
            numbers += [insured.policy_number, filed.claim_number]
        return numbers

    numbers = [number for some in await asyncio.gather(*(one_after_another() for _ in range(8))) for number in some]
    assert len(set(numbers)) == 400
    assert desk.clock.now() == NOW


async def variants(desk: Desk, product_id: str) -> list[str]:
    """The ids of a product's variants, in their order."""
    return [one["id"] for one in (await desk.get(f"/admin/products/{product_id}"))["variants"]]


async def placed(desk: Desk, *items: dict[str, Any]) -> str:
    """The id of an order of these items, paid, its events not carried yet."""
    cart = await desk.post("/store/carts", currency_code="usd", email="amal@example.com", items=items)
    collection = await desk.post("/store/payment-collections", cart_id=cart["id"])
    await desk.post(f"/store/payment-collections/{collection['id']}/payment-sessions", provider_id="pp_system_default")
    done = (await desk.send("POST", f"/store/carts/{cart['id']}/complete")).json()
    return str(done["order"]["id"])


async def policies(desk: Desk, order_id: str) -> list[dict[str, Any]]:
    """The policies of an order, the greatest coverage first."""
    found = (await desk.send("GET", "/admin/insurance", order_id=order_id)).json()["policies"]
    return sorted(found, key=lambda one: -one["coverage_amount"])


async def insurance(desk: Desk) -> list[str]:
    """The variants of an insurance product: 5 pays for no plan, 10 for basic, 25 for premium with something left."""
    product_id = await desk.product(5, 10, 25)
    await plan(desk, product_id=product_id)
    await plan(desk, product_id=product_id, plan_type="premium", premium=24, coverage_amount=5000)
    return await variants(desk, product_id)


async def test_one_policy_per_insurance_line_and_five_events(desk: Desk) -> None:
    """Each insurance line has one policy, as its price pays for and not as its metadata says, however often told."""
    _, basic, premium = await insurance(desk)
    (rug,) = await variants(desk, await desk.product(30))
    order_id = await placed(
        desk,
        {"variant_id": basic, "quantity": 1, "metadata": {"plan_type": "premium", "coverage_amount": 1_000_000}},
        {"variant_id": rug, "quantity": 1},
        {"variant_id": premium, "quantity": 2},
    )
    await desk.carry()
    first = await policies(desk, order_id)
    await desk.tell("order.placed", {"id": order_id}, times=5)
    assert await policies(desk, order_id) == first
    assert [(one["plan_type"], one["coverage_amount"], one["premium"]) for one in first] == [
        ("premium", 5000, 24),
        ("basic", 1000, 10),
    ]
    assert len({one["order_line_id"] for one in first}) == 2
    assert {one["start_date"] for one in first} == {"2026-03-01T12:00:00Z"}


async def test_the_index_on_the_line_holds_by_itself(desk: Desk) -> None:
    """Two that make the policy of one line at the same moment leave one, without an error for the other."""
    _, basic, _ = await insurance(desk)
    order_id = await placed(desk, {"variant_id": basic, "quantity": 1})
    line = await desk.row("SELECT id, product_id FROM order_line WHERE order_id = $1", order_id)
    customer_id = (await desk.get("/store/customers/me"))["id"]

    async def insure() -> str | None:
        work = Work(desk.store, desk.clock)
        service = InsuranceService(work)
        terms = await service._insurance.plan_of(desk.tenant_id, line["product_id"], "basic", "usd")
        assert terms is not None
        link = {"order_id": order_id, "order_line_id": line["id"]}
        made = await service._insure(desk.tenant_id, customer_id, terms, NOW, **link)
        await work.commit()
        return made

    made = await asyncio.gather(*(insure() for _ in range(4)))
    assert sum(one is not None for one in made) == 1
    assert len(await policies(desk, order_id)) == 1


async def test_a_line_that_pays_for_no_plan_has_no_policy(desk: Desk) -> None:
    """What costs less than every premium insures nothing, and the other lines of its order are not held up."""
    cheap, basic, _ = await insurance(desk)
    order_id = await placed(desk, {"variant_id": cheap, "quantity": 3}, {"variant_id": basic, "quantity": 1})
    await desk.carry()
    assert [one["plan_type"] for one in await policies(desk, order_id)] == ["basic"]


@pytest.mark.parametrize("late", [False, True])
async def test_a_cancelled_order_insures_nothing(desk: Desk, late: bool) -> None:
    """The policies of an order end with it; when order.placed is handled only after that, there are none."""
    _, basic, _ = await insurance(desk)
    order_id = await placed(desk, {"variant_id": basic, "quantity": 1})
    if late:
        await desk.row("UPDATE outbox SET dispatched_at = now() WHERE type = 'order.placed' RETURNING id")
    await desk.carry()
    await desk.post(f"/admin/orders/{order_id}/cancel")
    await desk.carry()
    await desk.tell("order.placed", {"id": order_id})
    assert [one["status"] for one in await policies(desk, order_id)] == ([] if late else ["cancelled"])
