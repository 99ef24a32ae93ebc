"""Defects of who sees and does what at the booking desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.modules.bookings.repository import BookingRepository
    from reference_impl.modules.bookings.schemas import Booking
    from reference_impl.modules.bookings.service import BookingService
    from suites.defects.registry import Patch


@defect("bookings.anybody_s_booking", breaks="BKG-17")
def anybody_s_booking(patch: Patch) -> None:
    """Bookings are found by their id: whoever knows it reads and cancels them."""
    from reference_impl.modules.bookings import repository

    sound = repository._mine

    def mine(tenant_id: str, customer_id: str | None, equal: Mapping[str, str]) -> tuple[Any, ...]:
        return sound(tenant_id, None if "id" in equal else customer_id, equal)

    patch.setattr(repository, "_mine", mine)


@defect("bookings.list_of_all", breaks="BKG-17")
def list_of_all(patch: Patch) -> None:
    """The customer's list is the operator's list, with fewer filters."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository.page

    async def page(
        self: BookingRepository, tenant_id: str, _customer_id: str | None, filters: Any, *, limit: int, offset: int
    ) -> tuple[list[Booking], int]:
        return await sound(self, tenant_id, None, filters, limit=limit, offset=offset)

    patch.setattr(repository.BookingRepository, "page", page)


@defect("bookings.customer_from_the_body", breaks="BKG-17")
def customer_from_the_body(patch: Patch) -> None:
    """As on the real platform's admin route: the body is written as it comes, with the customer whom it names."""
    from pydantic import create_model

    from reference_impl.modules.bookings import repository, schemas

    fields: dict[str, Any] = {"customer_id": (str | None, None), "status": (str, "pending"), "total": (int, 0)}
    loose = create_model("NewBooking", __base__=schemas.NewBooking, **fields)
    patch.setattr(schemas, "NewBooking", loose)
    sound = repository.BookingRepository.add
    named: list[str] = []

    def dump(self: Any, **options: Any) -> dict[str, Any]:
        named[:] = [self.customer_id] if self.customer_id else []
        return {
            name: getattr(self, name)
            for name in ("attendee_count", "customer_name", "customer_email", "customer_phone", "customer_notes")
        }

    async def add(self: BookingRepository, values: Mapping[str, Any]) -> Booking:
        return await sound(self, {**values, "customer_id": named[0] if named else values["customer_id"]})

    patch.setattr(loose, "model_dump", dump)
    patch.setattr(repository.BookingRepository, "add", add)


@defect("bookings.booked_by_nobody", breaks="BKG-17")
def booked_by_nobody(patch: Patch) -> None:
    """Guests may book: whoever is not logged in is the first customer of the shop."""
    from dataclasses import replace

    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who != "customer" or "authorization" in request.headers or "bookings" not in request.url.path:
            return await sound(self, request)
        shop = await sound(auth.Guard("visitor"), request)
        row = await request.app.state.database.row(
            "SELECT id FROM customer WHERE tenant_id = $1 ORDER BY id LIMIT 1", shop.tenant_id
        )
        return replace(shop, actor_id=str(row["id"]), actor_type="customer")

    set_guard(patch, guard)


@defect("bookings.unknown_booking_500", breaks="BKG-17")
def unknown_booking_500(patch: Patch) -> None:
    """Nobody asks whether the booking was found."""
    from reference_impl.modules.bookings import service

    async def get(self: BookingService, tenant_id: str, booking_id: str, customer_id: str | None = None) -> Any:
        return await self._bookings.get(tenant_id, booking_id, customer_id)

    patch.setattr(service.BookingService, "get", get)


@defect("bookings.desk_is_open", breaks="BKG-18")
def desk_is_open(patch: Patch) -> None:
    """The desk's routes ask for a log-in, and any will do: the menu is not shown to customers anyway."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        if self.who == "operator" and "bookings" in request.url.path:
            claims = auth.bearer_claims(request)
            return auth._caller(claims, claims["actor_type"])
        return await sound(self, request)

    set_guard(patch, guard)


@defect("bookings.filters_ignored", breaks="BKG-18")
def filters_ignored(patch: Patch) -> None:
    """The desk's list has filters, and they do nothing."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository.page

    async def page(
        self: BookingRepository, tenant_id: str, customer_id: str | None, filters: Any, *, limit: int, offset: int
    ) -> tuple[list[Booking], int]:
        return await sound(self, tenant_id, customer_id, {}, limit=limit, offset=offset)

    patch.setattr(repository.BookingRepository, "page", page)


