"""Defects of a booking's life: making it, changing its status, moving it, cancelling it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, get_args

from suites.defects.registry import defect

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.modules.bookings.repository import BookingRepository
    from reference_impl.modules.bookings.schemas import Booking
    from reference_impl.modules.bookings.service import BookingService
    from suites.defects.registry import Patch

_ANY_FEE = "ALTER TABLE booking DROP CONSTRAINT IF EXISTS ck_booking_money"


def _with_values(patch: Patch, change: Any) -> None:
    """Let every new booking be written with the values that `change` makes of it."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository.add

    async def add(self: BookingRepository, values: Any) -> Booking:
        return await sound(self, change(dict(values)))

    patch.setattr(repository.BookingRepository, "add", add)


def _with_status(patch: Patch, allowed: Any) -> None:
    """Let a status be reached from where `allowed(into, sound)` says."""
    from reference_impl.modules.bookings import service
    from reference_impl.modules.bookings.models import BOOKINGS

    class Loose:
        def allowed_from(self, into: str) -> tuple[str, ...]:
            return tuple(allowed(into, BOOKINGS.allowed_from(into)))

    patch.setattr(service, "BOOKINGS", Loose())


def _with_body(patch: Patch, name: str, **fields: Any) -> None:
    """Let a body of requests have other fields; before the routes take it in."""
    from pydantic import create_model

    from reference_impl.modules.bookings import schemas

    patch.setattr(schemas, name, create_model(name, __base__=getattr(schemas, name), **fields))


@defect("bookings.confirmed_at_once", breaks=("BKG-01", "BKG-14"))
def confirmed_at_once(patch: Patch) -> None:
    """Whoever books means it: a new booking is confirmed."""
    _with_values(patch, lambda values: {**values, "status": "confirmed"})


@defect("bookings.notes_dropped", breaks="BKG-01")
def notes_dropped(patch: Patch) -> None:
    """What the customer wrote is validated, documented and never written."""
    _with_values(patch, lambda values: {**values, "customer_notes": None})


@defect("bookings.listed_oldest_first", breaks=("BKG-01", "BKG-18", "BKG-24"))
def listed_oldest_first(patch: Patch) -> None:
    """Lists come in the order in which their rows were written."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository._page

    async def page(self: BookingRepository, *arguments: Any, limit: int, offset: int, **options: Any) -> Any:
        rows, count = await sound(self, *arguments, limit=1_000_000, offset=0, **options)
        return rows[::-1][offset : offset + limit], count

    patch.setattr(repository.BookingRepository, "_page", page)


@defect("bookings.number_from_the_clock", breaks="BKG-09")
def number_from_the_clock(patch: Patch) -> None:
    """The number is made from the second in which it was booked."""
    from reference_impl.modules.bookings import service

    async def next_number(work: Work, prefix: str, _sequence: str) -> str:
        return f"{prefix}-{work.now():%y%m%d%H%M%S}"

    patch.setattr(service, "next_number", next_number)
    patch.sql("ALTER TABLE booking DROP CONSTRAINT IF EXISTS uq_booking_booking_number")


@defect("bookings.unknown_service_500", breaks=("BKG-19", "BKG-20"))
def unknown_service_500(patch: Patch) -> None:
    """Nobody asks whether the service was found."""
    from reference_impl.modules.bookings import service

    async def find(self: BookingService, tenant_id: str, service_id: str) -> Any:
        return await self._bookings.service(tenant_id, service_id)

    patch.setattr(service.BookingService, "service", find)


@defect("bookings.price_counted_once", breaks="BKG-22")
def price_counted_once(patch: Patch) -> None:
    """A party pays what one pays."""
    _with_values(patch, lambda values: {**values, "total": values["total"] / values["attendee_count"]})


@defect("bookings.total_is_a_float", breaks="BKG-22")
def total_is_a_float(patch: Patch) -> None:
    """The total is computed in floating point: three times 0.10 is 0.30000000000000004."""

    def change(values: dict[str, Any]) -> dict[str, Any]:
        price = float(values["total"] / values["attendee_count"])
        return {**values, "total": Decimal(repr(price * values["attendee_count"]))}

    _with_values(patch, change)


@defect("bookings.any_price", breaks="BKG-22")
def any_price(patch: Patch) -> None:
    """A price may have as many digits as it likes."""
    from reference_impl.modules.bookings import service

    patch.setattr(service, "decimals", lambda _amount: 0)


@defect("bookings.status_set_blindly", breaks=("BKG-10", "BKG-11", "BKG-15"))
def status_set_blindly(patch: Patch) -> None:
    """As on the real platform's admin route: a status is set without a look at the old one."""
    from reference_impl.modules.bookings.models import BOOKINGS

    _with_status(patch, lambda into, sound: BOOKINGS.statuses)


