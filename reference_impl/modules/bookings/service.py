"""What may happen with bookings: places are taken once, in time, and given back for free a day ahead."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from reference_impl.core.errors import Conflict, InvalidData, NotFound
from reference_impl.core.ids import new_id
from reference_impl.core.money import CURRENCIES, decimals, rounded
from reference_impl.core.numbers import next_number
from reference_impl.core.outbox import publish
from reference_impl.core.routing import work_of
from reference_impl.modules.bookings.models import BOOKINGS, NUMBERS, booking
from reference_impl.modules.bookings.repository import BookingRepository
from reference_impl.modules.bookings.schemas import AvailableSlot, ServiceSummary, SlotList
from reference_impl.modules.bookings.slots import DAY, Offer, slots
from reference_impl.modules.customers.service import CustomerService
from reference_impl.modules.tenants.service import TenantService

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from reference_impl.core.database import Work
    from reference_impl.modules.bookings.schemas import (
        Availability,
        AvailabilityException,
        Booking,
        BookingChange,
        BookingForCustomer,
        NewAvailability,
        NewBooking,
        NewException,
        NewProvider,
        NewService,
        Provider,
        Rescheduling,
        Service,
    )
    from reference_impl.modules.bookings.slots import Slot

AHEAD_AT_LEAST = timedelta(hours=24)
AHEAD_AT_MOST = timedelta(days=60)
FREE_UNTIL = timedelta(hours=24)
LATE_FEE = Decimal("0.5")
NO_SHOW_AFTER = timedelta(minutes=30)
_INSTANT = timedelta(microseconds=1)
_STAMPS = {
    "confirmed": "confirmed_at",
    "checked_in": "checked_in_at",
    "completed": "completed_at",
    "cancelled": "cancelled_at",
}


def late_fee(booked: Booking, now: datetime) -> Decimal:
    """What cancelling costs now: half the total when less than 24 hours are left, at the currency's digits."""
    if booked.start_time - now >= FREE_UNTIL:
        return Decimal(0)
    return rounded(booked.total * LATE_FEE, booked.currency_code)


