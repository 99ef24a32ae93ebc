"""Which slots are offered: by the day, by the clock of the provider, around what is booked, ahead of time."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fixtures.booking import AROUND_THE_CLOCK, WEEKDAYS, daily, now, on
from fixtures.checks import requirement
from suites.conformance.shapes import REFUSED, TIME, error_faults, money_faults

if TYPE_CHECKING:
    from fixtures.booking import Booker, Desk, Service

HOUR = dt.timedelta(hours=1)
SKEW = dt.timedelta(minutes=2)  # how far the target's clock may be off
NO_DAYS = {
    "30 February": "2026-02-30",
    "29 February of no leap year": "2027-02-29",
    "31 April": "2027-04-31",
    "month 13": "2027-13-01",
    "day 0": "2027-01-00",
    "day first": "01-02-2027",
    "slashes": "2027/01/02",
    "a word": "tomorrow",
    "a number": "1",
    "empty": "",
}


@requirement("BKG-02")
def test_day_lists_its_slots(desk: Desk) -> None:
    """The answer names the day and the service, and each slot with its times in UTC, its length and its provider."""
    service = desk.open(duration_minutes=45, price=Decimal("7.5"))
    answer = desk.availability(service_id=service.id, date=desk.day.isoformat()).expect(200)
    shown, rows = answer["service"], answer["available_slots"]
    assert (answer["service_id"], answer["date"]) == (service.id, desk.day.isoformat())
    assert (shown["id"], shown["name"], shown["duration_minutes"]) == (service.id, service.name, 45)
    assert money_faults(shown, "price") == []
    assert answer["count"] == len(rows) == 32
    for row in rows:
        assert TIME.fullmatch(row["start_time"])
        assert TIME.fullmatch(row["end_time"])
        assert (row["duration_minutes"], row["provider_id"]) == (45, service.provider_ids[0])


@requirement("BKG-02")
def test_slots_belong_to_the_day_asked_for(desk: Desk) -> None:
    """Each slot starts on the date that was asked for, in UTC, and ends when its duration is over."""
    service = desk.open(duration_minutes=50)
    for ahead in range(3):
        day = desk.day + dt.timedelta(days=ahead)
        slots = desk.slots(service, day)
        assert {slot.start_time.astimezone(dt.UTC).date() for slot in slots} == {day}
        assert {slot.end_time - slot.start_time for slot in slots} == {dt.timedelta(minutes=50)}


@requirement("BKG-02", "BKG-23")
def test_storefront_is_enough(desk: Desk, untouched: Service) -> None:
    """What the storefront lists leads to a free slot: a service, its providers, and a time with one of them."""
    assert untouched.id
    service, slot = desk.listed_slot()
    assert slot.end_time - slot.start_time == dt.timedelta(minutes=service.duration_minutes)
    assert slot.provider_id in _providers(desk, service)


@requirement("BKG-03")
@pytest.mark.parametrize("day", NO_DAYS.values(), ids=NO_DAYS.keys())
def test_day_that_is_none(desk: Desk, untouched: Service, day: str) -> None:
    """A date that no calendar has is refused, and not turned into another."""
    assert error_faults(desk.availability(service_id=untouched.id, date=day).expect(400)) == []


@requirement("BKG-03")
def test_no_day(desk: Desk, untouched: Service) -> None:
    """Without a date there is nothing to answer, and without a service neither."""
    assert error_faults(desk.availability(service_id=untouched.id).expect(400)) == []
    assert error_faults(desk.availability(date=desk.day.isoformat()).expect(400)) == []


@requirement("BKG-03")
@pytest.mark.parametrize("day", ["0001-01-01", "2020-02-29", "9999-12-31"])
def test_day_far_away(desk: Desk, untouched: Service, day: str) -> None:
    """A day of the calendar on which nothing can be booked has no slots, and is no error."""
    assert desk.slots(untouched, dt.date.fromisoformat(day)) == []


@requirement("BKG-06")
@pytest.mark.parametrize(("before", "after"), [(0, 30), (30, 0), (15, 15)])
def test_buffers_between_slots(desk: Desk, before: int, after: int) -> None:
    """From the end of one slot to the start of the next there is time for both buffers."""
    service = desk.open(duration_minutes=60, buffer_before_minutes=before, buffer_after_minutes=after)
    slots = desk.slots(service)
    assert len(slots) >= 2
    for earlier, later in pairwise(slots):
        assert later.start_time - earlier.end_time >= dt.timedelta(minutes=30)


@requirement("BKG-06")
def test_buffers_keep_another_service_away(desk: Desk, booker: Booker) -> None:
    """A booking from 10 to 11 with half an hour around it leaves its provider nothing between 9:30 and 11:30."""
    careful = desk.service(name="Careful", buffer_before_minutes=30, buffer_after_minutes=30)
    quick = desk.service(name="Quick", duration_minutes=15)
    hours = daily("09:30", "12:00")
    desk.provider(careful, quick, hours=hours)
    assert desk.starts(careful) == ["10:00"]
    assert len(desk.starts(quick)) == 10
    booker.book(careful, on(desk.day, 10))
    assert desk.starts(quick) == ["11:30", "11:45"]
    for start in (on(desk.day, 9, 30), on(desk.day, 10, 15), on(desk.day, 11, 15)):
        assert error_faults(booker.ask(quick, start).expect(*REFUSED)) == []
    booker.book(quick, on(desk.day, 11, 30))


@requirement("BKG-06")
def test_buffers_look_both_ways(desk: Desk, booker: Booker) -> None:
    """A booking keeps the buffers of what comes later as well: 11:15 is too near to a service that needs till noon."""
    careful = desk.service(name="Careful", buffer_before_minutes=30, buffer_after_minutes=30)
    quick = desk.service(name="Quick", duration_minutes=15)
    desk.provider(careful, quick, hours=daily("09:30", "11:30"))
    booker.book(quick, on(desk.day, 11, 15))
    assert desk.starts(careful) == []
    assert error_faults(booker.ask(careful, on(desk.day, 10)).expect(*REFUSED)) == []


@requirement("BKG-07")
def test_day_off_hides_one_provider(desk: Desk) -> None:
    """On a provider's day off the other one is offered as always, and on the next day both are."""
    service = desk.open(providers=2)
    away, present = service.provider_ids
    desk.close(away, desk.day)
    assert {slot.provider_id for slot in desk.slots(service)} == {present}
    assert len(desk.slots(service)) == 24
    assert desk.slots(service, provider_id=away) == []
    assert len(desk.slots(service, desk.day + dt.timedelta(days=1))) == 48
    assert len(desk.slots(service, desk.day - dt.timedelta(days=1))) == 48


