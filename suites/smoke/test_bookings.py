"""The booking path, once through: find a time, book it, confirm it, move it, give it back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from fixtures.booking import as_booking
from fixtures.checks import requirement

if TYPE_CHECKING:
    from fixtures.booking import Booker, Desk


@requirement("BKG-01", "BKG-02")
def test_offered_slot_is_booked(desk: Desk, booker: Booker) -> None:
    """A shopper picks a slot that is offered, books it, and finds it among the own bookings."""
    service, slot = desk.any_slot()
    made = booker.book(service, slot.start_time, provider_id=slot.provider_id)
    assert (made.status, made.start_time, made.attendee_count) == ("pending", slot.start_time, 1)
    assert made.booking_number
    assert booker.booking(made) == made
    assert made in booker.bookings()


@requirement("BKG-03")
def test_day_that_is_none(desk: Desk) -> None:
    """Asking for the 30th of February is an error of whoever asks."""
    service, _ = desk.any_slot()
    desk.availability(service_id=service.id, date="2026-02-30").expect(400)


@requirement("BKG-05", "BKG-12")
def test_place_is_taken_and_given_back(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """The only place of a slot goes to the first; once cancelled, free of charge, it goes to the second."""
    service = desk.open()
    slot = desk.slots(service)[9]
    first = booker.book(service, slot.start_time)
    other_booker.ask(service, slot.start_time).expect(409)
    assert not booker.cancel(first).cancellation_fee
    assert other_booker.book(service, slot.start_time).status == "pending"


@requirement("BKG-10", "BKG-14")
def test_booking_is_confirmed_and_moved(desk: Desk, booker: Booker) -> None:
    """A confirmed booking is moved by two hours: a new one is pending, the old one says where it went."""
    service = desk.open()
    start = desk.slots(service)[9].start_time
    first = booker.book(service, start)
    assert as_booking(booker.turn(first, "confirm").expect(200)).status == "confirmed"
    moved = as_booking(booker.move(first, start + dt.timedelta(hours=2)).expect(200, 201))
    assert (moved.status, moved.start_time) == ("pending", start + dt.timedelta(hours=2))
    assert booker.booking(first).status == "rescheduled"


@requirement("BKG-17")
def test_bookings_are_private(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """Another shopper neither reads nor cancels the booking."""
    service, slot = desk.any_slot()
    made = booker.book(service, slot.start_time, provider_id=slot.provider_id)
    other_booker.api.get(f"/store/bookings/{made.id}").expect(403, 404)
    other_booker.turn(made, "cancel").expect(403, 404)
    assert booker.booking(made) == made
