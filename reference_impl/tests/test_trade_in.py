"""Trade-ins where the clock matters, or where what is tested cannot be seen from outside; the rest is in the suites."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from reference_impl.app import create_app
from reference_impl.core.database import Work
from reference_impl.core.errors import NotAllowed
from reference_impl.modules.trade_in.evaluation import EVALUATION, Case, Step, run
from reference_impl.modules.trade_in.schemas import Submission
from reference_impl.modules.trade_in.service import TradeInService
from reference_impl.settings import Settings
from reference_impl.tests.desk import Desk

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio
THING = {"make": "Toyota", "model_name": "Corolla", "year": 2021, "mileage_km": 42_000, "condition": "good"}
ROW = "SELECT *, deleted_at IS NOT NULL AS gone FROM trade_in_request WHERE id = $1"


@pytest.fixture
def app(seeded: str, clock: FrozenClock) -> FastAPI:
    """The application under a clock that the test moves."""
    application = create_app(Settings(database_url=seeded, connections=8, relay=False))
    application.state.clock = clock
    return application


@pytest.fixture
async def desk(client: httpx.AsyncClient, store: Database, clock: FrozenClock, seeded: str) -> Desk:
    return await Desk(client, store, clock, seeded).enter()


async def offered(desk: Desk, product_id: str | None = None) -> tuple[str, str]:
    """The paths of an evaluated trade-in and of its pending offer, as the customer sees them."""
    made = await desk.post("/store/trade-ins", **THING, product_id=product_id)
    base_price = None if product_id else 1000
    await desk.post(f"/admin/trade-ins/{made['id']}/evaluate", base_price=base_price)
    offer = await desk.post(f"/admin/trade-ins/{made['id']}/offers")
    return f"/store/trade-ins/{made['id']}", f"/store/trade-ins/{made['id']}/offers/{offer['id']}"


async def approved(desk: Desk) -> dict[str, Any]:
    trade_in, offer = await offered(desk)
    await desk.post(f"{offer}/accept")
    return await desk.post(trade_in.replace("store", "admin") + "/approve")


async def evaluation_of(desk: Desk) -> Case:
    """A case at the counter, not begun."""
    customer = await desk.get("/store/customers/me")
    submission = Submission(**THING).model_dump() | {"customer_id": customer["id"]}  # type: ignore[arg-type]
    case = Case(work=Work(desk.store, desk.clock), tenant_id=desk.tenant_id, request_id="tri_1", submission=submission)
    return replace(case, base_price=Decimal(1000), condition="fair", notes="scratched")


async def refused(_case: Case) -> None:
    raise NotAllowed("not today")


async def test_a_refused_step_takes_back_those_before_it_in_reverse(store: Database, clock: FrozenClock) -> None:
    """What was done last is taken back first; the refused step itself has done nothing that would need it."""
    said: list[str] = []

    def step(name: str) -> Step:
        async def do(_case: Case) -> None:
            said.append(f"do {name}")

        async def undo(_case: Case) -> None:
            said.append(f"undo {name}")

        return Step(name, do, undo)

    case = Case(work=Work(store, clock), tenant_id="tnt_1", request_id="tri_1")
    stopped = await run([step("a"), step("b"), Step("c", refused, step("c").undo), step("d")], case)
    await case.work.rollback()
    assert said == ["do a", "do b", "undo b", "undo a"]
    assert stopped is not None
    assert (stopped.step, stopped.undone) == ("c", ("b", "a"))


@pytest.mark.parametrize("done", [1, 2, 3, 4])
async def test_every_step_can_be_taken_back(desk: Desk, done: int) -> None:
    """However many steps succeeded, nothing of the evaluation is left when the next one is refused."""
    case = await evaluation_of(desk)
    stopped = await run([*EVALUATION[:done], Step("next", refused, refused)], case)
    await case.work.commit()
    assert stopped is not None
    assert stopped.undone == tuple(step.name for step in reversed(EVALUATION[:done]))
    row = await desk.row(ROW, case.request_id)
    assert (row["status"], row["evaluation_step"], row["gone"]) == ("submitted", "submit", True)
    assert (row["inspected_condition"], row["base_price"], row["estimated_value"]) == (None, None, None)
    offers = await desk.row("SELECT count(*) - count(deleted_at) AS there FROM trade_in_offer")
    assert offers["there"] == 0


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        (1, {"status": "submitted", "evaluation_step": "submit", "inspected_condition": None}),
        (2, {"status": "submitted", "evaluation_step": "inspect", "inspected_condition": "fair", "base_price": None}),
        (3, {"status": "evaluated", "evaluation_step": "price", "estimated_value": Decimal(500)}),
        (4, {"status": "evaluated", "evaluation_step": "offer", "estimated_value": Decimal(500)}),
    ],
)
async def test_a_half_done_evaluation_stands_in_its_row(desk: Desk, steps: int, left: dict[str, object]) -> None:
    """How far an evaluation has come can be read from the trade-in alone."""
    case = await evaluation_of(desk)
    assert await run(EVALUATION[:steps], case) is None
    await case.work.commit()
    row = await desk.row(ROW, case.request_id)
    assert {name: row[name] for name in left} == left


async def test_what_nobody_expected_rolls_everything_back(desk: Desk) -> None:
    """A step that breaks is not compensated: its transaction ends with nothing written."""

    async def broken(_case: Case) -> None:
        raise ZeroDivisionError

    case = await evaluation_of(desk)
    with pytest.raises(ZeroDivisionError):
        await run([*EVALUATION, Step("next", broken, broken)], case)
    await case.work.rollback()
    assert await desk.row(ROW, case.request_id) == {}


async def test_a_stopped_evaluation_says_why(desk: Desk) -> None:
    """Nothing but the reason stays of an evaluation that found no price, and the next one clears it."""
    made = await desk.post("/store/trade-ins", **THING)
    path = f"/admin/trade-ins/{made['id']}"
    answer = await desk.send("POST", f"{path}/evaluate", condition="poor", notes="no engine")
    assert answer.status_code == 400
    stopped = await desk.get(path)
    assert stopped["evaluation_error"].startswith("price: base_price: is required")
    assert (stopped["inspected_condition"], stopped["inspection_notes"]) == (None, None)
    assert (await desk.post(f"{path}/evaluate", base_price=1000))["evaluation_error"] is None


async def test_an_offer_is_good_for_seven_days(desk: Desk, clock: FrozenClock) -> None:
    """An instant before its end it is accepted."""
    _, offer = await offered(desk)
    clock.advance(timedelta(days=7) - timedelta(microseconds=1))
    await desk.enter()
    assert (await desk.post(f"{offer}/accept"))["offers"][0]["status"] == "accepted"


@pytest.mark.parametrize("answer", ["accept", "reject"])
async def test_an_expired_offer_cannot_be_answered(desk: Desk, clock: FrozenClock, answer: str) -> None:
    """From its end on it reads as expired, alone and in lists, without anybody having cleaned up."""
    trade_in, offer = await offered(desk)
    clock.advance(timedelta(days=7))
    await desk.enter()
    refusal = await desk.send("POST", f"{offer}/{answer}")
    assert (refusal.status_code, refusal.json()["message"]) == (409, f"Offer is expired; it cannot become {answer}ed")
    assert (await desk.get(trade_in))["offers"][0]["status"] == "expired"
    for path in ("/store/trade-ins", "/admin/trade-ins"):
        listed = (await desk.send("GET", path)).json()["trade_ins"]
        assert [offer["status"] for offer in listed[0]["offers"]] == ["expired"]


async def test_after_an_expired_offer_there_can_be_another(desk: Desk, clock: FrozenClock) -> None:
    """The place of the pending offer is free again, and the old one is written down as expired."""
    trade_in, offer = await offered(desk)
    admin = trade_in.replace("store", "admin")
    assert (await desk.send("POST", f"{admin}/offers")).status_code == 409
    clock.advance(timedelta(days=7))
    await desk.enter()
    assert (await desk.send("POST", f"{admin}/approve")).status_code == 409
    second = await desk.post(f"{admin}/offers", offer_amount=600)
    row = await desk.row("SELECT status FROM trade_in_offer WHERE id = $1", offer.rpartition("/")[2])
    assert row["status"] == "expired"
    await desk.post(f"{trade_in}/offers/{second['id']}/accept")
    assert (await desk.post(f"{admin}/approve"))["final_value"] == 600


async def test_five_events_credit_the_wallet_once(desk: Desk) -> None:
    """However often trade-in.approved is told, under however many ids, the customer is paid once."""
    done = await approved(desk)
    await desk.carry()
    await desk.tell("trade-in.approved", {"id": done["id"]}, times=5)
    assert await desk.wallet() == (700, [done["id"]])


async def test_an_event_that_never_happened_credits_nothing(desk: Desk) -> None:
    """The handler believes the row, not the event: a trade-in that is not approved has no value to pay."""
    trade_in, _ = await offered(desk)
    await desk.tell("trade-in.approved", {"id": trade_in.rpartition("/")[2]})
    assert await desk.wallet() == (0, [])


async def test_a_value_of_nothing_is_approved_and_not_paid(desk: Desk) -> None:
    """A final value of 0 is one, and makes no row in the ledger."""
    made = await desk.post("/store/trade-ins", **THING)
    await desk.post(f"/admin/trade-ins/{made['id']}/evaluate", base_price=0)
    done = await desk.post(f"/admin/trade-ins/{made['id']}/approve")
    await desk.carry()
    assert (done["status"], done["final_value"]) == ("approved", 0)
    assert await desk.wallet() == (0, [])
    row = await desk.row("SELECT count(*) AS dead FROM inbox WHERE status <> 'done'")
    assert row["dead"] == 0


async def test_five_events_add_one_to_the_stock(desk: Desk) -> None:
    """A completed trade-in goes into the stock of its product's first variant once, however often that is told."""
    product_id = await desk.product(1000, 2000, stock=3)
    trade_in, offer = await offered(desk, product_id)
    await desk.post(f"{offer}/accept")
    admin = trade_in.replace("store", "admin")
    await desk.post(f"{admin}/approve")
    await desk.tell("trade-in.completed", {"id": trade_in.rpartition("/")[2]})  # before it happened: nothing
    await desk.post(f"{admin}/complete")
    await desk.carry()
    await desk.tell("trade-in.completed", {"id": trade_in.rpartition("/")[2]}, times=5)
    stock = await desk.row(
        "SELECT array_agg(stocked_quantity ORDER BY variant_rank) AS stock FROM product_variant WHERE product_id = $1",
        product_id,
    )
    assert stock["stock"] == [4, 3]


