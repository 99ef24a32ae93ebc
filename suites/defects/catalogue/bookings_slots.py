"""Defects of slots: which times are offered, and how many fit into them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reference_impl.modules.bookings.repository import BookingRepository
    from reference_impl.modules.bookings.schemas import Service, SlotList
    from reference_impl.modules.bookings.service import BookingService
    from reference_impl.modules.bookings.slots import Diary, Offer, Slot
    from suites.defects.registry import Patch

_ONE_SLOT = timedelta(seconds=1)
"""Whoever asks for the slots of a shorter time is about to book one."""


def _with_diaries(patch: Patch, change: Any) -> None:
    """Let every diary be seen as `change` makes it."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository.diaries

    async def diaries(self: BookingRepository, *arguments: Any, **options: Any) -> list[Diary]:
        found = await sound(self, *arguments, **options)
        return [change(diary, found) for diary in found]

    patch.setattr(repository.BookingRepository, "diaries", diaries)


@defect("bookings.last_place_sold_twice", breaks="BKG-04")
def last_place_sold_twice(patch: Patch) -> None:
    """The places are counted before the booking is written, and nothing keeps others from doing the same."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository.diaries

    async def diaries(self: BookingRepository, *arguments: Any, lock: bool = False) -> list[Diary]:
        return await sound(self, *arguments, lock=False)

    patch.setattr(repository.BookingRepository, "diaries", diaries)


@defect("bookings.looked_before_the_lock", breaks="BKG-04")
def looked_before_the_lock(patch: Patch) -> None:
    """The provider is locked all right, but what was read before the lock is what counts."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository.diaries

    async def diaries(self: BookingRepository, *arguments: Any, lock: bool = False) -> list[Diary]:
        seen = await sound(self, *arguments, lock=False)
        if lock:
            await sound(self, *arguments, lock=True)
        return seen

    patch.setattr(repository.BookingRepository, "diaries", diaries)


@defect("bookings.each_party_alone", breaks="BKG-04")
def each_party_alone(patch: Patch) -> None:
    """As on the real platform: a slot is full when one party fills it; parties are not added up."""

    def change(diary: Diary, _all: list[Diary]) -> Diary:
        return replace(diary, holds=[replace(hold, attendees=0) for hold in diary.holds])

    _with_diaries(patch, change)


@defect("bookings.party_counts_as_one", breaks="BKG-04")
def party_counts_as_one(patch: Patch) -> None:
    """Bookings are counted in place of their attendees."""

    def change(diary: Diary, _all: list[Diary]) -> Diary:
        return replace(diary, holds=[replace(hold, attendees=1) for hold in diary.holds])

    _with_diaries(patch, change)


@defect("bookings.cancelled_keeps_its_place", breaks="BKG-05")
def cancelled_keeps_its_place(patch: Patch) -> None:
    """Bookings are counted whatever their status."""
    from reference_impl.modules.bookings import repository

    patch.setattr(repository, "LET_GO", ())


@defect("bookings.taken_is_a_bad_request", breaks=("BKG-05", "BKG-14"))
def taken_is_a_bad_request(patch: Patch) -> None:
    """As on the real platform: whatever goes wrong while booking is a 400."""
    from reference_impl.core.errors import InvalidData
    from reference_impl.modules.bookings import service

    patch.setattr(service, "Conflict", InvalidData)


@defect("bookings.buffers_forgotten", breaks="BKG-06")
def buffers_forgotten(patch: Patch) -> None:
    """The buffers of a service are stored, shown and never looked at."""
    from reference_impl.modules.bookings import service

    sound = service._offer

    def offer(of: Any) -> Offer:
        return replace(sound(of), before=timedelta(), after=timedelta())

    patch.setattr(service, "_offer", offer)


@defect("bookings.only_the_same_service", breaks=("BKG-04", "BKG-06"))
def only_the_same_service(patch: Patch) -> None:
    """As on the real platform: bookings of the same service are looked at; that its provider is elsewhere is not."""
    from reference_impl.modules.bookings import slots

    sound = slots._slot

    def slot(offer: Offer, diary: Diary, start: datetime) -> Slot:
        own = [hold for hold in diary.holds if hold.service_id == offer.service_id]
        return sound(offer, replace(diary, holds=own), start)

    patch.setattr(slots, "_slot", slot)


