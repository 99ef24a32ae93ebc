"""What the platform needs of Fleetbase: orders carried, found again, sent off, followed, priced and stopped."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.fleetbase import (
    ASSIGNED,
    BUYER,
    DRIVER,
    JSON,
    NAME,
    NEW,
    NO_ROUTE,
    ON_ITS_WAY,
    ORDER,
    OURS,
    PRICED,
    THERE,
    TWICE,
    UNKNOWN,
    WAREHOUSE,
    WITH_DRIVER,
    WORKS,
    YOUNGER,
    asked_for,
    asking,
    at,
    listed,
    made,
    order,
    ours,
)
from contracts.consumers.matchers import given
from reference_impl.integrations.fleetbase.client import CANCELED, NewOrder
from reference_impl.integrations.fleetbase.health import check
from reference_impl.integrations.fleetbase.places import Place, Point

if TYPE_CHECKING:
    from contracts.consumers.fleetbase import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

NUMBER = match.number(20)


async def test_the_organisation(contract: Contract, clock: FrozenClock) -> None:
    """Health asks whose key we have: the cheapest question that needs one."""
    pact = contract(NAME)
    asked = asked_for(pact, "the question whose key it is", "GET", "/v1/organizations/current", WORKS)
    answer = {"id": match.str("company_k2jd8s7f6a"), "name": match.str("CityOS Riyadh")}
    asked.will_respond_with(200).with_body(answer, JSON)
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.organization()
        assert (await check(fleetbase)).words == ""
    assert found.name == "CityOS Riyadh"


async def test_an_order_that_is_made(contract: Contract, clock: FrozenClock) -> None:
    """An order of ours goes along as `internal_id` and in `meta`; it comes back flat, with 201 and its own id."""
    pact = contract(NAME)
    listed(pact, UNKNOWN)
    ordered(pact, "a request to have an order carried", NEW)
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.create_order(NEW)
    assert (found.id, found.status, found.order_id) == (ORDER, "created", OURS)
    assert found.tracking_number is not None
    assert found.tracking_number.tracking_number == "FLB0123456789SA"


async def test_an_order_for_a_place_and_a_time(contract: Contract, clock: FrozenClock) -> None:
    """A point goes as GeoJSON, longitude first; a time without a zone, in UTC."""
    pact = contract(NAME)
    exact = Place("Olaya St 7", "Riyadh", "SA", location=Point(Decimal("24.69"), Decimal("46.68")))
    new = NewOrder(OURS, WAREHOUSE, exact, scheduled_at=clock.now(), notes="Ring twice")
    listed(pact, UNKNOWN)
    body = ordered(pact, "a request to have an order carried to a point at a time", new)
    async with asking(pact, clock) as fleetbase:
        assert (await fleetbase.create_order(new)).id == ORDER
    assert body["payload"]["dropoff"]["location"] == {"type": "Point", "coordinates": [46.68, 24.69]}
    assert body["scheduled_at"] == "2026-11-22 11:00:00"


def ordered(pact: Any, description: str, new: NewOrder) -> dict[str, Any]:
    """A request for a new order and its answer; what is sent."""
    body: dict[str, Any] = plain(new.body())
    asked = asked_for(pact, description, "POST", "/v1/orders", UNKNOWN)
    asked.with_body({**body, "internal_id": ours(), "meta": {"order_id": ours()}}, JSON)
    asked.will_respond_with(201).with_body(made(), JSON)
    return body


def plain(value: Any) -> Any:
    """A body as a contract holds it: exact numbers as JSON has them."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return float(value) if isinstance(value, Decimal) else value


async def test_an_order_that_was_made_before(contract: Contract, clock: FrozenClock) -> None:
    """After a lost answer the order is found by our id, with the number that people are told."""
    pact = contract(NAME)
    listed(pact, THERE, made())
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.create_order(NEW)
    assert (found.id, found.order_id) == (ORDER, OURS)


async def test_an_order_that_was_made_twice(contract: Contract, clock: FrozenClock) -> None:
    """Of two the older is kept, by `created_at`; the other is cancelled, by DELETE."""
    pact = contract(NAME)
    listed(pact, TWICE, made(YOUNGER, "2026-11-22 11:00:09"), made())
    asked = asked_for(pact, "a request to cancel the younger", "DELETE", at("/cancel", YOUNGER), TWICE)
    asked.will_respond_with(200).with_body(order(match.str(CANCELED)), JSON)
    async with asking(pact, clock) as fleetbase:
        assert (await fleetbase.create_order(NEW)).id == ORDER


async def test_an_order_that_is_there(contract: Contract, clock: FrozenClock) -> None:
    """An order is read by the id that Fleetbase gave it."""
    pact = contract(NAME)
    asked = asked_for(pact, "a request for an order", "GET", at(), THERE)
    asked.will_respond_with(200).with_body(order(), JSON)
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.order(ORDER)
    assert (found.id, found.status) == (ORDER, "created")