class BookingService:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._bookings = BookingRepository(work)

    async def service(self, tenant_id: str, service_id: str) -> Service:
        found = await self._bookings.service(tenant_id, service_id)
        if found is None:
            raise NotFound(f"Service with id: {service_id} was not found")
        return found

    async def services(self, tenant_id: str, *, limit: int, offset: int) -> tuple[list[Service], int]:
        return await self._bookings.services(tenant_id, limit=limit, offset=offset)

    async def add_service(self, tenant_id: str, body: NewService) -> Service:
        """A new service; raises InvalidData for a currency that is none or a price with more digits than it has."""
        currency = body.currency_code or (await TenantService(self._work).get(tenant_id)).currency_code
        if currency not in CURRENCIES:
            raise InvalidData(f"currency_code: {currency} is not an ISO 4217 code that the platform knows")
        if decimals(body.price) > CURRENCIES[currency]:
            raise InvalidData(f"price: {currency} has {CURRENCIES[currency]} digits behind the point")
        values = {**body.model_dump(), "currency_code": currency}
        return await self._bookings.add_service({**values, **self._made(tenant_id, "bksv")})

    async def providers(
        self, tenant_id: str, service_id: str, *, limit: int, offset: int
    ) -> tuple[list[Provider], int]:
        """Who offers a service; raises NotFound for a service that the tenant does not have."""
        await self.service(tenant_id, service_id)
        return await self._bookings.providers(tenant_id, service_id, limit=limit, offset=offset)

    async def add_provider(self, tenant_id: str, body: NewProvider) -> Provider:
        """A new provider; raises NotFound when a service is not the tenant's."""
        asked = list(dict.fromkeys(body.service_ids))
        unknown = set(asked) - await self._bookings.own_services(tenant_id, asked)
        if unknown:
            raise NotFound(f"Service with id: {min(unknown)} was not found")
        values = body.model_dump(exclude={"service_ids"})
        return await self._bookings.add_provider({**values, **self._made(tenant_id, "bkpr")}, asked)

    async def set_availability(self, tenant_id: str, body: NewAvailability) -> Availability:
        """Replace a provider's week; what is booked stays booked. Raises NotFound."""
        week = body.weekly_schedule.model_dump()
        changed = await self._bookings.set_schedule(tenant_id, body.provider_id, week)
        if changed is None:
            raise NotFound(f"Provider with id: {body.provider_id} was not found")
        return changed

    async def set_exception(self, tenant_id: str, body: NewException) -> AvailabilityException:
        """Other hours, or none, on one day of one provider; what is booked stays booked. Raises NotFound."""
        if not await self._bookings.lock_provider(tenant_id, body.provider_id):
            raise NotFound(f"Provider with id: {body.provider_id} was not found")
        return await self._bookings.set_exception({**body.model_dump(), **self._made(tenant_id, "bkex")})

    async def availability(self, tenant_id: str, service_id: str, day: date, provider_id: str | None) -> SlotList:
        """The slots that start on a day of the calendar in UTC and have a place left; raises NotFound."""
        service = await self.service(tenant_id, service_id)
        begin = datetime.combine(day, time(), UTC)
        earliest, latest = self._bookable()
        free: list[Slot] = []
        if earliest - DAY < begin <= latest:  # beyond that there is nothing, and dates soon have no neighbours
            since, until = max(begin, earliest), min(begin + DAY, latest + _INSTANT)
            diaries = await self._bookings.diaries(tenant_id, service_id, provider_id, since, until)
            if provider_id is not None and not diaries:
                raise NotFound(f"Provider with id: {provider_id} was not found")
            found = [slot for diary in diaries for slot in slots(_offer(service), diary, since, until)]
            free = sorted((slot for slot in found if slot.places), key=lambda slot: (slot.start, slot.provider_id))
        minutes = service.duration_minutes
        return SlotList(
            service_id=service.id,
            date=day,
            service=ServiceSummary(service.id, service.name, minutes, service.price),
            available_slots=[AvailableSlot(slot.start, slot.end, slot.provider_id, minutes) for slot in free],
            count=len(free),
        )

    async def book(self, tenant_id: str, customer_id: str, body: NewBooking) -> Booking:
        """Take places in a slot, and tell booking.created.

        Raises NotFound (service, provider), InvalidData (too soon, too far ahead, no slot, more attendees than a slot
        has places) or Conflict (not enough places left).
        """
        details = body.model_dump(exclude={"service_id", "provider_id", "start_time", "customer_id"})
        return await self._take(
            tenant_id, body.service_id, body.provider_id, body.start_time, {**details, "customer_id": customer_id}
        )

    async def book_for_customer(self, tenant_id: str, body: BookingForCustomer) -> Booking:
        """As `book`, for a customer of the tenant; raises NotFound for anybody else."""
        customer = await CustomerService(self._work).get(tenant_id, body.customer_id)
        return await self.book(tenant_id, customer.id, body)

    async def reschedule(self, tenant_id: str, booking_id: str, customer_id: str, body: Rescheduling) -> Booking:
        """Move a booking: a new one, pending, takes the places; the old one gives its own back and is rescheduled.

        Both or neither. The old places are given back first, so that a booking never stands in its own way.
        Raises NotFound, Conflict (completed, cancelled, moved already, or no place) or InvalidData (as `book`).
        """
        old = await self._turn(tenant_id, booking_id, customer_id, "rescheduled")
        kept = ("customer_id", "attendee_count", "customer_name", "customer_email", "customer_phone", "customer_notes")
        details: dict[str, Any] = {name: getattr(old, name) for name in kept}
        details |= {"rescheduled_from_id": old.id, "reschedule_count": old.reschedule_count + 1}
        provider_id = body.new_provider_id or old.provider_id
        return await self._take(tenant_id, old.service_id, provider_id, body.new_start_time, details)

    async def get(self, tenant_id: str, booking_id: str, customer_id: str | None = None) -> Booking:
        """A booking of the tenant; with a customer, theirs only. Raises NotFound."""
        found = await self._bookings.get(tenant_id, booking_id, customer_id)
        if found is None:
            raise NotFound(f"Booking with id: {booking_id} was not found")
        return found

    async def page(
        self, tenant_id: str, customer_id: str | None, filters: Mapping[str, str | None], *, limit: int, offset: int
    ) -> tuple[list[Booking], int]:
        return await self._bookings.page(tenant_id, customer_id, filters, limit=limit, offset=offset)

    async def confirm(self, tenant_id: str, booking_id: str, customer_id: str) -> Booking:
        """pending → confirmed; raises NotFound or Conflict."""
        return await self._turn(tenant_id, booking_id, customer_id, "confirmed")

    async def check_in(self, tenant_id: str, booking_id: str, customer_id: str) -> Booking:
        """confirmed → checked_in; raises NotFound or Conflict."""
        return await self._turn(tenant_id, booking_id, customer_id, "checked_in")

    async def cancel(self, tenant_id: str, booking_id: str, customer_id: str | None, reason: str | None) -> Booking:
        """Give the places back, for half the total when it is late, and tell booking.cancelled.

        customer_id: whose booking it must be; None when an operator cancels. Raises NotFound or Conflict.
        """
        # Start, total and currency of a booking never change, so the fee may be made from what was read before.
        fee = late_fee(await self.get(tenant_id, booking_id, customer_id), self._work.now())
        by = "admin" if customer_id is None else "customer"
        values = {"cancellation_fee": fee, "cancelled_by": by, "cancellation_reason": reason}
        cancelled = await self._turn(tenant_id, booking_id, customer_id, "cancelled", **values)
        told = ("id", "booking_number", "customer_id", "service_id", "provider_id", "start_time", "currency_code")
        await self._tell("booking.cancelled", tenant_id, cancelled, *told, "total", *values)
        return cancelled

    async def change(self, tenant_id: str, booking_id: str, body: BookingChange) -> Booking:
        """An operator's change: the next status, a note, or both. Raises NotFound or Conflict."""
        changed = await self.get(tenant_id, booking_id)
        if body.status == "cancelled":
            changed = await self.cancel(tenant_id, booking_id, None, body.reason)
        elif body.status is not None:
            changed = await self._turn(tenant_id, booking_id, None, body.status)
        if "provider_notes" in body.model_fields_set:
            noted = await self._bookings.change(tenant_id, booking_id, None, provider_notes=body.provider_notes)
            assert noted is not None, "it was there just before, and bookings are never deleted"
            return noted
        return changed

    async def _turn(
        self, tenant_id: str, booking_id: str, customer_id: str | None, into: str, **values: Any
    ) -> Booking:
        """Change the status where the machine allows it, in one statement; raises NotFound or Conflict."""
        now = self._work.now()
        allowed: list[Any] = [booking.c.status.in_(BOOKINGS.allowed_from(into))]
        if into == "no_show":
            allowed.append(booking.c.start_time <= now - NO_SHOW_AFTER)
        if into in _STAMPS:
            values[_STAMPS[into]] = now
        changed = await self._bookings.change(tenant_id, booking_id, customer_id, *allowed, status=into, **values)
        if changed is not None:
            return changed
        found = await self.get(tenant_id, booking_id, customer_id)
        when = f" and starts at {found.start_time:%Y-%m-%dT%H:%M:%SZ}" if into == "no_show" else ""
        raise Conflict(f"Booking is {found.status}{when}; it cannot become {into}")

    async def _take(
        self, tenant_id: str, service_id: str, provider_id: str | None, start: datetime, details: Mapping[str, Any]
    ) -> Booking:
        """A new booking in the first diary that has the places. Raises as `book` does."""
        service = await self.service(tenant_id, service_id)
        earliest, latest = self._bookable()
        if not earliest <= start <= latest:
            raise InvalidData("A booking starts at least 24 hours and at most 60 days from now")
        attendees: int = details["attendee_count"]
        if attendees > service.max_capacity:
            raise InvalidData(f"attendee_count: a slot of this service has {service.max_capacity} places")
        until = start + _INSTANT
        diaries = await self._bookings.diaries(tenant_id, service_id, provider_id, start, until, lock=True)
        if provider_id is not None and not diaries:
            raise NotFound(f"Provider with id: {provider_id} was not found")
        found = [(diary, slot) for diary in diaries for slot in slots(_offer(service), diary, start, until)]
        if not found:
            raise InvalidData("start_time is not the start of a slot; the availability lists those that are")
        for diary, slot in found:
            if slot.places >= attendees:
                return await self._write(tenant_id, service, slot, diary.timezone, details)
        raise Conflict("The slot is taken")

    async def _write(
        self, tenant_id: str, service: Service, slot: Slot, zone: str, details: Mapping[str, Any]
    ) -> Booking:
        made = await self._bookings.add(
            {
                **details,
                **self._made(tenant_id, "book"),
                "booking_number": await next_number(self._work, "BKG", NUMBERS.name),
                "service_id": service.id,
                "provider_id": slot.provider_id,
                "start_time": slot.start,
                "end_time": slot.end,
                "busy_from": slot.busy_from,
                "busy_until": slot.busy_until,
                "timezone": zone,
                "currency_code": service.currency_code,
                "total": service.price * details["attendee_count"],
            }
        )
        told = ("id", "booking_number", "customer_id", "service_id", "provider_id", "start_time", "currency_code")
        await self._tell("booking.created", tenant_id, made, *told, "total", "attendee_count", "rescheduled_from_id")
        return made

    async def _tell(self, kind: str, tenant_id: str, of: Booking, *names: str) -> None:
        payload = {name: getattr(of, name) for name in names}
        await publish(self._work, kind, tenant_id=tenant_id, aggregate_id=of.id, payload=payload)

    def _bookable(self) -> tuple[datetime, datetime]:
        """The first and the last moment at which a booking made now may start."""
        now = self._work.now()
        return now + AHEAD_AT_LEAST, now + AHEAD_AT_MOST

    def _made(self, tenant_id: str, prefix: str) -> dict[str, Any]:
        now = self._work.now()
        return {"id": new_id(prefix), "tenant_id": tenant_id, "created_at": now, "updated_at": now}


def _offer(service: Service) -> Offer:
    return Offer(
        service_id=service.id,
        duration=timedelta(minutes=service.duration_minutes),
        before=timedelta(minutes=service.buffer_before_minutes),
        after=timedelta(minutes=service.buffer_after_minutes),
        capacity=service.max_capacity,
    )


async def _service(request: Request) -> BookingService:
    return BookingService(work_of(request))


Bookings = Annotated[BookingService, Depends(_service)]
