"""What a storefront needs to book: what there is, when, and what may come between."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.matchers import given
from contracts.consumers.storefront_forms import (
    EMAIL,
    ULID,
    a_time,
    an_id,
    answered,
    asking,
    currency,
    given_email,
    given_id,
    given_time,
    money,
    of,
    path,
    refusal,
    shop,
    visiting,
)
from contracts.consumers.storefront_shapes import Conflict, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from pact import Pact

    Contract = Callable[..., Pact]

SERVICE, BOOKING = f"bksv_{ULID}", f"book_{ULID}"
START = dt.datetime(2026, 11, 29, 9, tzinfo=dt.UTC)
STARTS, ENDS = "2026-11-29T09:00:00Z", "2026-11-29T10:00:00Z"
BOOKABLE = "a service can be booked"
TAKEN = "a slot of a service is taken"
BOOKED = "a customer has a booking"


def a_booking(status: Any) -> dict[str, Any]:
    """What is read of a booking."""
    return {
        "id": an_id("book"),
        "booking_number": match.str("BKG-000042"),
        "status": status,
        "start_time": a_time(STARTS),
        "end_time": a_time(ENDS),
        "total": money(25),
        "currency_code": currency(),
    }


def given_day() -> Any:
    """A day on which the service can be booked, from the provider's state."""
    return given("${date}", "2026-11-29", form=r"^\d{4}-\d\d-\d\d$")


def of_booking(suffix: str = "") -> Any:
    """A path below a booking's."""
    return path("/store/bookings/{booking_id}" + suffix, booking_id="book")


def test_services(contract: Contract) -> None:
    """There are services to choose from, each with how long it takes and what it costs."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the services").given(BOOKABLE)
    service = {
        "id": an_id("bksv"),
        "name": match.str("Carpet cleaning"),
        "duration_minutes": match.int(60),
        "price": money(25),
        "currency_code": currency(),
    }
    answered(visiting(asked, "GET", "/store/bookings/services"), 200, {"services": match.each_like(service, min=1)})
    with pact.serve() as server, shop(server, None) as storefront:
        (found,) = storefront.services()
    assert (found.duration_minutes, found.price) == (60, Decimal(25))


def test_slots(contract: Contract) -> None:
    """The calendar shows the free slots of a day."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the slots of a day").given(BOOKABLE)
    slot = {"start_time": a_time(STARTS), "end_time": a_time(ENDS), "provider_id": an_id("bkpr")}
    visiting(
        asked,
        "GET",
        "/store/bookings/availability",
        {"service_id": given_id("service_id", "bksv"), "date": given_day()},
    )
    answered(asked, 200, {"available_slots": match.each_like(slot, min=1)})
    with pact.serve() as server, shop(server, None) as storefront:
        (found,) = storefront.slots(SERVICE, START.date())
    assert (found.start_time, found.end_time) == (START, START + dt.timedelta(hours=1))


def booking(pact: Pact, description: str, state: str, *, attendees: int = 1, start: Any = None) -> Any:
    """A slot that is asked for."""
    wanted = {
        "service_id": given_id("service_id", "bksv"),
        "start_time": given_time("start_time", STARTS) if start is None else start,
        "customer_email": given_email(),
        "attendee_count": attendees,
    }
    return asking(pact.upon_receiving(description).given(state), "POST", "/store/bookings", body=wanted)


def test_booking(contract: Contract) -> None:
    """A free slot that is booked is pending, under a number to quote."""
    pact = of(contract)
    answered(booking(pact, "a booking", BOOKABLE), 201, {"booking": a_booking("pending")})
    with pact.serve() as server, shop(server) as storefront:
        made = storefront.book(SERVICE, START, EMAIL)
    assert (made.status, made.start_time, made.total) == ("pending", START, Decimal(25))


def test_booking_what_is_taken(contract: Contract) -> None:
    """A slot that somebody else took meanwhile is a conflict: the calendar is read anew."""
    pact = of(contract)
    answered(booking(pact, "a booking", TAKEN), 409, refusal("conflict", message="The slot is taken"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Conflict, match="taken"):
        storefront.book(SERVICE, START, EMAIL)


def test_booking_for_nobody(contract: Contract) -> None:
    """A form that was not filled in right is refused with the name of the field."""
    pact = of(contract)
    asked = booking(pact, "a booking for nobody", BOOKABLE, attendees=0)
    answered(asked, 400, {"type": "invalid_data", "message": match.includes("attendee_count")})
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Invalid, match="attendee_count"):
        storefront.book(SERVICE, START, EMAIL, attendees=0)