async def test_a_driver_is_assigned(contract: Contract, clock: FrozenClock) -> None:
    """The driver goes alone: with a payload beside it Fleetbase's PUT breaks. It comes back as an object."""
    pact = contract(NAME)
    asked = asked_for(pact, "a request to assign a driver", "PUT", at(), WITH_DRIVER)
    asked.with_body({"driver": given("${driver_id}", DRIVER, form=r"driver_\w+")}, JSON)
    assigned = {"id": match.regex(DRIVER, regex=r"^driver_\w+$")}
    asked.will_respond_with(200).with_body(order(driver_assigned=assigned), JSON)
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.assign_driver(ORDER, DRIVER)
    assert found.driver_assigned is not None
    assert found.driver_assigned.id == DRIVER


async def test_an_order_is_dispatched(contract: Contract, clock: FrozenClock) -> None:
    """The driver is sent off, and the order says so."""
    pact = contract(NAME)
    asked = asked_for(pact, "a request to dispatch", "POST", at("/dispatch"), ASSIGNED)
    asked.will_respond_with(200).with_body(order(match.str("dispatched"), dispatched=True), JSON)
    async with asking(pact, clock) as fleetbase:
        assert (await fleetbase.dispatch(ORDER)).dispatched


async def test_an_order_that_was_dispatched_before(contract: Contract, clock: FrozenClock) -> None:
    """Fleetbase refuses the second time in words that we know; the order is read instead, which is no error."""
    pact = contract(NAME)
    asked = asked_for(pact, "a request to dispatch", "POST", at("/dispatch"), ON_ITS_WAY)
    asked.will_respond_with(400).with_body({"error": "Order has already been dispatched!"}, JSON)
    asked = asked_for(pact, "a request for an order", "GET", at(), ON_ITS_WAY)
    asked.will_respond_with(200).with_body(order(match.str("dispatched"), dispatched=True), JSON)
    async with asking(pact, clock) as fleetbase:
        assert (await fleetbase.dispatch(ORDER)).dispatched


async def test_an_order_is_followed(contract: Contract, clock: FrozenClock) -> None:
    """How far it is in per cent, the seconds until it arrives, and where the driver is, longitude first."""
    pact = contract(NAME)
    asked = asked_for(pact, "the question how far an order is", "GET", at("/tracker"), ASSIGNED)
    place = {"coordinates": [match.number(46.67), match.number(24.71)]}
    answer = {"progress_percentage": NUMBER, "completion_eta": match.number(1260.5), "driver_current_location": place}
    asked.will_respond_with(200).with_body(answer, JSON)
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.tracking(ORDER)
    assert (found.progress_percent, found.arrives_in_s) == (Decimal(20), Decimal("1260.5"))
    assert found.at == Point(latitude=Decimal("24.71"), longitude=Decimal("46.67"))


async def test_an_order_without_a_route(contract: Contract, clock: FrozenClock) -> None:
    """-1 seconds are no arrival at all."""
    pact = contract(NAME)
    asked = asked_for(pact, "the question how far an order is", "GET", at("/tracker"), NO_ROUTE)
    asked.will_respond_with(200).with_body({"progress_percentage": NUMBER, "completion_eta": -1}, JSON)
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.tracking(ORDER)
    assert (found.arrives_in_s, found.at) == (None, None)


async def test_quotes(contract: Contract, clock: FrozenClock) -> None:
    """A price is asked for by GET, with the places in PHP's brackets; it has an amount and a currency."""
    pact = contract(NAME)
    exact = Place("King Fahd Rd 12", "Riyadh", "SA", location=Point(Decimal("24.71"), Decimal("46.67")))
    asked = asked_for(pact, "the question what carrying costs", "GET", "/v1/service-quotes", PRICED)
    for end, place in (("pickup", exact), ("dropoff", BUYER)):
        for name, text in texts(place).items():
            asked.with_query_parameter(f"{end}{name}", text)
    quote = {
        "id": match.regex("quote_9fk3jd83ha", regex=r"^quote_\w+$"),
        "amount": match.number(1500),
        "currency": match.regex("SAR", regex="^[A-Z]{3}$"),
    }
    asked.will_respond_with(200).with_body(match.each_like(quote, min=1), JSON)
    async with asking(pact, clock) as fleetbase:
        (found,) = await fleetbase.service_quotes(exact, BUYER)
    assert (found.amount, found.currency) == (Decimal(1500), "SAR")


def texts(place: Place) -> dict[str, str]:
    """A place as its query has it, by what stands in brackets."""
    plainly = {f"[{name}]": text for name, text in place.body().items() if isinstance(text, str)}
    if place.location is None:
        return plainly
    longitude, latitude = str(place.location.longitude), str(place.location.latitude)
    at_point = {"[type]": "Point", "[coordinates][0]": longitude, "[coordinates][1]": latitude}
    return {**plainly, **{f"[location]{name}": text for name, text in at_point.items()}}


async def test_an_order_is_cancelled(contract: Contract, clock: FrozenClock) -> None:
    """Cancelling is a DELETE of its own address, answered with the order, which is `canceled` with one l."""
    pact = contract(NAME)
    asked = asked_for(pact, "a request to cancel an order", "DELETE", at("/cancel"), THERE)
    asked.will_respond_with(200).with_body(order(CANCELED), JSON)
    async with asking(pact, clock) as fleetbase:
        assert (await fleetbase.cancel(ORDER)).status == CANCELED
