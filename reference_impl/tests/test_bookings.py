"""Bookings where the clock matters, or where what is tested cannot be seen from outside; the rest is in the suites."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from reference_impl.app import create_app
from reference_impl.modules.bookings.models import BOOKINGS
from reference_impl.seeds import seed
from reference_impl.settings import Settings
from reference_impl.tests.conftest import NOW
from reference_impl.tests.test_app import log_in

if TYPE_CHECKING:
    import httpx
    from fastapi import FastAPI

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio
ALL_DAY = [{"start": "00:00", "end": "24:00"}]
WEEK = dict.fromkeys("monday tuesday wednesday thursday friday saturday sunday".split(), ALL_DAY)
MORNING = NOW + timedelta(hours=45)  # 2026-03-03 09:00 UTC


def wire(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Studio:
    """A customer and an operator of one tenant, and what they do with bookings."""

    def __init__(self, client: httpx.AsyncClient, tenant: dict[str, Any], clock: FrozenClock) -> None:
        self.client, self.tenant, self.clock = client, tenant, clock
        self.customer: dict[str, str] = {}
        self.operator: dict[str, str] = {}

    async def wait(self, until: datetime) -> None:
        """Move the clock, and log in afresh: a token is good for a day."""
        self.clock.advance(until - self.clock.now())
        shop = {"x-publishable-api-key": self.tenant["publishable_key"]}
        self.customer = {**shop, **await log_in(self.client, "customer", self.tenant["customers"][0])}
        self.operator = await log_in(self.client, "user", self.tenant["operators"][0])

    async def make(self, what: str, **body: Any) -> dict[str, Any]:
        answer = await self.client.post(f"/admin/bookings/{what}", json=body, headers=self.operator)
        assert answer.status_code == 201, answer.text
        (made,) = answer.json().values()
        return dict(made)

    async def service(self, providers: int = 1, **body: Any) -> str:
        """The id of a service of an hour whose providers work around the clock, in UTC."""
        body = {"name": "Class", "duration_minutes": 60, "price": 10, **body}
        service_id: str = (await self.make("services", **body))["id"]
        for number in range(providers):
            made = await self.make("providers", name=f"P{number}", service_ids=[service_id])
            await self.make("availability", provider_id=made["id"], weekly_schedule=WEEK)
        return service_id

    async def book(self, service_id: str, start: datetime = MORNING, **body: Any) -> httpx.Response:
        asked = {"service_id": service_id, "start_time": wire(start), "customer_email": "a@example.com", **body}
        return await self.client.post("/store/bookings", json=asked, headers=self.customer)

    async def booked(self, service_id: str, start: datetime = MORNING, **body: Any) -> dict[str, Any]:
        answer = await self.book(service_id, start, **body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["booking"])

    async def post(self, booking: dict[str, Any], what: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/store/bookings/{booking['id']}/{what}", json=body, headers=self.customer)

    async def put(self, booking: dict[str, Any], **body: Any) -> httpx.Response:
        return await self.client.put(f"/admin/bookings/{booking['id']}", json=body, headers=self.operator)

    async def read(self, booking: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.get(f"/store/bookings/{booking['id']}", headers=self.customer)
        return dict(answer.json()["booking"])


@pytest.fixture
def app(seeded: str, clock: FrozenClock) -> FastAPI:
    """The application under a clock that the test moves."""
    application = create_app(Settings(database_url=seeded, connections=8, relay=False))
    application.state.clock = clock
    return application


@pytest.fixture
async def studio(client: httpx.AsyncClient, seeded: str, clock: FrozenClock) -> Studio:
    opened = Studio(client, json.loads(seed(seeded))["tenants"][0], clock)
    await opened.wait(NOW)
    return opened


async def events(store: Database, kind: str) -> list[dict[str, Any]]:
    row = await store.row("SELECT coalesce(jsonb_agg(payload), '[]')::text AS told FROM outbox WHERE type = $1", kind)
    assert row is not None
    return list(json.loads(row["told"]))


async def test_one_of_fifty_gets_the_last_place(studio: Studio, store: Database) -> None:
    """Fifty requests at once for the last of three places: one is booked, 49 are told that it is taken."""
    service = await studio.service(max_capacity=3)
    await studio.booked(service, attendee_count=2)
    answers = await asyncio.gather(*(studio.book(service) for _ in range(50)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    assert len(await events(store, "booking.created")) == 2


async def test_whoever_is_free_is_booked_once(studio: Studio) -> None:
    """Twenty requests at once that name nobody fill the three providers, each once."""
    service = await studio.service(providers=3)
    answers = await asyncio.gather(*(studio.book(service) for _ in range(20)))
    made = [answer.json()["booking"] for answer in answers if answer.status_code == 201]
    assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 17}
    assert len({booking["provider_id"] for booking in made}) == 3


async def test_two_services_of_one_provider_do_not_meet(studio: Studio) -> None:
    """Requests at once for two services whose slots overlap, by their buffers alone, end in one booking."""
    short = (await studio.make("services", name="Short", duration_minutes=30, price=1))["id"]
    long = (await studio.make("services", name="Long", duration_minutes=60, buffer_after_minutes=60, price=1))["id"]
    provider = await studio.make("providers", name="Both", service_ids=[short, long])
    await studio.make("availability", provider_id=provider["id"], weekly_schedule=WEEK)
    early, late = MORNING - timedelta(hours=1), MORNING + timedelta(minutes=30)  # 08:00 to 10:00, 09:30 to 10:00
    answers = await asyncio.gather(
        *(studio.book(long, early) if number % 2 else studio.book(short, late) for number in range(20))
    )
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}


async def test_two_hundred_numbers_under_a_frozen_clock(studio: Studio) -> None:
    """Two hundred bookings at the same moment have two hundred numbers."""
    service = await studio.service(max_capacity=200)
    answers = await asyncio.gather(*(studio.book(service) for _ in range(200)))
    assert {answer.status_code for answer in answers} == {201}
    made = [answer.json()["booking"] for answer in answers]
    assert len({booking["booking_number"] for booking in made}) == 200
    assert {booking["created_at"] for booking in made} == {wire(NOW)}


@pytest.mark.parametrize(
    ("ahead", "status"),
    [
        (timedelta(hours=24), 201),
        (timedelta(hours=23), 400),
        (timedelta(days=60), 201),
        (timedelta(days=60, hours=1), 400),
        (timedelta(hours=-1), 400),
    ],
)
async def test_a_booking_starts_a_day_to_sixty_days_ahead(studio: Studio, ahead: timedelta, status: int) -> None:
    """Exactly 24 hours and exactly 60 days ahead can be booked; an hour less, or more, cannot."""
    service = await studio.service()
    assert (await studio.book(service, NOW + ahead)).status_code == status


async def test_a_second_too_late_is_too_late(studio: Studio, clock: FrozenClock) -> None:
    """What starts in 24 hours less a second is neither offered nor booked, whatever was offered a moment ago."""
    service = await studio.service()
    start = NOW + timedelta(hours=24)

    async def offered() -> list[str]:
        query = {"service_id": service, "date": f"{start:%Y-%m-%d}"}
        answer = await studio.client.get("/store/bookings/availability", params=query, headers=studio.customer)
        return [slot["start_time"] for slot in answer.json()["available_slots"]]

    assert (await offered())[0] == wire(start)
    clock.advance(timedelta(seconds=1))
    assert (await offered())[0] == wire(start + timedelta(hours=1))
    assert (await studio.book(service, start)).status_code == 400


async def test_the_last_day_ends_with_the_sixty_days(studio: Studio) -> None:
    """On the sixtieth day slots are offered up to the present time of day, and on the next day none."""
    service = await studio.service()
    counts = []
    for days in (59, 60, 61):
        query = {"service_id": service, "date": f"{NOW + timedelta(days=days):%Y-%m-%d}"}
        answer = await studio.client.get("/store/bookings/availability", params=query, headers=studio.customer)
        counts.append(answer.json()["count"])
    assert counts == [24, 13, 0]


@pytest.mark.parametrize(("left", "fee"), [(timedelta(hours=24), 0), (timedelta(hours=23, minutes=59), 15)])
async def test_cancelling_late_costs_half(studio: Studio, left: timedelta, fee: int) -> None:
    """With 24 hours left cancelling is free; a minute later it costs half of three times 10."""
    booking = await studio.booked(await studio.service(max_capacity=3), attendee_count=3)
    await studio.wait(MORNING - left)
    cancelled = (await studio.post(booking, "cancel", reason="ill")).json()["booking"]
    assert (cancelled["status"], cancelled["cancellation_fee"], cancelled["total"]) == ("cancelled", fee, 30)
    assert (cancelled["cancelled_by"], cancelled["cancellation_reason"]) == ("customer", "ill")


async def test_nobody_is_a_no_show_before_half_an_hour(studio: Studio) -> None:
    """A confirmed booking is no no-show 29:59 after its start, and may be one at 30:00."""
    booking = await studio.booked(await studio.service())
    await studio.post(booking, "confirm")
    await studio.wait(MORNING + timedelta(minutes=29, seconds=59))
    assert (await studio.put(booking, status="no_show")).status_code == 409
    await studio.wait(MORNING + timedelta(minutes=30))
    assert (await studio.put(booking, status="no_show")).json()["booking"]["status"] == "no_show"


async def test_a_no_show_may_come_another_day(studio: Studio) -> None:
    """A no-show is rescheduled into a new booking, though it can no longer be cancelled."""
    booking = await studio.booked(await studio.service())
    await studio.post(booking, "confirm")
    await studio.wait(MORNING + timedelta(hours=1))
    await studio.put(booking, status="no_show")
    assert (await studio.post(booking, "cancel")).status_code == 409
    moved = await studio.post(booking, "reschedule", new_start_time=wire(MORNING + timedelta(days=3)))
    assert moved.json()["booking"]["rescheduled_from_id"] == booking["id"]


async def test_a_booking_moves_once(studio: Studio) -> None:
    """Ten reschedulings of one booking at once make one new booking."""
    booking = await studio.booked(await studio.service())
    days = [wire(MORNING + timedelta(days=number)) for number in range(1, 11)]
    answers = await asyncio.gather(*(studio.post(booking, "reschedule", new_start_time=day) for day in days))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    (won,) = [answer.json()["booking"] for answer in answers if answer.status_code == 200]
    assert (await studio.read(booking))["rescheduled_to_id"] == won["id"]


async def test_a_booking_does_not_stand_in_its_own_way(studio: Studio) -> None:
    """A booking can be moved to the very slot that it holds: its places are given back first."""
    booking = await studio.booked(await studio.service())
    assert (await studio.post(booking, "reschedule", new_start_time=wire(MORNING))).status_code == 200
    assert (await studio.read(booking))["status"] == "rescheduled"


async def test_a_failed_move_leaves_everything(studio: Studio, store: Database) -> None:
    """A booking that cannot get the new slot keeps its status and its place, and nothing is told."""
    service = await studio.service()
    booking, _ = await studio.booked(service), await studio.booked(service, MORNING + timedelta(hours=1))
    told = await events(store, "booking.created")
    answer = await studio.post(booking, "reschedule", new_start_time=wire(MORNING + timedelta(hours=1)))
    assert answer.status_code == 409
    assert await studio.read(booking) == booking
    assert (await studio.book(service)).status_code == 409
    assert await events(store, "booking.created") == told


async def test_moves_that_cross_do_not_wait_for_each_other(studio: Studio) -> None:
    """Bookings that change places with each other's neighbours at once all end, none in a deadlock."""
    service = await studio.service(providers=2, max_capacity=20)
    made = [await studio.booked(service, MORNING + timedelta(hours=number % 2)) for number in range(20)]
    others = [wire(MORNING + timedelta(hours=1 - number % 2)) for number in range(20)]
    providers = sorted({booking["provider_id"] for booking in made})
    bodies = [{"new_start_time": other, "new_provider_id": providers[0]} for other in others]
    answers = await asyncio.gather(
        *(studio.post(booking, "reschedule", **body) for booking, body in zip(made, bodies, strict=True))
    )
    assert {answer.status_code for answer in answers} == {200}


