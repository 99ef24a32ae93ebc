"""Which slots there are and how many places each has left: pure functions of working hours and bookings.

A provider's hours are read from the clock at the provider's place (`timezone`, an IANA name); every instant that comes
out is UTC. A slot lies with its buffers inside one period of work. The first begins as soon as the period and the
buffer before it allow, the next ones follow without a gap, so that the same times are offered to everybody, whatever
is booked. What is offered here is also what may be booked: there is no second opinion.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Periods = Sequence[Mapping[str, str]]  # [{"start": "09:00", "end": "24:00"}], by the clock on the wall

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offer:
    """What of a service decides its slots."""

    service_id: str
    duration: timedelta
    before: timedelta
    after: timedelta
    capacity: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A booking that holds places: `busy` is the time with the buffers around it."""

    service_id: str
    start: datetime
    busy_from: datetime
    busy_until: datetime
    attendees: int


@dataclass(frozen=True, slots=True)
class Diary:
    """A provider's hours and bookings. `exceptions` replace the week's hours on their day; none at all: a day off."""

    provider_id: str
    timezone: str
    weekly_schedule: Mapping[str, Periods]
    exceptions: Mapping[date, Periods]
    holds: Sequence[Hold]

    def hours(self, day: date) -> Periods:
        """The periods of work on a day at the provider's place."""
        usual = self.weekly_schedule.get(WEEKDAYS[day.weekday()], ())
        return self.exceptions.get(day, usual)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that can be booked with a provider while `places` are left."""

    provider_id: str
    start: datetime
    end: datetime
    busy_from: datetime
    busy_until: datetime
    places: int


def slots(offer: Offer, diary: Diary, since: datetime, until: datetime) -> Iterator[Slot]:
    """The slots that start from `since` on and before `until`, in their order, full ones included."""
    for opens, closes in _work(diary, since, until):
        start = opens + offer.before
        while start + offer.duration + offer.after <= closes:
            if since <= start < until:
                yield _slot(offer, diary, start)
            start += offer.before + offer.duration + offer.after


def _work(diary: Diary, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The periods of work, in UTC, of each day at the provider's place that touches the time asked for."""
    zone = ZoneInfo(diary.timezone)
    day, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    while day <= last:
        for period in diary.hours(day):
            yield _at(day, period["start"], zone), _at(day, period["end"], zone)
        day += DAY


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """When the clock on that wall shows this; 24:00 is the midnight at the end of the day."""
    hours, minutes = clock.split(":")
    shown = datetime.combine(day, time(), zone) + timedelta(hours=int(hours), minutes=int(minutes))
    return shown.astimezone(UTC)


def _slot(offer: Offer, diary: Diary, start: datetime) -> Slot:
    end = start + offer.duration
    busy_from, busy_until = start - offer.before, end + offer.after
    places = offer.capacity
    for hold in diary.holds:
        if (hold.service_id, hold.start) == (offer.service_id, start):
            places -= hold.attendees
        elif hold.busy_from < busy_until and busy_from < hold.busy_until:
            places = 0
            break
    return Slot(diary.provider_id, start, end, busy_from, busy_until, max(0, places))
