"""What goes in and out: services, providers and their hours, slots, bookings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reference_impl.core.bodies import Body, example
from reference_impl.core.money import CurrencyCode, Money, NonNegativeAmount
from reference_impl.core.times import Day, Instant

Status = Literal[
    "pending", "confirmed", "checked_in", "in_progress", "completed", "cancelled", "no_show", "rescheduled"
]
Step = Literal["confirmed", "checked_in", "in_progress", "completed", "cancelled", "no_show"]
"""Where an operator may take a booking; it is rescheduled by its own route, which needs a time."""

Id = Annotated[str, StringConstraints(max_length=64)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Words = Annotated[str, StringConstraints(max_length=2000)]
Attendees = Annotated[int, Field(ge=1, le=10_000)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
    Field(examples=["amal@example.com"]),
]
Minutes = Annotated[int, Field(ge=0, le=24 * 60)]


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads a folder of hundreds of files


def _time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("must be a time zone of the IANA database, as Asia/Riyadh")
    return name


TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_time_zone), Field(examples=["Asia/Riyadh"])]


class Period(Body):
    """From one time to another of the same day, by the clock at the provider's place."""

    start: Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), Field(examples=["09:00"])]
    end: Annotated[
        str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"), Field(examples=["17:00"])
    ]

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.end <= self.start:  # of the same width, so texts sort as times do
            raise ValueError("must end after it starts; what goes on after midnight is a period of the next day")
        return self


def _apart(periods: list[Period]) -> list[Period]:
    ordered = sorted(periods, key=lambda period: period.start)
    if any(later.start < earlier.end for earlier, later in pairwise(ordered)):
        raise ValueError("must not overlap")
    return ordered


Periods = Annotated[list[Period], Field(default_factory=list, max_length=24), AfterValidator(_apart)]


class WeeklySchedule(Body):
    """The hours of each day of the week; a day without any is free."""

    monday: Periods
    tuesday: Periods
    wednesday: Periods
    thursday: Periods
    friday: Periods
    saturday: Periods
    sunday: Periods


class NewService(Body):
    """Something to book; `price` is per attendee, in the tenant's currency unless another is named."""

    model_config = example(name="Carpet cleaning", duration_minutes=60, max_capacity=2, price=25)

    name: Name
    description: Words | None = None
    duration_minutes: Annotated[int, Field(ge=1, le=24 * 60, examples=[60])]
    buffer_before_minutes: Minutes = 0
    buffer_after_minutes: Minutes = 0
    max_capacity: Attendees = 1
    price: NonNegativeAmount
    currency_code: CurrencyCode | None = None


class NewProvider(Body):
    """Somebody, or something, that is booked for services."""

    model_config = example(
        name="Salma",
        timezone="Asia/Riyadh",
        service_ids=["bksv_01JD0000000000000000000000"],
        weekly_schedule={"monday": [{"start": "09:00", "end": "17:00"}]},
    )

    name: Name
    title: Name | None = None
    bio: Words | None = None
    timezone: TimeZone = "UTC"
    service_ids: Annotated[list[Id], Field(default_factory=list, max_length=100)]
    weekly_schedule: Annotated[WeeklySchedule, Field(default_factory=WeeklySchedule)]


class NewAvailability(Body):
    """A provider's week; it replaces the one before."""

    model_config = example(
        provider_id="bkpr_01JD0000000000000000000000", weekly_schedule={"monday": [{"start": "09:00", "end": "17:00"}]}
    )

    provider_id: Id
    weekly_schedule: WeeklySchedule


class NewException(Body):
    """Other hours on one day at the provider's place; none at all make it a day off. It replaces an earlier one."""

    model_config = example(
        provider_id="bkpr_01JD0000000000000000000000", date="2030-01-08", hours=[], reason="A holiday"
    )

    provider_id: Id
    date: Day
    hours: Periods
    reason: Words | None = None


