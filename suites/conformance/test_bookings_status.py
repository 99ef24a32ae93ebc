"""A booking's life: which status follows which, what cancelling costs, and who does not come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.booking import as_booking
from fixtures.checks import requirement
from suites.conformance.shapes import REFUSED, error_faults, money_faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.booking import Booker, Booking, Desk
    from fixtures.client import Answer

ALLOWED = {
    "pending": {"confirmed", "cancelled"},
    "confirmed": {"checked_in", "cancelled"},  # and no_show, half an hour after the start
    "checked_in": {"in_progress", "cancelled"},
    "in_progress": {"completed", "cancelled"},
    "completed": set(),
    "cancelled": set(),
}
NOT_A_STATUS = ("done", "CONFIRMED", "", "rescheduled")


@requirement("BKG-10")
def test_way_of_a_booking(desk: Desk, booker: Booker, booking: Booking) -> None:
    """The customer confirms and checks in, the operator begins and completes; both see each step."""
    seen = [booking.status]
    steps: list[Callable[[], Answer]] = [
        lambda: booker.turn(booking, "confirm"),
        lambda: booker.turn(booking, "check-in"),
        lambda: desk.change(booking, status="in_progress"),
        lambda: desk.change(booking, status="completed"),
    ]
    for step in steps:
        answered = as_booking(step().expect(200))
        assert answered == desk.booking(booking) == booker.booking(booking)
        seen.append(answered.status)
    assert seen == ["pending", "confirmed", "checked_in", "in_progress", "completed"]


@requirement("BKG-10", "BKG-11")
@pytest.mark.parametrize("status", ALLOWED.keys())
def test_steps_that_are_none(desk: Desk, booking: Booking, status: str) -> None:
    """From each status every step that the rules do not have is refused for the operator, and changes nothing."""
    before = desk.bring(booking, status)
    for step in {"confirmed", "checked_in", "in_progress", "completed", "cancelled"} - ALLOWED[status]:
        assert error_faults(desk.change(booking, status=step).expect(*REFUSED)) == []
    assert desk.booking(booking) == before


@requirement("BKG-10")
@pytest.mark.parametrize("status", ["pending", "checked_in", "in_progress", "completed", "cancelled"])
def test_customer_skips_nothing(desk: Desk, booker: Booker, booking: Booking, status: str) -> None:
    """A customer confirms what is pending and checks in to what is confirmed, and nothing else."""
    before = desk.bring(booking, status)
    for step in ("confirm", "check-in"):
        if (status, step) != ("pending", "confirm"):
            assert error_faults(booker.turn(booking, step).expect(*REFUSED)) == []
    assert booker.booking(booking) == before


@requirement("BKG-10")
@pytest.mark.parametrize("status", NOT_A_STATUS)
def test_status_that_is_none(desk: Desk, booking: Booking, status: str) -> None:
    """An operator cannot invent a status, nor say that a booking was rescheduled without a new time for it."""
    desk.bring(booking, "confirmed")
    assert error_faults(desk.change(booking, status=status).expect(*REFUSED)) == []
    assert desk.booking(booking).status == "confirmed"


@requirement("BKG-11", "BKG-12")
@pytest.mark.parametrize("status", ["pending", "confirmed", "checked_in", "in_progress"])
def test_cancelling_in_time_is_free(desk: Desk, booker: Booker, booking: Booking, status: str) -> None:
    """From each of the first four statuses a customer cancels, a week ahead, for nothing."""
    desk.bring(booking, status)
    cancelled = booker.cancel(booking, "other plans")
    assert (cancelled.status, cancelled.cancellation_reason) == ("cancelled", "other plans")
    assert cancelled.cancellation_fee in (0, None)
    assert booker.booking(booking) == desk.booking(booking) == cancelled


@requirement("BKG-12")
def test_operator_cancels_for_nothing(desk: Desk, booking: Booking) -> None:
    """When the operator cancels a week ahead it costs nothing either, and what it costs is a number."""
    answer = desk.change(booking, status="cancelled", reason="the roof leaks").expect(200)
    assert (as_booking(answer).status, as_booking(answer).cancellation_reason) == ("cancelled", "the roof leaks")
    if answer["booking"].get("cancellation_fee") is not None:
        assert money_faults(answer["booking"], "cancellation_fee") == []
        assert answer["booking"]["cancellation_fee"] == 0


@requirement("BKG-11")
@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_what_is_over_is_not_cancelled(desk: Desk, booker: Booker, booking: Booking, status: str) -> None:
    """A completed or cancelled booking is not cancelled (again), and keeps the reason that it has."""
    before = desk.bring(booking, status)
    assert error_faults(booker.turn(booking, "cancel", reason="twice").expect(*REFUSED)) == []
    assert booker.booking(booking) == before


@requirement("BKG-13")
def test_no_show_before_the_start(desk: Desk, booking: Booking) -> None:
    """Nobody is a no-show a week before the start, whether confirmed or not."""
    for status in ("pending", "confirmed"):
        if status == "confirmed":
            desk.bring(booking, status)
        assert error_faults(desk.change(booking, status="no_show").expect(*REFUSED)) == []
        assert desk.booking(booking).status == status