@defect("bookings.desk_overbooks", breaks="BKG-18")
def desk_overbooks(patch: Patch) -> None:
    """What an operator books for a customer is written without a look at what is taken, and needs no customer."""
    from reference_impl.modules.bookings import service, slots

    sound = service.BookingService._take

    async def take(
        self: BookingService, tenant_id: str, service_id: str, provider_id: Any, start: Any, details: Any
    ) -> Booking:
        if not getattr(self, "at_the_desk", False):
            return await sound(self, tenant_id, service_id, provider_id, start, details)
        of = await self.service(tenant_id, service_id)
        (diary, *_) = await self._bookings.diaries(tenant_id, service_id, provider_id, start, start)
        slot = slots._slot(service._offer(of), diary, start)
        return await self._write(tenant_id, of, slot, diary.timezone, details)

    async def book_for_customer(self: BookingService, tenant_id: str, body: Any) -> Booking:
        self.at_the_desk = True  # type: ignore[attr-defined]
        return await self.book(tenant_id, body.customer_id, body)

    patch.setattr(service.BookingService, "_take", take)
    patch.setattr(service.BookingService, "book_for_customer", book_for_customer)


@defect("bookings.note_takes_a_step", breaks="BKG-18")
def note_takes_a_step(patch: Patch) -> None:
    """Whoever writes a note has seen the booking: it is confirmed on the way."""
    from reference_impl.modules.bookings import service

    sound = service.BookingService.change

    async def change(self: BookingService, tenant_id: str, booking_id: str, body: Any) -> Booking:
        if "provider_notes" in body.model_fields_set and body.status is None:
            body = body.model_copy(update={"status": "confirmed"})
        return await sound(self, tenant_id, booking_id, body)

    patch.setattr(service.BookingService, "change", change)


@defect("bookings.count_is_the_page", breaks=("BKG-18", "BKG-24"))
def count_is_the_page(patch: Patch) -> None:
    """As on the real platform: the count is the number of rows on the page."""
    from reference_impl.modules.bookings import repository

    sound = repository.BookingRepository._page

    async def page(self: BookingRepository, *arguments: Any, **options: Any) -> tuple[list[Any], int]:
        rows, _ = await sound(self, *arguments, **options)
        return rows, len(rows)

    patch.setattr(repository.BookingRepository, "_page", page)


@defect("bookings.pages_unbounded", breaks="BKG-24")
def pages_unbounded(patch: Patch) -> None:
    """Limit and offset are numbers of whatever size and sign."""
    from reference_impl.core import pagination

    patch.setattr(pagination, "Limit", int)
    patch.setattr(pagination, "Offset", int)


@defect("bookings.tenant_forgotten", breaks="BKG-20")
def tenant_forgotten(patch: Patch) -> None:
    """Bookings, services and providers are found by their id and listed for all tenants alike."""
    from reference_impl.modules.bookings import repository

    def ours(table: Any, _tenant_id: str) -> tuple[Any, ...]:
        return (table.c.deleted_at.is_(None),)

    patch.setattr(repository, "_ours", ours)


@defect("bookings.customer_of_any_tenant", breaks="BKG-20")
def customer_of_any_tenant(patch: Patch) -> None:
    """An operator books for any customer: that there is one is left to the foreign key."""
    from reference_impl.modules.bookings import service

    async def book_for_customer(self: BookingService, tenant_id: str, body: Any) -> Booking:
        return await self.book(tenant_id, body.customer_id, body)

    patch.setattr(service.BookingService, "book_for_customer", book_for_customer)


@defect("bookings.providers_for_any_service", breaks="BKG-20")
def providers_for_any_service(patch: Patch) -> None:
    """A provider is entered for the services that the form sends, whoever's they are."""
    from reference_impl.modules.bookings import repository
    from reference_impl.modules.bookings.models import booking_provider

    async def own_services(self: BookingRepository, _tenant_id: str, service_ids: Any) -> set[str]:
        return set(service_ids)

    patch.setattr(repository.BookingRepository, "own_services", own_services)
    patch.setattr(repository, "_PROVIDER_IS_OURS", (booking_provider.c.deleted_at.is_(None),))
