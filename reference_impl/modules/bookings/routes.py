"""Routes of bookings."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from reference_impl.core.auth import Admin, Customer, Shop, Support, Viewer
from reference_impl.core.caching import PublicForAMinute
from reference_impl.core.errors import (
    Conflict,
    Forbidden,
    InvalidData,
    NoPublishableKey,
    NotFound,
    TooLarge,
    Unauthorized,
    errors,
)
from reference_impl.core.ids import EntityId
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit, Offset
from reference_impl.core.routing import PlatformRoute
from reference_impl.core.times import Day
from reference_impl.modules.bookings.schemas import (
    AvailabilityEnvelope,
    BookingChange,
    BookingEnvelope,
    BookingForCustomer,
    BookingList,
    Cancellation,
    ExceptionEnvelope,
    NewAvailability,
    NewBooking,
    NewException,
    NewProvider,
    NewService,
    ProviderEnvelope,
    ProviderList,
    Rescheduling,
    ServiceEnvelope,
    ServiceList,
    SlotList,
    Status,
)
from reference_impl.modules.bookings.service import Bookings

router = APIRouter(route_class=PlatformRoute, tags=["bookings"])
_IdFilter = Annotated[str | None, Query(max_length=64)]
_own_change = errors(InvalidData, NoPublishableKey, Unauthorized, NotFound, Conflict, TooLarge)
_admin_create = errors(InvalidData, Unauthorized, Forbidden, NotFound, TooLarge)


@router.get("/store/bookings/services", responses=errors(InvalidData, NoPublishableKey))
async def list_services(
    shop: Shop, bookings: Bookings, cached: PublicForAMinute, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0
) -> ServiceList:
    """What can be booked, newest first."""
    rows, count = await bookings.services(shop.tenant_id, limit=limit, offset=offset)
    return ServiceList(services=rows, count=count, offset=offset, limit=limit)


@router.get(
    "/store/bookings/services/{service_id}/providers", responses=errors(InvalidData, NoPublishableKey, NotFound)
)
async def list_providers(
    service_id: EntityId,
    shop: Shop,
    bookings: Bookings,
    cached: PublicForAMinute,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
) -> ProviderList:
    """Who offers a service, newest first."""
    rows, count = await bookings.providers(shop.tenant_id, service_id, limit=limit, offset=offset)
    return ProviderList(providers=rows, count=count, offset=offset, limit=limit)


@router.get("/store/bookings/availability", responses=errors(InvalidData, NoPublishableKey, NotFound))
async def read_availability(
    shop: Shop,
    bookings: Bookings,
    service_id: Annotated[str, Query(max_length=64)],
    date: Annotated[Day, Query(description="A day of the calendar in UTC, as 2026-03-01")],
    provider_id: _IdFilter = None,
) -> SlotList:
    """The slots of a service that start on this day, in UTC, and have a place left."""
    return await bookings.availability(shop.tenant_id, service_id, date, provider_id)


@router.post("/store/bookings", status_code=201, responses=_own_change)
async def book(body: NewBooking, customer: Customer, bookings: Bookings) -> BookingEnvelope:
    """Book a slot."""
    return BookingEnvelope(await bookings.book(customer.tenant_id, customer.actor_id, body))


@router.get("/store/bookings", responses=errors(InvalidData, NoPublishableKey, Unauthorized))
async def list_mine(
    customer: Customer,
    bookings: Bookings,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    status: Status | None = None,
) -> BookingList:
    """The customer's own bookings, newest first."""
    filters = {"status": status}
    rows, count = await bookings.page(customer.tenant_id, customer.actor_id, filters, limit=limit, offset=offset)
    return BookingList(bookings=rows, count=count, offset=offset, limit=limit)


@router.get("/store/bookings/{booking_id}", responses=errors(NoPublishableKey, Unauthorized, NotFound))
async def read_mine(booking_id: EntityId, customer: Customer, bookings: Bookings) -> BookingEnvelope:
    """One of the customer's own bookings."""
    return BookingEnvelope(await bookings.get(customer.tenant_id, booking_id, customer.actor_id))


@router.post("/store/bookings/{booking_id}/cancel", responses=_own_change)
async def cancel(
    booking_id: EntityId, customer: Customer, bookings: Bookings, body: Cancellation | None = None
) -> BookingEnvelope:
    """Cancel: free until 24 hours before the start, for half the total after that."""
    reason = body.reason if body else None
    return BookingEnvelope(await bookings.cancel(customer.tenant_id, booking_id, customer.actor_id, reason))