class NewBooking(Body):
    """What a customer wants to book; without a `provider_id`, whoever has the places."""

    model_config = example(
        service_id="bksv_01JD0000000000000000000000",
        start_time="2030-01-07T09:00:00Z",
        customer_email="amal@example.com",
        attendee_count=1,
    )

    service_id: Id
    start_time: Instant
    customer_email: Email
    provider_id: Id | None = None
    attendee_count: Attendees = 1
    customer_name: Name | None = None
    customer_phone: Annotated[str, StringConstraints(max_length=50)] | None = None
    customer_notes: Words | None = None


class BookingForCustomer(NewBooking):
    """What an operator books for a customer."""

    model_config = example(
        customer_id="cus_01JD0000000000000000000000",
        service_id="bksv_01JD0000000000000000000000",
        start_time="2030-01-07T09:00:00Z",
        customer_email="amal@example.com",
    )

    customer_id: Id


class Cancellation(Body):
    model_config = example(reason="I am travelling")

    reason: Words | None = None


class Rescheduling(Body):
    model_config = example(new_start_time="2030-01-07T11:00:00Z")

    new_start_time: Instant
    new_provider_id: Id | None = None


class BookingChange(Body):
    """What an operator does to a booking: take it a step further (`reason` goes with cancelled), or write a note."""

    model_config = example(status="confirmed")

    status: Step | None = None
    reason: Words | None = None
    provider_notes: Words | None = None


@dataclass(frozen=True, slots=True)
class Service:
    id: str
    name: str
    description: str | None
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    max_capacity: int
    price: Money
    currency_code: str
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Provider:
    id: str
    name: str
    title: str | None
    bio: str | None
    timezone: str
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Hours:
    """A period of work as it was given."""

    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Availability:
    provider_id: str
    timezone: str
    weekly_schedule: dict[str, list[Hours]]


@dataclass(frozen=True, slots=True)
class AvailabilityException:
    id: str
    provider_id: str
    date: dt.date
    hours: list[Hours]
    reason: str | None
    created_at: dt.datetime
    updated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """A booking. Times are UTC; `timezone` is the provider's, for showing them."""

    id: str
    booking_number: str
    status: Status
    service_id: str
    provider_id: str
    customer_id: str
    customer_name: str | None
    customer_email: str
    customer_phone: str | None
    customer_notes: str | None
    provider_notes: str | None
    start_time: dt.datetime
    end_time: dt.datetime
    timezone: str
    attendee_count: int
    currency_code: str
    total: Money
    cancellation_fee: Money | None
    cancelled_at: dt.datetime | None
    cancelled_by: str | None
    cancellation_reason: str | None
    rescheduled_from_id: str | None
    rescheduled_to_id: str | None
    reschedule_count: int
    confirmed_at: dt.datetime | None
    checked_in_at: dt.datetime | None
    completed_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime
    deleted_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class AvailableSlot:
    start_time: dt.datetime
    end_time: dt.datetime
    provider_id: str
    duration_minutes: int


@dataclass(frozen=True, slots=True)
class ServiceSummary:
    id: str
    name: str
    duration_minutes: int
    price: Money


@dataclass(frozen=True, slots=True)
class SlotList:
    """The slots of a day (in UTC) that have a place left, in the order of time."""

    service_id: str
    date: dt.date
    service: ServiceSummary
    available_slots: list[AvailableSlot]
    count: int


@dataclass(frozen=True, slots=True)
class ServiceEnvelope:
    service: Service


@dataclass(frozen=True, slots=True)
class ProviderEnvelope:
    provider: Provider


@dataclass(frozen=True, slots=True)
class AvailabilityEnvelope:
    availability: Availability


@dataclass(frozen=True, slots=True)
class ExceptionEnvelope:
    exception: AvailabilityException


@dataclass(frozen=True, slots=True)
class BookingEnvelope:
    booking: Booking


@dataclass(frozen=True, slots=True)
class ServiceList:
    services: list[Service]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class ProviderList:
    providers: list[Provider]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class BookingList:
    bookings: list[Booking]
    count: int
    offset: int
    limit: int