def test_booking_too_late(contract: Contract) -> None:
    """A time that is over is invalid."""
    pact = of(contract)
    past = dt.datetime(2020, 1, 7, 9, tzinfo=dt.UTC)
    asked = booking(pact, "a booking of a time that is over", BOOKABLE, start="2020-01-07T09:00:00Z")
    answered(asked, 400, refusal("invalid_data", message="A booking starts at least 24 hours from now"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Invalid, match="24 hours"):
        storefront.book(SERVICE, past, EMAIL)


def test_own_bookings(contract: Contract) -> None:
    """The account page lists the bookings."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the own bookings").given(BOOKED)
    rows = match.each_like(a_booking(match.str("pending")), min=1)
    answered(asking(asked, "GET", "/store/bookings"), 200, {"bookings": rows})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.bookings()[0].booking_number == "BKG-000042"


@pytest.mark.parametrize("state", [BOOKED, "another customer has a booking"])
def test_one_booking(contract: Contract, state: str) -> None:
    """Who booked sees the booking; for anybody else it is not there."""
    pact = of(contract)
    asked = asking(pact.upon_receiving("a request for a booking").given(state), "GET", of_booking())
    if state == BOOKED:
        answered(asked, 200, {"booking": a_booking(match.str("pending"))})
    else:
        answered(asked, 404, refusal("not_found", message="Booking was not found"))
    with pact.serve() as server, shop(server) as storefront:
        if state == BOOKED:
            assert storefront.booking(BOOKING).id == BOOKING
        else:
            with pytest.raises(NotFound):
                storefront.booking(BOOKING)


def test_cancelling(contract: Contract) -> None:
    """A booking that is cancelled says what that costs."""
    pact = of(contract)
    asked = pact.upon_receiving("a cancellation").given(BOOKED)
    asking(asked, "POST", of_booking("/cancel"), body={"reason": "I am travelling"})
    answered(asked, 200, {"booking": a_booking("cancelled") | {"cancellation_fee": money(12.5)}})
    with pact.serve() as server, shop(server) as storefront:
        done = storefront.cancel(BOOKING, "I am travelling")
    assert (done.status, done.cancellation_fee) == ("cancelled", Decimal("12.5"))


def test_cancelling_what_is_cancelled(contract: Contract) -> None:
    """A booking that is cancelled already is a conflict: the page is read anew."""
    pact = of(contract)
    asked = pact.upon_receiving("a cancellation").given("a customer's booking was cancelled")
    asking(asked, "POST", of_booking("/cancel"), body={"reason": "I am travelling"})
    answered(asked, 409, refusal("conflict", message="Booking is cancelled; it cannot become cancelled"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Conflict, match="cancelled"):
        storefront.cancel(BOOKING, "I am travelling")


def test_rescheduling(contract: Contract) -> None:
    """Another time is another booking, which is pending."""
    pact = of(contract)
    asked = pact.upon_receiving("another time for a booking").given(BOOKED)
    asking(asked, "POST", of_booking("/reschedule"), body={"new_start_time": given_time("new_start_time", STARTS)})
    answered(asked, 200, {"booking": a_booking("pending")})
    with pact.serve() as server, shop(server) as storefront:
        assert storefront.reschedule(BOOKING, START).start_time == START


def test_rescheduling_to_what_is_taken(contract: Contract) -> None:
    """Another time that is taken is a conflict, and the booking stays as it was."""
    pact = of(contract)
    asked = pact.upon_receiving("another time for a booking").given(
        "a customer has a booking, and another slot is taken"
    )
    asking(asked, "POST", of_booking("/reschedule"), body={"new_start_time": given_time("new_start_time", STARTS)})
    answered(asked, 409, refusal("conflict", message="The slot is taken"))
    with pact.serve() as server, shop(server) as storefront, pytest.raises(Conflict, match="taken"):
        storefront.reschedule(BOOKING, START)


def test_a_service_that_is_not_there(contract: Contract) -> None:
    """The calendar of a service that is no longer offered is not there."""
    pact = of(contract)
    asked = pact.upon_receiving("a request for the slots of a service that is not there").given(BOOKABLE)
    nowhere = "bksv_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    visiting(asked, "GET", "/store/bookings/availability", {"service_id": nowhere, "date": given_day()})
    answered(asked, 404, refusal("not_found", message="Service was not found"))
    with pact.serve() as server, shop(server, None) as storefront, pytest.raises(NotFound):
        storefront.slots(nowhere, START.date())
