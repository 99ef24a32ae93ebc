"""Rescheduling: a new booking in place of the old one, both or neither."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from fixtures.booking import as_booking, now, on
from fixtures.checks import requirement
from fixtures.client import concurrently
from suites.conformance.shapes import REFUSED, error_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.booking import Booker, Booking, Desk

DAY = dt.timedelta(days=1)


@requirement("BKG-14")
@pytest.mark.parametrize("status", ["pending", "confirmed", "checked_in", "in_progress"])
def test_new_booking_takes_over(desk: Desk, booker: Booker, status: str) -> None:
    """A booking that is not over moves: the new one is pending and like it, and each names the other."""
    service = desk.open(max_capacity=3)
    old = booker.book(service, on(desk.day, 9), attendee_count=2)
    desk.bring(old, status)
    new = as_booking(booker.move(old, on(desk.day, 14)).expect(200, 201))
    assert (new.status, new.start_time, new.end_time) == ("pending", on(desk.day, 14), on(desk.day, 15))
    assert (new.attendee_count, new.provider_id, new.customer_id) == (2, old.provider_id, old.customer_id)
    assert new.id != old.id
    assert new.booking_number != old.booking_number
    left = booker.booking(old)
    assert (left.status, left.start_time) == ("rescheduled", on(desk.day, 9))
    assert (left.rescheduled_to_id, new.rescheduled_from_id) == (new.id, old.id)
    assert {one.id for one in booker.bookings(service)} == {old.id, new.id}


@requirement("BKG-14")
def test_place_moves_along(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """The old slot is offered again and can be booked; the new one is taken."""
    service = desk.open()
    before = desk.starts(service)
    old = booker.book(service, on(desk.day, 9))
    booker.move(old, on(desk.day, 14)).expect(200, 201)
    assert desk.starts(service) == [start for start in before if start != "14:00"]
    other_booker.ask(service, on(desk.day, 14)).expect(409)
    assert other_booker.book(service, on(desk.day, 9)).status == "pending"


@requirement("BKG-14")
def test_another_provider(desk: Desk, booker: Booker) -> None:
    """A booking moves to the provider who is named, at the same time even."""
    service = desk.open(providers=2)
    first, second = service.provider_ids
    old = booker.book(service, on(desk.day, 9), provider_id=first)
    new = as_booking(booker.move(old, on(desk.day, 9), new_provider_id=second).expect(200, 201))
    assert (new.provider_id, new.start_time) == (second, on(desk.day, 9))
    assert {slot.provider_id for slot in desk.slots(service) if slot.start_time == new.start_time} == {first}


@requirement("BKG-14")
def test_moving_on(desk: Desk, booker: Booker) -> None:
    """The new booking can be confirmed, and moved in turn."""
    service = desk.open()
    second = as_booking(booker.move(booker.book(service, on(desk.day, 9)), on(desk.day, 10)).expect(200, 201))
    booker.turn(second, "confirm").expect(200)
    third = as_booking(booker.move(second, on(desk.day, 11)).expect(200, 201))
    assert third.rescheduled_from_id == second.id
    assert [one.status for one in booker.bookings(service)] == ["pending", "rescheduled", "rescheduled"]
    assert "09:00" in desk.starts(service)
    assert "10:00" in desk.starts(service)


NO_TIMES: dict[str, Callable[[Desk], dt.datetime]] = {
    "taken": lambda desk: on(desk.day, 14),
    "too soon": lambda _: now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=3),
    "past": lambda desk: on(desk.day, 9) - 30 * DAY,
    "too late": lambda desk: on(desk.day, 9) + 80 * DAY,
    "no slot": lambda desk: on(desk.day, 9, 30),
}


@requirement("BKG-15")
@pytest.mark.parametrize("when", NO_TIMES.values(), ids=NO_TIMES.keys())
def test_failed_move_changes_nothing(
    desk: Desk, booker: Booker, other_booker: Booker, when: Callable[[Desk], dt.datetime]
) -> None:
    """A move to a time that cannot be had is refused, and the booking keeps its status and its place."""
    service = desk.open()
    other_booker.book(service, on(desk.day, 14))
    booking = booker.book(service, on(desk.day, 9))
    offered = desk.starts(service)
    assert error_faults(booker.move(booking, when(desk)).expect(*REFUSED)) == []
    assert booker.bookings(service) == [booking]
    assert desk.starts(service) == offered
    assert error_faults(other_booker.ask(service, on(desk.day, 9)).expect(409)) == []


@requirement("BKG-15")
@pytest.mark.parametrize("body", [{}, {"new_start_time": "soon"}, {"new_start_time": "2026-02-30T09:00:00Z"}])
def test_move_to_no_time(booker: Booker, booking: Booking, body: dict[str, object]) -> None:
    """Without a time to move to, a booking stays where it is."""
    assert error_faults(booker.turn(booking, "reschedule", **body).expect(400)) == []
    assert booker.booking(booking) == booking


@requirement("BKG-15")
@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_what_is_over_does_not_move(desk: Desk, booker: Booker, status: str) -> None:
    """A completed or cancelled booking is not rescheduled, and no new one is made."""
    service = desk.open()
    before = desk.bring(booker.book(service, on(desk.day, 9)), status)
    assert error_faults(booker.move(before, on(desk.day, 14)).expect(*REFUSED)) == []
    assert booker.bookings(service) == [before]
    assert "14:00" in desk.starts(service)


@requirement("BKG-16")
def test_booking_moves_once(desk: Desk, booker: Booker) -> None:
    """What was rescheduled is not rescheduled, confirmed or cancelled again: its successor is what there is now."""
    service = desk.open()
    old = booker.book(service, on(desk.day, 9))
    booker.move(old, on(desk.day, 14)).expect(200, 201)
    before = booker.bookings(service)
    for answer in (booker.move(old, on(desk.day, 16)), booker.turn(old, "confirm"), booker.turn(old, "cancel")):
        assert error_faults(answer.expect(*REFUSED)) == []
    assert booker.bookings(service) == before


@requirement("BKG-16")
def test_moves_at_once_make_one(desk: Desk, booker: Booker) -> None:
    """Ten reschedulings of one booking at once make one new booking."""
    service = desk.open()
    old = booker.book(service, on(desk.day, 9))
    answers = concurrently(10, lambda n: booker.move(old, on(desk.day, 10 + n)))
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    assert sum(answer.is_success for answer in answers) == 1
    assert Counter(one.status for one in booker.bookings(service)) == {"rescheduled": 1, "pending": 1}