async def test_a_booking_is_cancelled_once(studio: Studio, store: Database) -> None:
    """Ten cancellations at once cancel once and tell it once, with the fee."""
    booking = await studio.booked(await studio.service())
    answers = await asyncio.gather(*(studio.post(booking, "cancel") for _ in range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 9}
    (told,) = await events(store, "booking.cancelled")
    assert (told["id"], told["cancellation_fee"], told["cancelled_by"]) == (booking["id"], 0, "customer")


async def test_a_refused_booking_tells_nothing(studio: Studio, store: Database) -> None:
    """booking.created is told with the booking, in its words, or not at all."""
    service = await studio.service()
    booking = await studio.booked(service)
    assert (await studio.book(service)).status_code == 409
    (told,) = await events(store, "booking.created")
    assert (told["id"], told["booking_number"]) == (booking["id"], booking["booking_number"])
    assert (told["start_time"], told["total"]) == (wire(MORNING), 10)


async def test_the_machine_is_the_one_of_the_rules() -> None:
    """The statuses from which each status is reached, as domain-rules.md has them."""
    first_four = ("pending", "confirmed", "checked_in", "in_progress")
    assert {status: BOOKINGS.allowed_from(status) for status in BOOKINGS.statuses} == {
        "pending": (),
        "confirmed": ("pending",),
        "checked_in": ("confirmed",),
        "in_progress": ("checked_in",),
        "completed": ("in_progress",),
        "no_show": ("confirmed",),
        "cancelled": first_four,
        "rescheduled": (*first_four, "no_show"),
    }


async def test_hours_are_read_from_the_clock_in_riyadh(studio: Studio) -> None:
    """Sunday from midnight to two in Riyadh is Saturday evening in UTC: offered, and booked, on that date."""
    service = (await studio.make("services", name="Night", duration_minutes=60, price=1))["id"]
    provider = await studio.make("providers", name="Owl", timezone="Asia/Riyadh", service_ids=[service])
    hours = {"sunday": [{"start": "00:00", "end": "02:00"}]}
    await studio.make("availability", provider_id=provider["id"], weekly_schedule=hours)
    saturday = datetime(2026, 3, 7, tzinfo=UTC)
    offered = {}
    for day in (saturday, saturday + timedelta(days=1)):
        query = {"service_id": service, "date": f"{day:%Y-%m-%d}"}
        answer = await studio.client.get("/store/bookings/availability", params=query, headers=studio.customer)
        offered[f"{day:%A}"] = [slot["start_time"] for slot in answer.json()["available_slots"]]
    assert offered == {"Saturday": ["2026-03-07T21:00:00Z", "2026-03-07T22:00:00Z"], "Sunday": []}
    assert (await studio.booked(service, saturday.replace(hour=21)))["timezone"] == "Asia/Riyadh"
    # The day off is named by the day in Riyadh as well: Sunday takes the rest of what Saturday shows in UTC.
    await studio.make("exceptions", provider_id=provider["id"], date="2026-03-08")
    assert (await studio.book(service, saturday.replace(hour=22))).status_code == 400