@defect("bookings.day_off_hides_all", breaks="BKG-07")
def day_off_hides_all(patch: Patch) -> None:
    """As on the real platform: the exceptions of a day are asked for without asking whose they are."""

    def change(diary: Diary, found: list[Diary]) -> Diary:
        days = {day: hours for one in found for day, hours in one.exceptions.items()}
        return replace(diary, exceptions=days)

    _with_diaries(patch, change)


@defect("bookings.day_off_ignored", breaks=("BKG-07", "BKG-19"))
def day_off_ignored(patch: Patch) -> None:
    """Exceptions are kept, and nobody reads them."""

    def change(diary: Diary, _all: list[Diary]) -> Diary:
        return replace(diary, exceptions={})

    _with_diaries(patch, change)


@defect("bookings.other_hours_are_a_day_off", breaks="BKG-07")
def other_hours_are_a_day_off(patch: Patch) -> None:
    """Every exception is a day off, also one that names other hours."""

    def change(diary: Diary, _all: list[Diary]) -> Diary:
        return replace(diary, exceptions=dict.fromkeys(diary.exceptions, ()))

    _with_diaries(patch, change)


@defect("bookings.hours_in_utc", breaks="BKG-21")
def hours_in_utc(patch: Patch) -> None:
    """The clock of the server tells the hours; the time zone is for showing."""

    def change(diary: Diary, _all: list[Diary]) -> Diary:
        return replace(diary, timezone="UTC")

    _with_diaries(patch, change)


@defect("bookings.date_rolls_over", breaks="BKG-03")
def date_rolls_over(patch: Patch) -> None:
    """A date is read as JavaScript reads it: the 30th of February is the 2nd of March."""
    from datetime import date as real

    from reference_impl.core import times

    class Date(real):
        @classmethod
        def fromisoformat(cls, text: str) -> Date:
            year, month, day = map(int, text.split("-"))
            first = real(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)
            rolled = first + timedelta(days=day - 1)
            return cls(rolled.year, rolled.month, rolled.day)

    patch.setattr(times, "date", Date)


@defect("bookings.any_day_is_computed", breaks="BKG-03")
def any_day_is_computed(patch: Patch) -> None:
    """Whether a day can be booked at all is asked last; the calendar's first and last day have no neighbour."""
    from reference_impl.modules.bookings import service

    sound = service.BookingService.availability

    async def availability(
        self: BookingService, tenant_id: str, service_id: str, day: date, provider_id: str | None
    ) -> SlotList:
        since = datetime(day.year, day.month, day.day, tzinfo=UTC)
        window = since - timedelta(days=1), since + timedelta(days=1)
        await self._bookings.diaries(tenant_id, service_id, provider_id, *window)
        return await sound(self, tenant_id, service_id, day, provider_id)

    patch.setattr(service.BookingService, "availability", availability)


@defect("bookings.two_days_ahead", breaks="BKG-08")
def two_days_ahead(patch: Patch) -> None:
    """A day ahead is understood as: not today, and not tomorrow."""
    from reference_impl.modules.bookings import service

    patch.setattr(service, "AHEAD_AT_LEAST", timedelta(days=2))


@defect("bookings.too_late", breaks=("BKG-08", "BKG-15"))
def too_late(patch: Patch) -> None:
    """Nobody looks how far ahead a booking is."""
    from reference_impl.modules.bookings import service

    patch.setattr(service, "AHEAD_AT_MOST", timedelta(days=3660))


@defect("bookings.slots_of_thirty_minutes", breaks="BKG-02")
def slots_of_thirty_minutes(patch: Patch) -> None:
    """Slots are as long as the calendar's grid, not as the service."""
    from reference_impl.modules.bookings import service
    from reference_impl.modules.bookings.slots import slots as sound

    def grid(*given: Any) -> Iterator[Slot]:
        return (replace(slot, end=slot.start + timedelta(minutes=30)) for slot in sound(*given))

    patch.setattr(service, "slots", grid)


@defect("bookings.slots_of_two_days", breaks="BKG-02")
def slots_of_two_days(patch: Patch) -> None:
    """The day asked for is taken for the first of a range."""
    from reference_impl.modules.bookings import service

    patch.setattr(service, "DAY", timedelta(days=2))