@defect("bookings.steps_skipped", breaks="BKG-10")
def steps_skipped(patch: Patch) -> None:
    """As on the real platform: what was confirmed can be completed, whether or not anybody came."""
    _with_status(patch, lambda into, sound: (*sound, "confirmed") if into == "completed" else sound)


@defect("bookings.check_in_unconfirmed", breaks="BKG-10")
def check_in_unconfirmed(patch: Patch) -> None:
    """Who is there is checked in, confirmed or not."""
    _with_status(patch, lambda into, sound: (*sound, "pending") if into == "checked_in" else sound)


@defect("bookings.cancelled_while_pending_only", breaks="BKG-11")
def cancelled_while_pending_only(patch: Patch) -> None:
    """Once confirmed, a booking is not cancelled any more."""
    _with_status(patch, lambda into, sound: ("pending",) if into == "cancelled" else sound)


@defect("bookings.cancelled_again", breaks="BKG-11")
def cancelled_again(patch: Patch) -> None:
    """Cancelling a cancelled booking writes the new reason over the old one."""
    _with_status(patch, lambda into, sound: (*sound, "cancelled", "completed") if into == "cancelled" else sound)


@defect("bookings.always_a_fee", breaks="BKG-12")
def always_a_fee(patch: Patch) -> None:
    """Every cancellation costs half: the 24 hours were to come later."""
    from reference_impl.modules.bookings import service

    patch.setattr(service, "late_fee", lambda booked, now: booked.total / 2)


@defect("bookings.fee_is_negative", breaks="BKG-12")
def fee_is_negative(patch: Patch) -> None:
    """The fee grows with every hour under 24, and above them shrinks below nothing."""
    from reference_impl.modules.bookings import service

    patch.setattr(service, "late_fee", lambda booked, now: -booked.total / 2)
    patch.sql(_ANY_FEE)


@defect("bookings.no_show_any_time", breaks="BKG-13")
def no_show_any_time(patch: Patch) -> None:
    """As on the real platform: who is confirmed may be a no-show at any time, before the start, too."""
    from datetime import timedelta

    from reference_impl.modules.bookings import service

    patch.setattr(service, "NO_SHOW_AFTER", timedelta(days=-4000))


@defect("bookings.moved_and_kept", breaks=("BKG-14", "BKG-16"))
def moved_and_kept(patch: Patch) -> None:
    """Rescheduling makes a new booking, and the old one stays: the customer holds both places."""
    from reference_impl.modules.bookings import service

    sound = service.BookingService._turn

    async def turn(
        self: BookingService, tenant_id: str, booking_id: str, customer_id: str | None, into: str, **values: Any
    ) -> Booking:
        if into == "rescheduled":
            return await self.get(tenant_id, booking_id, customer_id)
        return await sound(self, tenant_id, booking_id, customer_id, into, **values)

    patch.setattr(service.BookingService, "_turn", turn)
    patch.sql("ALTER TABLE booking DROP CONSTRAINT IF EXISTS uq_booking_rescheduled_from_id")


@defect("bookings.half_a_move", breaks="BKG-15")
def half_a_move(patch: Patch) -> None:
    """The old booking is given up and committed before the new one is tried."""
    from reference_impl.modules.bookings import service

    sound = service.BookingService._turn

    async def turn(
        self: BookingService, tenant_id: str, booking_id: str, customer_id: str | None, into: str, **values: Any
    ) -> Booking:
        changed = await sound(self, tenant_id, booking_id, customer_id, into, **values)
        if into == "rescheduled":
            await self._work.commit()
        return changed

    patch.setattr(service.BookingService, "_turn", turn)


