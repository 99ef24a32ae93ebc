"""Fleetbase's client, against its simulator over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import anyio
import pytest
import structlog

from fixtures.simulators.base import Running, running
from fixtures.simulators.fleetbase import Fleetbase as Simulator
from fixtures.simulators.fleetbase import FleetbaseSwitches
from reference_impl.core.clock import FrozenClock
from reference_impl.integrations.base import CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.fleetbase.client import Entity, Fleetbase, NewOrder, Order
from reference_impl.integrations.fleetbase.health import check
from reference_impl.integrations.fleetbase.places import Place, Point

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
RIYADH = Point(latitude=Decimal("24.71"), longitude=Decimal("46.67"))
WAREHOUSE = Place("King Fahd Rd", "Riyadh", "SA", name="مستودع", location=RIYADH)
HOME = Place("Olaya St 1/2", "Riyadh", "SA", phone="+966500000003", location=RIYADH)
NEW = NewOrder("order_01ABC", WAREHOUSE, HOME, [Entity("Box", sku="A1", weight=Decimal("2.5"))], notes="Leave at door")


async def at_once(seconds: float) -> None:
    """Pauses between attempts take no time here."""


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
def vendor(clock: FrozenClock) -> Simulator:
    return Simulator(now=clock.now)


@pytest.fixture
def served(vendor: Simulator) -> Iterator[Running]:
    with running(vendor) as there:
        yield there


@pytest.fixture
async def fleetbase(served: Running, vendor: Simulator, clock: FrozenClock) -> AsyncIterator[Fleetbase]:
    client = Fleetbase(served.base_url, vendor.api_key, clock, sleep=at_once, answer_s=0.5, patience_s=0.5)
    yield client
    await client.close()


def asked(vendor: Simulator) -> list[str]:
    return [f"{each.method} {each.path}" for each in vendor.received]


async def test_an_order_is_made_as_the_vendor_reads_it(fleetbase: Fleetbase, vendor: Simulator) -> None:
    scheduled = datetime(2026, 11, 23, 12, 0, tzinfo=UTC).astimezone(None)
    order = await fleetbase.create_order(
        NewOrder(NEW.order_id, WAREHOUSE, HOME, NEW.entities, scheduled_at=scheduled, notes=NEW.notes)
    )
    kept = vendor.orders[order.id]
    assert (order.status, order.order_id, order.driver_assigned) == ("created", NEW.order_id, None)
    assert kept["payload"]["pickup"]["location"] == {"type": "Point", "coordinates": [46.67, 24.71]}
    assert kept["payload"]["entities"][0]["weight"] == 2.5
    assert (kept["scheduled_at"], kept["meta"]) == ("2026-11-23 12:00:00", {"order_id": NEW.order_id})
    assert order.tracking_number is not None
    assert order.tracking_number.tracking_number.startswith("FLB")


async def test_no_point_is_ever_sent_as_a_bare_array(fleetbase: Fleetbase, vendor: Simulator) -> None:
    """Fleetbase would read it the other way round."""
    await fleetbase.create_order(NEW)
    sent = json.loads(next(each.body for each in vendor.received if each.method == "POST"))
    ends = [sent["payload"][end]["location"] for end in ("pickup", "dropoff")]
    assert ends == [{"type": "Point", "coordinates": [46.67, 24.71]}] * 2


async def test_an_order_is_made_once_however_often_it_is_asked_for(fleetbase: Fleetbase, vendor: Simulator) -> None:
    first = await fleetbase.create_order(NEW)
    await fleetbase.cancel(first.id)
    again = await fleetbase.create_order(NEW)
    assert (again.id, again.status, len(vendor.orders)) == (first.id, "canceled", 1)


@pytest.mark.parametrize("bad_day", [{"half_answers": True}, {"slow_s": 0.8}], ids=["cut off", "too late"])
async def test_an_order_whose_answer_was_lost_is_found_again(
    fleetbase: Fleetbase, vendor: Simulator, monkeypatch: pytest.MonkeyPatch, bad_day: dict[str, Any]
) -> None:
    """The POST did its work; it is not repeated, and who comes again finds what it made."""
    look = fleetbase.orders_for

    async def look_before_it_turns_bad(order_id: str) -> list[Order]:
        made = await look(order_id)
        vendor.switches = FleetbaseSwitches(**bad_day)
        return made

    monkeypatch.setattr(fleetbase, "orders_for", look_before_it_turns_bad)
    with pytest.raises(Unavailable):
        await fleetbase.create_order(NEW)
    monkeypatch.undo()
    vendor.switches = FleetbaseSwitches()
    await _until_made(vendor)
    order = await fleetbase.create_order(NEW)
    assert [order.id] == list(vendor.orders)
    assert asked(vendor).count("POST /v1/orders") == 1


async def _until_made(vendor: Simulator) -> None:
    for _ in range(100):
        if vendor.orders:
            return
        await anyio.sleep(0.05)


async def test_of_two_orders_for_one_the_older_is_kept(
    fleetbase: Fleetbase, vendor: Simulator, clock: FrozenClock
) -> None:
    """The first was finished only after we had looked again for it."""
    order = await fleetbase.create_order(NEW)
    made = vendor.orders.pop(order.id)
    clock.advance(timedelta(seconds=11))
    late = await fleetbase.create_order(NEW)
    vendor.orders[order.id] = made
    assert (await fleetbase.create_order(NEW)).id == order.id
    assert [vendor.orders[each]["status"] for each in (order.id, late.id)] == ["created", "canceled"]
    assert (await fleetbase.create_order(NEW)).id == order.id


async def test_anothers_order_is_never_taken_for_ours(fleetbase: Fleetbase, vendor: Simulator) -> None:
    """Also where the list is not narrowed by what we ask for."""
    other = await fleetbase.create_order(NewOrder("order_02", WAREHOUSE, HOME))
    vendor.orders[other.id]["internal_id"] = NEW.order_id
    vendor.orders[other.id]["meta"] = []
    ours = await fleetbase.create_order(NEW)
    assert ours.id != other.id


async def test_a_driver_goes_alone(fleetbase: Fleetbase, vendor: Simulator) -> None:
    order = await fleetbase.create_order(NEW)
    driver = vendor.add_driver()
    assigned = await fleetbase.assign_driver(order.id, driver)
    assert assigned.driver_assigned is not None
    assert assigned.driver_assigned.id == driver
    assert json.loads(vendor.received[-1].body) == {"driver": driver}


async def test_dispatching_twice_is_dispatching_once(fleetbase: Fleetbase, vendor: Simulator) -> None:
    order = await fleetbase.create_order(NEW)
    with pytest.raises(Rejected, match="No driver assigned to dispatch!"):
        await fleetbase.dispatch(order.id)
    await fleetbase.assign_driver(order.id, vendor.add_driver())
    first, again = await fleetbase.dispatch(order.id), await fleetbase.dispatch(order.id)
    assert (first.status, again) == ("dispatched", first)


async def test_an_order_is_canceled_by_delete(fleetbase: Fleetbase, vendor: Simulator) -> None:
    order = await fleetbase.create_order(NEW)
    assert (await fleetbase.cancel(order.id)).status == "canceled"
    assert asked(vendor)[-1] == f"DELETE /v1/orders/{order.id}/cancel"


async def test_a_tracker_says_how_far_and_when(fleetbase: Fleetbase, vendor: Simulator) -> None:
    order = await fleetbase.create_order(NEW)
    await fleetbase.assign_driver(order.id, vendor.add_driver())
    vendor.advance(order.id, "enroute")
    tracking = await fleetbase.tracking(order.id)
    assert (tracking.progress_percent, tracking.arrives_in_s, tracking.at) == (Decimal(60), Decimal("1260.5"), RIYADH)


async def test_an_arrival_that_nobody_can_tell_is_none(fleetbase: Fleetbase) -> None:
    """Fleetbase says -1."""
    nowhere = Place("Olaya St", "Riyadh", "SA")
    order = await fleetbase.create_order(NewOrder("order_03", nowhere, nowhere))
    tracking = await fleetbase.tracking(order.id)
    assert (tracking.arrives_in_s, tracking.at) == (None, None)


async def test_quotes_are_a_question(fleetbase: Fleetbase, vendor: Simulator) -> None:
    (quote,) = await fleetbase.service_quotes(WAREHOUSE, HOME)
    assert (quote.amount, quote.currency) == (Decimal(1500), "SAR")
    assert vendor.received[-1].method == "GET"
    assert "pickup%5Blocation%5D%5Bcoordinates%5D%5B0%5D=46.67" in vendor.received[-1].query
    assert not vendor.received[-1].body


async def test_an_id_stays_one_part_of_the_path(fleetbase: Fleetbase, vendor: Simulator) -> None:
    order = await fleetbase.create_order(NEW)
    with pytest.raises(NotFound):
        await fleetbase.order(f"{order.id}?x=#%")
    assert vendor.received[-1].query == ""
    with pytest.raises(Rejected):
        await fleetbase.cancel(f"{order.id}/cancel")
    assert vendor.orders[order.id]["status"] == "created"


# What can go wrong


async def test_a_refused_key_is_told_from_an_expired_and_a_missing_one(
    served: Running, vendor: Simulator, clock: FrozenClock
) -> None:
    heard = []
    for key in ("flb_test_wrong", vendor.expired_key):
        client = Fleetbase(served.base_url, key, clock)
        with pytest.raises(CredentialsRejected) as refusal:
            await client.organization()
        heard.append(refusal.value.words)
        await client.close()
    assert heard == ["Oops! The api credentials provided were not valid", "Oops! These api credentials have expired"]


async def test_a_missing_order_is_not_a_missing_route(fleetbase: Fleetbase, served: Running) -> None:
    """A wrong address says nothing about an order."""
    with pytest.raises(NotFound, match="Order resource not found"):
        await fleetbase.order("order_0000000000")
    with pytest.raises(Rejected, match="There is nothing to see here") as wrong:
        await fleetbase.call("GET", "/v2/orders")
    assert not isinstance(wrong.value, NotFound)


async def test_a_wrong_form_comes_with_all_that_the_vendor_says_of_it(fleetbase: Fleetbase) -> None:
    with pytest.raises(Rejected) as both:
        await fleetbase.call("POST", "/v1/orders", body={"type": "transport", "payload": {}})
    with pytest.raises(Rejected) as one:
        await fleetbase.call("POST", "/v1/orders", body={"type": "transport", "payload": {"pickup": "x"}})
    assert (both.value.status, both.value.words) == (
        422,
        "The payload.pickup field is required.; The payload.dropoff field is required.",
    )
    assert one.value.words == "The payload.dropoff field is required."


async def test_too_many_requests_wait_out_the_minute_that_nobody_names(
    fleetbase: Fleetbase, vendor: Simulator, clock: FrozenClock
) -> None:
    vendor.switches.rate_limited = True
    with pytest.raises(Unavailable, match="Too many requests") as throttled:
        await fleetbase.organization()
    assert throttled.value.retry_at == NOW + timedelta(minutes=1)
    assert len(vendor.received) == 1  # not asked again before


async def test_a_fleetbase_that_is_not_installed_is_not_pressed(fleetbase: Fleetbase, vendor: Simulator) -> None:
    vendor.switches.not_installed = True
    with pytest.raises(Unavailable, match="fleetbase_not_configured") as bare:
        await fleetbase.organization()
    assert (bare.value.status, bare.value.retry_at) == (503, NOW + timedelta(minutes=1))
    assert len(vendor.received) == 1


async def test_a_broken_fleetbase_is_asked_again(fleetbase: Fleetbase, vendor: Simulator) -> None:
    vendor.switches.flapping = 3
    assert (await fleetbase.organization()).name == "CityOS"
    assert len(vendor.received) == 3


async def test_a_fleetbase_that_is_away_comes_back(fleetbase: Fleetbase, served: Running, vendor: Simulator) -> None:
    order = await fleetbase.create_order(NEW)
    served.stop()
    with structlog.testing.capture_logs() as logs, pytest.raises(Unavailable, match="Connect"):
        await fleetbase.order(order.id)
    served.start()
    assert (await fleetbase.order(order.id)).id == order.id
    assert [(each["event"], each["log_level"]) for each in logs] == [("vendor_outage", "warning")]


async def test_a_slow_fleetbase_is_given_up(fleetbase: Fleetbase, vendor: Simulator) -> None:
    vendor.switches.slow_s = 0.8
    with pytest.raises(Unavailable, match="ReadTimeout"):
        await fleetbase.organization()


@pytest.mark.parametrize("body", [[], {"id": 7, "status": "created"}, {"data": {}}], ids=str)
async def test_an_answer_in_another_form_is_no_answer(fleetbase: Fleetbase, body: Any) -> None:
    with pytest.raises(Unavailable, match="another form"):
        fleetbase.read(body, Order)


# Health


async def test_health_tells_four_states_apart(
    fleetbase: Fleetbase, served: Running, vendor: Simulator, clock: FrozenClock
) -> None:
    assert (await check(fleetbase)).state == "healthy"
    vendor.switches.rate_limited = True
    degraded = await check(fleetbase)
    assert (degraded.state, degraded.words) == ("degraded", "Too many requests.")
    vendor.switches.rate_limited, vendor.switches.refuse_key = False, True
    assert (await check(fleetbase)).state == "credentials_rejected"
    vendor.switches.refuse_key = False
    served.stop()
    assert (await check(fleetbase)).state == "unhealthy"
    served.start()
    assert (await check(fleetbase)).state == "healthy"


async def test_health_asks_past_an_open_breaker(fleetbase: Fleetbase, served: Running) -> None:
    served.stop()
    for _ in range(2):
        with pytest.raises(Unavailable):
            await fleetbase.organization()
    served.start()
    assert fleetbase.breaker.state == "open"
    assert (await check(fleetbase)).state == "healthy"
    assert fleetbase.breaker.state == "open"


async def test_a_slow_answer_is_that_of_a_degraded_vendor(
    served: Running, vendor: Simulator, clock: FrozenClock
) -> None:
    client = Fleetbase(served.base_url, vendor.api_key, clock)
    vendor.switches.slow_s = 1.1
    health = await check(client)
    assert (health.state, health.latency_ms >= 1100) == ("degraded", True)
    vendor.switches.slow_s = 4.0
    gone = await check(client)
    assert (gone.state, gone.words, gone.latency_ms < 3000) == ("unhealthy", "no answer within 2.5 s", True)
    await client.close()


# Points


@pytest.mark.parametrize(("latitude", "longitude"), [("91", "0"), ("0", "181"), ("-90.1", "0")])
def test_no_point_lies_off_the_earth(latitude: str, longitude: str) -> None:
    with pytest.raises(ValueError, match="no place on Earth"):
        Point(Decimal(latitude), Decimal(longitude))


@pytest.mark.parametrize("answer", [None, {}, [], {"coordinates": [1]}, {"coordinates": ["1", "2"]}, "POINT(1 2)"])
def test_what_is_no_point_is_none(answer: object) -> None:
    assert Point.of(answer) is None