@requirement("BKG-07")
def test_day_off_is_not_booked(desk: Desk, booker: Booker) -> None:
    """Who is away is not booked, whoever asks; who is there is."""
    service = desk.open(providers=2)
    away, present = service.provider_ids
    desk.close(away, desk.day)
    start = on(desk.day, 9)
    assert error_faults(booker.ask(service, start, provider_id=away).expect(*REFUSED)) == []
    assert booker.book(service, start).provider_id == present


@requirement("BKG-07")
def test_other_hours_on_one_day(desk: Desk) -> None:
    """An exception with hours replaces the week's hours on its day, and on no other."""
    service = desk.open()
    desk.close(service.provider_ids[0], desk.day, [{"start": "14:00", "end": "16:00"}])
    assert desk.starts(service) == ["14:00", "15:00"]
    assert len(desk.slots(service, desk.day + dt.timedelta(days=1))) == 24


@requirement("BKG-08")
def test_first_slot_is_a_day_ahead(desk: Desk, untouched: Service) -> None:
    """The first slot that is offered starts at least 24 hours from now, and no slot is left out for being too soon."""
    before = now()
    days = [(before + dt.timedelta(days=ahead)).date() for ahead in (0, 1, 2)]
    starts = [slot.start_time for day in days for slot in desk.slots(untouched, day)]
    assert starts, "nothing is offered on the first three days"
    assert before + dt.timedelta(days=1) - SKEW <= starts[0] <= now() + dt.timedelta(days=1) + HOUR + SKEW