@defect("bookings.what_is_over_moves", breaks=("BKG-15", "BKG-16"))
def what_is_over_moves(patch: Patch) -> None:
    """Rescheduling asks only whether the booking is the customer's."""
    from reference_impl.modules.bookings.models import BOOKINGS

    _with_status(patch, lambda into, sound: BOOKINGS.statuses if into == "rescheduled" else sound)
    patch.sql("ALTER TABLE booking DROP CONSTRAINT IF EXISTS uq_booking_rescheduled_from_id")


@defect("bookings.attendees_unchecked", breaks="BKG-19")
def attendees_unchecked(patch: Patch) -> None:
    """As on the real platform: attendee_count is taken as it comes, and nothing counts as one."""
    from pydantic import BeforeValidator

    lenient = Annotated[int, BeforeValidator(lambda value: max(1, int(value)))]
    _with_body(patch, "NewBooking", attendee_count=(lenient, 1))


@defect("bookings.email_optional", breaks="BKG-19")
def email_optional(patch: Patch) -> None:
    """Any text is an e-mail address, and without one it is the customer's, some day."""
    _with_body(patch, "NewBooking", customer_email=(str, "later"))


@defect("bookings.time_that_is_none_is_noon", breaks=("BKG-15", "BKG-19"))
def time_that_is_none_is_noon(patch: Patch) -> None:
    """What cannot be read as a time becomes noon in a week, and so does no time at all."""
    from datetime import UTC, datetime, timedelta

    from pydantic import BeforeValidator

    from reference_impl.core import times

    noon = (datetime.now(UTC) + timedelta(days=7)).replace(hour=12, minute=0, second=0, microsecond=0)

    def instant(value: object) -> datetime:
        try:
            return times._instant(value)
        except ValueError:
            return noon

    lenient = (Annotated[datetime, BeforeValidator(instant)], noon)
    _with_body(patch, "NewBooking", start_time=lenient)
    _with_body(patch, "Rescheduling", new_start_time=lenient)


@defect("bookings.status_is_any_text", breaks="BKG-10")
def status_is_any_text(patch: Patch) -> None:
    """Operators write a status as they like; what is unknown is let through to the next one."""
    from pydantic import BeforeValidator

    from reference_impl.modules.bookings.schemas import Step

    def known(value: object) -> object:
        return value if value in get_args(Step) else "checked_in"

    _with_body(patch, "BookingChange", status=(Annotated[Step, BeforeValidator(known)] | None, None))


@defect("bookings.confirm_does_nothing", breaks="BKG-10")
def confirm_does_nothing(patch: Patch) -> None:
    """Confirming sends the mail and leaves the status."""
    from reference_impl.modules.bookings import service

    async def confirm(self: BookingService, tenant_id: str, booking_id: str, customer_id: str) -> Booking:
        return await self.get(tenant_id, booking_id, customer_id)

    patch.setattr(service.BookingService, "confirm", confirm)


@defect("bookings.moved_alone", breaks="BKG-14")
def moved_alone(patch: Patch) -> None:
    """The new booking is for one, however many the old one was for."""

    def change(values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "attendee_count": 1} if "rescheduled_from_id" in values else values

    _with_values(patch, change)


@defect("bookings.moved_to_anybody", breaks="BKG-14")
def moved_to_anybody(patch: Patch) -> None:
    """A new provider can be named, and the old one is booked again."""
    _with_body(patch, "Rescheduling", new_provider_id=(Annotated[Any, _Nobody()], None))


class _Nobody:
    """Reads whatever is given as nothing."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(lambda _value: None)


@defect("bookings.chain_is_cut", breaks="BKG-14")
def chain_is_cut(patch: Patch) -> None:
    """The new booking does not say where it came from: who moves twice seems to have booked thrice."""
    _with_values(patch, lambda values: {**values, "rescheduled_from_id": None})
