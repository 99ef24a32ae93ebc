"""Booking: what a customer gets, how many fit in, what is no booking."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from fixtures.booking import as_booking, on
from fixtures.checks import requirement
from fixtures.client import concurrently
from suites.conformance.shapes import ID, REFUSED, TIME, error_faults, money_faults

if TYPE_CHECKING:
    import random

    from fixtures.booking import Booker, Desk, Service
    from fixtures.client import Answer
    from fixtures.plugin import Run

NOWHERE = "bksv_01HZZZZZZZZZZZZZZZZZZZZZZZ"
NO_BOOKINGS = {
    "no service": {"service_id": None},
    "no start": {"start_time": None},
    "no e-mail address": {"customer_email": None},
    "an e-mail address that is none": {"customer_email": "nobody"},
    "a start that is a word": {"start_time": "tomorrow"},
    "a start that is a day": {"start_time": "2027-01-02"},
    "a start on 30 February": {"start_time": "2026-02-30T09:00:00Z"},
    "a start that is a number": {"start_time": 1767258000},
    "no attendee": {"attendee_count": 0},
    "fewer than none": {"attendee_count": -1},
    "half an attendee": {"attendee_count": Decimal("1.5")},
    "attendees as text": {"attendee_count": "2"},
    "attendees that are true": {"attendee_count": True},
}


@requirement("BKG-01")
def test_booking_is_what_was_asked_for(desk: Desk, booker: Booker) -> None:
    """The answer has an id, a number and the status pending, the slot's times and provider, and the customer."""
    service = desk.open(duration_minutes=90, max_capacity=4)
    start = on(desk.day, 9)
    answer = booker.ask(service, start, attendee_count=3, customer_name="Quinn", customer_notes="✓ by the window")
    shown = answer.expect(200, 201)["booking"]
    made = as_booking(answer)
    assert ID.fullmatch(made.id)
    assert TIME.fullmatch(shown["start_time"])
    assert (made.status, made.attendee_count) == ("pending", 3)
    assert (made.start_time, made.end_time) == (start, start + dt.timedelta(minutes=90))
    assert (made.provider_id, made.customer_email) == (service.provider_ids[0], booker.email)
    assert (shown["customer_name"], shown["customer_notes"]) == ("Quinn", "✓ by the window")


@requirement("BKG-01")
def test_booking_is_there_for_its_customer(desk: Desk, booker: Booker) -> None:
    """The customer finds the booking by its id and in the own list, newest first, as it was answered."""
    service = desk.open()
    made = [booker.book(service, on(desk.day, hour)) for hour in (9, 8, 10)]
    assert [booker.booking(one) for one in made] == made
    assert booker.bookings(service) == made[::-1]


@requirement("BKG-01")
def test_provider_of_choice(desk: Desk, booker: Booker) -> None:
    """A named provider is the one who is booked, also when another one would be free."""
    service = desk.open(providers=3)
    for provider_id in reversed(service.provider_ids):  # who would be taken first, last
        assert booker.book(service, on(desk.day, 9), provider_id=provider_id).provider_id == provider_id
    assert error_faults(booker.ask(service, on(desk.day, 9)).expect(*REFUSED)) == []