@router.post("/store/bookings/{booking_id}/reschedule", responses=_own_change)
async def reschedule(
    booking_id: EntityId, body: Rescheduling, customer: Customer, bookings: Bookings
) -> BookingEnvelope:
    """Move to another slot; the answer is the new booking."""
    return BookingEnvelope(await bookings.reschedule(customer.tenant_id, booking_id, customer.actor_id, body))


@router.post("/store/bookings/{booking_id}/confirm", responses=_own_change)
async def confirm(booking_id: EntityId, customer: Customer, bookings: Bookings) -> BookingEnvelope:
    """Say that the booking stands."""
    return BookingEnvelope(await bookings.confirm(customer.tenant_id, booking_id, customer.actor_id))


@router.post("/store/bookings/{booking_id}/check-in", responses=_own_change)
async def check_in(booking_id: EntityId, customer: Customer, bookings: Bookings) -> BookingEnvelope:
    """Say that one is there."""
    return BookingEnvelope(await bookings.check_in(customer.tenant_id, booking_id, customer.actor_id))


@router.post("/admin/bookings/services", status_code=201, responses=_admin_create)
async def create_service(body: NewService, operator: Admin, bookings: Bookings) -> ServiceEnvelope:
    """Something to book."""
    return ServiceEnvelope(await bookings.add_service(operator.tenant_id, body))


@router.post("/admin/bookings/providers", status_code=201, responses=_admin_create)
async def create_provider(body: NewProvider, operator: Admin, bookings: Bookings) -> ProviderEnvelope:
    """Somebody who offers services, at the hours of their week."""
    return ProviderEnvelope(await bookings.add_provider(operator.tenant_id, body))


@router.post("/admin/bookings/availability", status_code=201, responses=_admin_create)
async def set_availability(body: NewAvailability, operator: Admin, bookings: Bookings) -> AvailabilityEnvelope:
    """The week of a provider, by the clock at their place."""
    return AvailabilityEnvelope(await bookings.set_availability(operator.tenant_id, body))


@router.post("/admin/bookings/exceptions", status_code=201, responses=_admin_create)
async def set_exception(body: NewException, operator: Admin, bookings: Bookings) -> ExceptionEnvelope:
    """A provider's day off, or other hours on one day."""
    return ExceptionEnvelope(await bookings.set_exception(operator.tenant_id, body))


@router.get("/admin/bookings", responses=errors(InvalidData, Unauthorized, Forbidden))
async def list_bookings(
    operator: Viewer,
    bookings: Bookings,
    limit: Limit = DEFAULT_LIMIT,
    offset: Offset = 0,
    status: Status | None = None,
    service_id: _IdFilter = None,
    provider_id: _IdFilter = None,
    customer_id: _IdFilter = None,
) -> BookingList:
    """The bookings of the operator's tenant, newest first."""
    filters = {"status": status, "service_id": service_id, "provider_id": provider_id, "customer_id": customer_id}
    rows, count = await bookings.page(operator.tenant_id, None, filters, limit=limit, offset=offset)
    return BookingList(bookings=rows, count=count, offset=offset, limit=limit)


@router.post(
    "/admin/bookings",
    status_code=201,
    responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, Conflict, TooLarge),
)
async def book_for_customer(body: BookingForCustomer, operator: Support, bookings: Bookings) -> BookingEnvelope:
    """Book a slot for a customer."""
    return BookingEnvelope(await bookings.book_for_customer(operator.tenant_id, body))


@router.get("/admin/bookings/{booking_id}", responses=errors(Unauthorized, Forbidden, NotFound))
async def read_booking(booking_id: EntityId, operator: Viewer, bookings: Bookings) -> BookingEnvelope:
    """A booking."""
    return BookingEnvelope(await bookings.get(operator.tenant_id, booking_id))


@router.put(
    "/admin/bookings/{booking_id}",
    responses=errors(InvalidData, Unauthorized, Forbidden, NotFound, Conflict, TooLarge),
)
async def change_booking(
    booking_id: EntityId, body: BookingChange, operator: Support, bookings: Bookings
) -> BookingEnvelope:
    """Take a booking a step further, or write a note."""
    return BookingEnvelope(await bookings.change(operator.tenant_id, booking_id, body))