@requirement("BKG-08")
def test_last_slot_is_sixty_days_ahead(desk: Desk, untouched: Service) -> None:
    """The last slot that is offered starts at most 60 days from now, and no slot is left out for being too late."""
    before = now()
    days = [(before + dt.timedelta(days=ahead)).date() for ahead in (59, 60, 61)]
    starts = [slot.start_time for day in days for slot in desk.slots(untouched, day)]
    assert starts, "nothing is offered around the sixtieth day"
    assert before + dt.timedelta(days=60) - HOUR - SKEW <= starts[-1] <= now() + dt.timedelta(days=60) + SKEW


@requirement("BKG-08")
@pytest.mark.parametrize("ahead", [23, 1, -1, -24, 60 * 24 + 2, 61 * 24, 366 * 24])
def test_too_soon_and_too_late(booker: Booker, untouched: Service, ahead: int) -> None:
    """A slot of a provider who works around the clock is refused when it starts too soon, too late or in the past."""
    start = now().replace(minute=0, second=0, microsecond=0) + ahead * HOUR
    assert error_faults(booker.ask(untouched, start).expect(*REFUSED)) == []
    assert booker.bookings(untouched) == []


@requirement("BKG-21")
def test_hours_are_the_provider_s(desk: Desk, booker: Booker) -> None:
    """Nine to eleven in Riyadh is six to eight in UTC, offered and booked as such."""
    service = desk.service()
    desk.provider(service, timezone="Asia/Riyadh", hours=daily("09:00", "11:00"))
    assert desk.starts(service) == ["06:00", "07:00"]
    made = booker.book(service, on(desk.day, 7))
    assert (made.start_time, made.end_time) == (on(desk.day, 7), on(desk.day, 8))
    assert error_faults(booker.ask(service, on(desk.day, 9)).expect(*REFUSED)) == []


@requirement("BKG-21")
def test_weekday_is_the_provider_s(desk: Desk, booker: Booker) -> None:
    """Who works in Riyadh on one day of the week begins at 21:00 UTC on the day before, and ends at 21:00."""
    service = desk.service()
    weekday = WEEKDAYS[desk.day.weekday()]
    desk.provider(service, timezone="Asia/Riyadh", hours={weekday: AROUND_THE_CLOCK})
    eve = desk.day - dt.timedelta(days=1)
    assert desk.starts(service, eve) == ["21:00", "22:00", "23:00"]
    assert desk.starts(service) == [f"{hour:02}:00" for hour in range(21)]
    assert desk.slots(service, desk.day + dt.timedelta(days=1)) == []
    assert booker.book(service, on(eve, 21)).start_time == on(eve, 21)
    assert error_faults(booker.ask(service, on(desk.day, 21)).expect(*REFUSED)) == []


@requirement("BKG-21", "BKG-07")
def test_day_off_is_the_provider_s(desk: Desk) -> None:
    """A day off in Riyadh lasts from 21:00 UTC to 21:00 UTC."""
    service = desk.service()
    desk.close(desk.provider(service, timezone="Asia/Riyadh"), desk.day)
    assert desk.starts(service) == ["21:00", "22:00", "23:00"]
    assert desk.starts(service, desk.day - dt.timedelta(days=1)) == [f"{hour:02}:00" for hour in range(21)]


@requirement("BKG-23")
def test_providers_of_a_service(desk: Desk) -> None:
    """A service lists those who offer it; somebody else is neither listed nor found free for it."""
    one, other = desk.open(providers=2), desk.open()
    assert _providers(desk, one) == set(one.provider_ids)
    assert _providers(desk, other) == set(other.provider_ids)
    answer = desk.availability(service_id=one.id, date=desk.day.isoformat(), provider_id=other.provider_ids[0])
    if answer.expect(200, 400, 404).status == 200:
        assert answer["available_slots"] == []


@requirement("BKG-23")
def test_provider_of_another_service(desk: Desk, booker: Booker) -> None:
    """A service is not booked with somebody who does not offer it."""
    one, other = desk.open(), desk.open()
    answer = booker.ask(one, on(desk.day, 9), provider_id=other.provider_ids[0])
    assert error_faults(answer.expect(400, 404, 409, 422)) == []
    assert booker.bookings(one) == []


def _providers(desk: Desk, service: Service) -> set[str]:
    rows = desk.shop.get(f"/store/bookings/services/{service.id}/providers").expect(200)["providers"]
    return {row["id"] for row in rows}
