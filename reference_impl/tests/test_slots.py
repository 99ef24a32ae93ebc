"""Slots and places as pure functions: time zones, buffers, sums; and what a day or a time is on the wire."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from reference_impl.core.times import Day, Instant
from reference_impl.modules.bookings.schemas import NewProvider, WeeklySchedule
from reference_impl.modules.bookings.service import late_fee
from reference_impl.modules.bookings.slots import DAY, WEEKDAYS, Diary, Hold, Offer, slots

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday


def offer(duration: int = 60, before: int = 0, after: int = 0, capacity: int = 1, service_id: str = "s") -> Offer:
    minute = timedelta(minutes=1)
    return Offer(service_id, duration * minute, before * minute, after * minute, capacity)


def diary(*holds: Hold, hours: str = "09:00-12:00", zone: str = "UTC", **exceptions: str) -> Diary:
    """Every day has the same hours; an exception is a day as `on_2026_03_02="10:00-11:00"`."""
    other = {
        date.fromisoformat(day[3:].replace("_", "-")): periods(text) if text else () for day, text in exceptions.items()
    }
    return Diary("p", zone, dict.fromkeys(WEEKDAYS, periods(hours)), other, holds)


def periods(text: str) -> tuple[dict[str, str], ...]:
    return tuple(dict(zip(("start", "end"), part.split("-"), strict=True)) for part in text.split(","))


def starts(of: Offer, book: Diary, day: datetime = MIDNIGHT, places: int = 1) -> list[str]:
    return [f"{slot.start:%d %H:%M}" for slot in slots(of, book, day, day + DAY) if slot.places >= places]


def hold(at: int, of: Offer, attendees: int = 1) -> Hold:
    """A booking of the service so many minutes after midnight."""
    start = MIDNIGHT + timedelta(minutes=at)
    return Hold(of.service_id, start, start - of.before, start + of.duration + of.after, attendees)


def test_slots_fill_the_period_with_their_buffers() -> None:
    """The first slot leaves room for its buffer, each next one for both, and the last ends with its buffer inside."""
    assert starts(offer(40, 10, 10), diary()) == ["02 09:10", "02 10:10", "02 11:10"]
    assert starts(offer(41, 10, 10), diary()) == ["02 09:10", "02 10:11"]


def test_a_period_may_last_to_the_end_of_the_day() -> None:
    """24:00 is the midnight at the end, and the next day's hours are slots of their own."""
    assert starts(offer(), diary(hours="00:00-01:30,22:30-24:00")) == ["02 00:00", "02 22:30"]


@pytest.mark.parametrize(
    ("zone", "hours", "expected"),
    [
        ("Asia/Riyadh", "00:00-02:00", ["02 21:00", "02 22:00"]),
        ("Asia/Riyadh", "22:00-24:00", ["02 19:00", "02 20:00"]),
        ("America/Los_Angeles", "16:00-18:00", ["02 00:00", "02 01:00"]),
        ("Pacific/Kiritimati", "13:00-15:00", ["02 23:00", "02 00:00"]),
        ("Asia/Kathmandu", "05:00-07:00", ["02 00:15", "02 23:15"]),
    ],
)
def test_a_day_in_utc_cuts_through_days_elsewhere(zone: str, hours: str, expected: list[str]) -> None:
    """Each slot belongs to the one UTC day in which it starts, whatever day it is at the provider's place."""
    assert sorted(starts(offer(), diary(hours=hours, zone=zone))) == sorted(expected)


@pytest.mark.parametrize(("day", "count"), [("2026-03-28", 4), ("2026-03-29", 3), ("2026-10-25", 5)])
def test_a_day_that_changes_the_clocks_has_its_own_length(day: str, count: int) -> None:
    """From one to five in Berlin are three hours when the clock jumps ahead and five when it jumps back."""
    begin = datetime.fromisoformat(f"{day}T00:00:00Z") - timedelta(hours=3)
    assert len(list(slots(offer(), diary(hours="01:00-05:00", zone="Europe/Berlin"), begin, begin + DAY))) == count


def test_an_exception_is_a_day_at_the_provider_s_place() -> None:
    """A day off in Riyadh takes the slots of that day there, which start in two days of UTC."""
    assert starts(offer(), diary(hours="00:00-02:00,09:00-10:00", zone="Asia/Riyadh", on_2026_03_03="")) == ["02 06:00"]
    assert starts(offer(), diary(on_2026_03_02="14:00-15:00")) == ["02 14:00"]


def test_a_slot_shares_its_places() -> None:
    """Attendees of one slot add up; the slots beside it keep all of theirs."""
    group = offer(capacity=5)
    book = diary(hold(540, group, 2), hold(540, group, 2))
    assert starts(group, book, places=1) == ["02 09:00", "02 10:00", "02 11:00"]
    assert starts(group, book, places=2) == ["02 10:00", "02 11:00"]