@requirement("BKG-04")
def test_parties_add_up(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """Three and four of eight leave one place: two more are refused, one more is not, and then the slot is full."""
    service = desk.open(max_capacity=8)
    start = on(desk.day, 9)
    booker.book(service, start, attendee_count=3)
    other_booker.book(service, start, attendee_count=4)
    assert error_faults(booker.ask(service, start, attendee_count=2).expect(*REFUSED)) == []
    assert "09:00" in desk.starts(service)
    booker.book(service, start)
    assert error_faults(other_booker.ask(service, start).expect(*REFUSED)) == []
    assert "09:00" not in desk.starts(service)


@requirement("BKG-04")
def test_party_larger_than_the_slot(desk: Desk, booker: Booker) -> None:
    """Five do not fit where four have room, though the slot is empty; four do."""
    service = desk.open(max_capacity=4)
    assert error_faults(booker.ask(service, on(desk.day, 9), attendee_count=5).expect(*REFUSED)) == []
    assert booker.book(service, on(desk.day, 9), attendee_count=4).attendee_count == 4


@requirement("BKG-04")
def test_fifty_for_the_last_place(desk: Desk, booker: Booker, run: Run) -> None:
    """Fifty requests at once for the last place of a slot: one is booked, the others are refused."""
    service = desk.open(max_capacity=3)
    starts = [on(desk.day, number) for number in range(run.rounds(merge=2, nightly=20))]
    for start in starts:
        booker.book(service, start, attendee_count=2)
        answers = concurrently(50, lambda _, start=start: booker.ask(service, start))  # type: ignore[misc]
        assert sum(answer.is_success for answer in answers) == 1, _statuses(answers)
        for answer in answers:
            answer.expect(200, 201, *REFUSED)
    assert sorted(one.start_time for one in booker.bookings(service) if one.attendee_count == 1) == starts


@requirement("BKG-04")
def test_parties_of_all_sizes_at_once(desk: Desk, booker: Booker, rng: random.Random) -> None:
    """Thirty parties at once for ten places: what is booked fits, and nobody is refused who would still fit in."""
    service = desk.open(max_capacity=10)
    start = on(desk.day, 9)
    sizes = [rng.randint(1, 4) for _ in range(30)]
    answers = concurrently(30, lambda n: booker.ask(service, start, attendee_count=sizes[n]))
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    left = 10 - sum(size for size, answer in zip(sizes, answers, strict=True) if answer.is_success)
    assert left == 10 - sum(booking.attendee_count for booking in booker.bookings(service)) >= 0
    assert [size for size, answer in zip(sizes, answers, strict=True) if not answer.is_success and size <= left] == []


@requirement("BKG-04", "BKG-06")
def test_one_provider_for_two_services_at_once(desk: Desk, booker: Booker) -> None:
    """Requests at once for two services of one provider whose times overlap end in one booking."""
    long, short = desk.service(duration_minutes=120), desk.service(duration_minutes=30)
    desk.provider(long, short)
    at = on(desk.day, 8)
    half = dt.timedelta(minutes=30)
    answers = concurrently(20, lambda n: booker.ask(*((long, at) if n % 2 else (short, at + half * (n % 4 + 1)))))
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    made = booker.bookings(long) + booker.bookings(short)
    assert len({booking.service_id for booking in made}) == 1, _statuses(answers)
    assert sum(answer.is_success for answer in answers) == len(made)
    assert len({booking.start_time for booking in made}) == len(made)


@requirement("BKG-04", "BKG-06")
def test_overlaps_with_buffers_at_once(desk: Desk, booker: Booker) -> None:
    """Fifty requests for slots of two services whose buffers overlap: never two at once, never too many in one."""
    group = desk.service(duration_minutes=60, buffer_after_minutes=30, max_capacity=3)
    single = desk.service(duration_minutes=30, buffer_before_minutes=15)
    desk.provider(group, single)
    wanted = [(group, on(desk.day, 9)), *((single, on(desk.day, 8, 30) + n * _A_SLOT) for n in range(3))]
    answers = concurrently(50, lambda n: booker.ask(*wanted[n % len(wanted)]))
    for answer in answers:
        answer.expect(200, 201, *REFUSED)
    made = booker.bookings(group) + booker.bookings(single)
    assert sum(answer.is_success for answer in answers) == len(made) > 0
    taken = Counter((one.service_id, one.start_time) for one in made)
    assert all(places <= (3 if service_id == group.id else 1) for (service_id, _), places in taken.items()), taken
    group_from, group_until = on(desk.day, 9), on(desk.day, 10, 30)
    before, after = dt.timedelta(minutes=15), dt.timedelta(minutes=30)
    starts = [start for service_id, start in taken if service_id == single.id]
    clashes = [start for start in starts if start - before < group_until and group_from < start + after]
    assert not (clashes and booker.bookings(group)), taken


@requirement("BKG-05")
def test_taken_slot(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """A slot whose only place is taken answers 409, to whomever, and is no longer offered; those beside it are."""
    service = desk.open()
    before = desk.starts(service)
    booker.book(service, on(desk.day, 9))
    for one in (booker, other_booker):
        assert error_faults(one.ask(service, on(desk.day, 9)).expect(409)) == []
    assert desk.starts(service) == [start for start in before if start != "09:00"]
    assert other_booker.bookings(service) == []


@requirement("BKG-05")
def test_cancelled_place_is_free(desk: Desk, booker: Booker, other_booker: Booker) -> None:
    """What is cancelled is offered again, and can be booked again."""
    service = desk.open()
    before = desk.starts(service)
    booker.cancel(booker.book(service, on(desk.day, 9)))
    assert desk.starts(service) == before
    assert other_booker.book(service, on(desk.day, 9)).status == "pending"


@requirement("BKG-09")
def test_numbers_are_distinct(desk: Desk, booker: Booker) -> None:
    """Twenty bookings at the same moment have twenty numbers."""
    service = desk.open(max_capacity=20)
    answers = concurrently(20, lambda _: booker.ask(service, on(desk.day, 9)))
    numbers = [as_booking(answer.expect(200, 201)).booking_number for answer in answers]
    assert all(numbers)
    assert len(set(numbers)) == 20


@requirement("BKG-19")
@pytest.mark.parametrize("wrong", NO_BOOKINGS.values(), ids=NO_BOOKINGS.keys())
def test_no_booking(desk: Desk, booker: Booker, untouched: Service, wrong: dict[str, object]) -> None:
    """What is no booking is refused with 400 and takes no place."""
    assert error_faults(booker.ask(untouched, on(desk.day, 9), **wrong).expect(400)) == []
    assert booker.bookings(untouched) == []


@requirement("BKG-19")
def test_time_between_the_slots(desk: Desk, booker: Booker) -> None:
    """A time at which no slot starts, or nobody works, is not booked."""
    service = desk.open()
    desk.close(service.provider_ids[0], desk.day, [{"start": "09:00", "end": "12:00"}])
    for start in (on(desk.day, 8), on(desk.day, 9, 20), on(desk.day, 11, 30), on(desk.day, 12)):
        assert error_faults(booker.ask(service, start).expect(*REFUSED)) == []
    assert booker.bookings(service) == []


@requirement("BKG-19")
def test_unknown_service(desk: Desk, booker: Booker, untouched: Service) -> None:
    """A service or provider that does not exist cannot be asked for or booked."""
    assert error_faults(booker.ask(untouched, on(desk.day, 9), service_id=NOWHERE).expect(404)) == []
    assert error_faults(booker.ask(untouched, on(desk.day, 9), provider_id=NOWHERE).expect(400, 404)) == []
    assert error_faults(desk.availability(service_id=NOWHERE, date=desk.day.isoformat()).expect(404)) == []


@requirement("BKG-22")
@pytest.mark.parametrize(
    ("currency", "price", "total"), [("usd", "0.10", "0.30"), ("kwd", "1.105", "3.315"), ("jpy", "333", "999")]
)
def test_total_is_exact(desk: Desk, booker: Booker, currency: str, price: str, total: str) -> None:
    """Three attendees cost three times the price, to the last digit of the currency."""
    service = desk.open(max_capacity=3, price=Decimal(price), currency_code=currency)
    assert service.price == Decimal(price)
    answer = booker.ask(service, on(desk.day, 9), attendee_count=3).expect(200, 201)
    assert money_faults(answer["booking"], "total") == []
    made = as_booking(answer)
    assert (made.total, made.currency_code) == (Decimal(total), currency)


@requirement("BKG-22")
@pytest.mark.parametrize(("currency", "price"), [("usd", "0.001"), ("jpy", "0.5"), ("kwd", "0.0001"), ("usd", "-1")])
def test_price_that_is_none(desk: Desk, currency: str, price: str) -> None:
    """A price has at most the digits of its currency and is not negative."""
    wrong = desk.attempt("services", name="W", duration_minutes=60, price=Decimal(price), currency_code=currency)
    assert error_faults(wrong.expect(400)) == []


_A_SLOT = dt.timedelta(minutes=45)
"""From one slot of a half-hour service with fifteen minutes before it to the next."""


def _statuses(answers: list[Answer]) -> dict[int, int]:
    return dict(Counter(answer.status for answer in answers))