@defect("bookings.any_time_will_do", breaks=("BKG-15", "BKG-19", "BKG-21"))
def any_time_will_do(patch: Patch) -> None:
    """As on the real platform: when a booking is made nobody asks whether its provider works then."""
    from reference_impl.modules.bookings import service, slots

    sound = slots.slots

    def anywhere(offer: Offer, diary: Diary, since: datetime, until: datetime) -> Iterator[Slot]:
        if until - since <= _ONE_SLOT:
            return iter([slots._slot(offer, diary, since)])
        return sound(offer, diary, since, until)

    patch.setattr(service, "slots", anywhere)


@defect("bookings.everybody_offers_everything", breaks="BKG-23")
def everybody_offers_everything(patch: Patch) -> None:
    """As on the real platform: every provider of the tenant is listed, and booked, for every service."""
    from reference_impl.modules.bookings import repository
    from reference_impl.modules.bookings.models import booking_provider, booking_service

    patch.setattr(
        repository,
        "_OFFERED_BY",
        booking_service.join(booking_provider, booking_provider.c.tenant_id == booking_service.c.tenant_id),
    )


@defect("bookings.one_too_many", breaks="BKG-04")
def one_too_many(patch: Patch) -> None:
    """A comparison has an equals sign too many: where four have room, five are let in."""
    from reference_impl.modules.bookings import service

    sound = service.BookingService.service

    async def find(self: BookingService, tenant_id: str, service_id: str) -> Service:
        found = await sound(self, tenant_id, service_id)
        return replace(found, max_capacity=found.max_capacity + 1)

    patch.setattr(service.BookingService, "service", find)


@defect("bookings.any_party_fills_the_slot", breaks="BKG-04")
def any_party_fills_the_slot(patch: Patch) -> None:
    """A booking takes its whole slot, however large the group may be."""

    def change(diary: Diary, _all: list[Diary]) -> Diary:
        return replace(diary, holds=[replace(hold, attendees=10_000) for hold in diary.holds])

    _with_diaries(patch, change)


@defect("bookings.whoever_is_free", breaks="BKG-01")
def whoever_is_free(patch: Patch) -> None:
    """The first provider who is free is booked, whoever was asked for."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository.diaries

    async def diaries(
        self: BookingRepository, tenant_id: str, service_id: str, provider_id: str | None, *window: Any, **options: Any
    ) -> list[Diary]:
        return await sound(self, tenant_id, service_id, None, *window, **options)

    patch.setattr(repository.BookingRepository, "diaries", diaries)


@defect("bookings.full_slots_offered", breaks=("BKG-05", "BKG-14"))
def full_slots_offered(patch: Patch) -> None:
    """The availability shows the working hours; whether there is room shows when one books."""
    from reference_impl.modules.bookings import service
    from reference_impl.modules.bookings.slots import slots as sound

    def offered(offer: Offer, diary: Diary, since: datetime, until: datetime) -> Iterator[Slot]:
        free = replace(diary, holds=()) if until - since > _ONE_SLOT else diary
        return sound(offer, free, since, until)

    patch.setattr(service, "slots", offered)


@defect("bookings.weekday_of_the_server", breaks="BKG-21")
def weekday_of_the_server(patch: Patch) -> None:
    """Hours are local, but only those of the day with the same date are looked at: nothing crosses midnight."""
    from reference_impl.modules.bookings import slots

    sound = slots._work

    def work(diary: Diary, since: datetime, _until: datetime) -> Iterator[tuple[datetime, datetime]]:
        return sound(diary, since, since)

    patch.setattr(slots, "_work", work)


@defect("bookings.day_has_a_default", breaks="BKG-03")
def day_has_a_default(patch: Patch) -> None:
    """Who names no day means the day after tomorrow."""
    from reference_impl.core.edge import Edge

    sound = Edge.__call__

    async def call(self: Edge, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/store/bookings/availability" and b"date=" not in scope["query_string"]:
            day = datetime.now(UTC) + timedelta(days=2)
            scope["query_string"] += f"&date={day:%Y-%m-%d}".encode()
        await sound(self, scope, receive, send)

    patch.setattr(Edge, "__call__", call)


@defect("bookings.too_soon", breaks=("BKG-08", "BKG-15"))
def too_soon(patch: Patch) -> None:
    """Nobody looks how soon a booking is; yesterday will do."""
    from reference_impl.modules.bookings import service

    patch.setattr(service, "AHEAD_AT_LEAST", timedelta(days=-4000))