def test_another_service_takes_the_whole_time() -> None:
    """Who is busy with another service has no place, however large the group; buffers may touch and not overlap."""
    group, other = offer(capacity=5), offer(30, 0, 30, service_id="other")
    assert starts(group, diary(hold(600, other))) == ["02 09:00", "02 11:00"]
    assert starts(group, diary(hold(601, other))) == ["02 09:00"]
    assert starts(group, diary(hold(539, other))) == ["02 10:00", "02 11:00"]


minutes = st.integers(0, 60)
offers = st.builds(offer, st.integers(5, 120), minutes, minutes, st.integers(1, 3), st.sampled_from("abc"))


@settings(deadline=None)
@given(st.lists(offers, min_size=1, max_size=3, unique_by=lambda one: one.service_id), st.randoms())
def test_whatever_is_booked_from_what_is_offered_fits(services: list[Offer], chance: Any) -> None:
    """Taking offered places in any order never overfills a slot and never lets two busy times overlap."""
    taken: list[Hold] = []
    for _ in range(30):
        of = chance.choice(services)
        book = diary(*taken, hours="08:00-12:00,13:00-18:00", zone="Asia/Riyadh")
        free = [slot for slot in slots(of, book, MIDNIGHT, MIDNIGHT + DAY) if slot.places]
        if free:
            slot = chance.choice(free)
            taken.append(Hold(of.service_id, slot.start, slot.busy_from, slot.busy_until, slot.places))
    for one, two in combinations(taken, 2):
        assert one.busy_until <= two.busy_from or two.busy_until <= one.busy_from


@pytest.mark.parametrize(
    ("left", "total", "currency", "fee"),
    [
        (timedelta(hours=24), "10.00", "usd", "0"),
        (timedelta(hours=24) - timedelta(microseconds=1), "10.01", "usd", "5.01"),
        (timedelta(hours=1), "0.01", "usd", "0.01"),
        (timedelta(hours=1), "333", "jpy", "167"),
        (timedelta(hours=1), "7.501", "kwd", "3.751"),
        (timedelta(hours=-1), "8", "usd", "4.00"),
        (timedelta(hours=1), "0", "usd", "0.00"),
    ],
)
def test_half_the_total_at_the_currency_s_digits(left: timedelta, total: str, currency: str, fee: str) -> None:
    """Less than 24 hours ahead costs half, a half of the last digit upwards; 24 hours ahead costs nothing."""
    booked: Any = SimpleNamespace(start_time=MIDNIGHT + left, total=Decimal(total), currency_code=currency)
    assert str(late_fee(booked, MIDNIGHT)) == fee


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "2026-00-10", "2026-3-1", "20260301", "2026-W09-7", "٢٠٢٦-03-01", "", "today"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    """Only YYYY-MM-DD is a day, and only if the calendar has it."""
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(text)


@pytest.mark.parametrize(
    "text",
    ["2026-03-01T12:00:00", "2026-03-01", "2026-02-30T12:00:00Z", "2026-03-01T25:00:00Z", "0001-01-01T00:00:00+01:00"],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    """A moment needs a day that exists, a time and a zone, and must have a time in UTC."""
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(text)


def test_a_moment_becomes_utc() -> None:
    """Noon in Riyadh is nine in UTC, and milliseconds as JavaScript writes them are fine."""
    moment = TypeAdapter(Instant).validate_python("2026-03-01T12:00:00.000+03:00")
    assert (moment, moment.tzinfo) == (datetime(2026, 3, 1, 9, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    "monday",
    [
        [{"start": "09:00", "end": "09:00"}],
        [{"start": "22:00", "end": "02:00"}],
        [{"start": "24:00", "end": "24:00"}],
        [{"start": "9:00", "end": "10:00"}],
        [{"start": "09:00", "end": "11:00"}, {"start": "10:00", "end": "12:00"}],
    ],
)
def test_hours_that_are_none_are_refused(monday: list[dict[str, str]]) -> None:
    """A period ends after it starts, on the same day, and periods do not overlap."""
    with pytest.raises(ValidationError):
        WeeklySchedule.model_validate({"monday": monday})


@pytest.mark.parametrize("zone", ["Riyadh", "asia/riyadh", "../../etc/passwd", "Asia", "", "+03:00"])
def test_a_time_zone_is_one_of_the_iana_database(zone: str) -> None:
    """A name that is no time zone is refused before anybody computes with it."""
    with pytest.raises(ValidationError):
        NewProvider.model_validate({"name": "P", "timezone": zone})