async def test_two_hundred_numbers_under_a_frozen_clock(desk: Desk) -> None:
    """Two hundred trade-ins of one instant, eight at a time, have two hundred numbers."""
    customer = await desk.get("/store/customers/me")

    async def one_after_another() -> list[str]:
        numbers = []
        for _ in range(25):
            work = Work(desk.store, desk.clock)
            made = await TradeInService(work).submit(desk.tenant_id, customer["id"], Submission(**THING))  # type: ignore[arg-type]
            await work.commit()
            numbers.append(made.trade_in_number)
        return numbers

    numbers = [number for some in await asyncio.gather(*(one_after_another() for _ in range(8))) for number in some]
    assert len(set(numbers)) == 200


async def test_a_decision_is_made_once(desk: Desk) -> None:
    """Approving and rejecting the same trade-in at the same moment: one of them, and the event only if it was that."""
    made = await desk.post("/store/trade-ins", **THING)
    path = f"/admin/trade-ins/{made['id']}"
    await desk.post(f"{path}/evaluate", base_price=1000)
    turns = [f"{path}/{turn}" for turn in ("approve", "reject") * 10]
    answers = await asyncio.gather(*(desk.send("POST", turn) for turn in turns))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    status = (await desk.get(path))["status"]
    row = await desk.row("SELECT count(*) AS told FROM outbox WHERE type = 'trade-in.approved'")
    assert row["told"] == (1 if status == "approved" else 0)
