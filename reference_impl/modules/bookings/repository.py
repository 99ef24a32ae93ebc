"""The SQL of bookings, and the lock that keeps a place from being taken twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, literal_column, select, update
from sqlalchemy.dialects import postgresql

from reference_impl.modules.bookings.models import (
    LET_GO,
    booking,
    booking_exception,
    booking_provider,
    booking_service,
    booking_service_provider,
)
from reference_impl.modules.bookings.schemas import (
    Availability,
    AvailabilityException,
    Booking,
    Provider,
    Service,
)
from reference_impl.modules.bookings.slots import DAY, Diary, Hold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from reference_impl.core.database import Work

# Written out: in RETURNING, where there is no FROM, SQLAlchemy would not see that it speaks of the row at hand.
_MOVED_TO: ColumnElement[str | None] = literal_column(
    "(SELECT successor.id FROM booking AS successor WHERE successor.rescheduled_from_id = booking.id)"
).label("rescheduled_to_id")
_SERVICE = [booking_service.c[name] for name in Service.__dataclass_fields__]
_PROVIDER = [booking_provider.c[name] for name in Provider.__dataclass_fields__]
_EXCEPTION = [booking_exception.c[name] for name in AvailabilityException.__dataclass_fields__]
_BOOKING = [_MOVED_TO if name == "rescheduled_to_id" else booking.c[name] for name in Booking.__dataclass_fields__]

_PROVIDER_IS_OURS = (
    booking_provider.c.tenant_id == booking_service.c.tenant_id,
    booking_provider.c.deleted_at.is_(None),
)
_OFFERED_BY = booking_service.join(
    booking_service_provider, booking_service_provider.c.service_id == booking_service.c.id
).join(booking_provider, booking_provider.c.id == booking_service_provider.c.provider_id)
_REACH = 2 * timedelta(days=1)
"""How far a busy time can lie from its slot's start, generously: it fits into one day's period of work."""


class BookingRepository:
    def __init__(self, work: Work) -> None:
        self._work = work

    async def add_service(self, values: Mapping[str, Any]) -> Service:
        made = await self._work.execute(insert(booking_service).values(**values).returning(*_SERVICE))
        return Service(**made.mappings().one())

    async def service(self, tenant_id: str, service_id: str) -> Service | None:
        found = await self._work.execute(
            select(*_SERVICE).where(*_ours(booking_service, tenant_id), booking_service.c.id == service_id)
        )
        row = found.mappings().one_or_none()
        return None if row is None else Service(**row)

    async def services(self, tenant_id: str, *, limit: int, offset: int) -> tuple[list[Service], int]:
        """One page of a tenant's services, newest first, and how many there are in all."""
        ours = _ours(booking_service, tenant_id)
        rows, count = await self._page(_SERVICE, booking_service, ours, limit=limit, offset=offset)
        return [Service(**row) for row in rows], count

    async def add_provider(self, values: Mapping[str, Any], service_ids: Sequence[str]) -> Provider:
        """A provider of these services, which must be the tenant's own (see `own_services`)."""
        made = await self._work.execute(insert(booking_provider).values(**values).returning(*_PROVIDER))
        provider = Provider(**made.mappings().one())
        if service_ids:
            links = [{"service_id": one, "provider_id": provider.id} for one in service_ids]
            await self._work.execute(insert(booking_service_provider), links)
        return provider

    async def own_services(self, tenant_id: str, service_ids: Sequence[str]) -> set[str]:
        """Those of the ids that are services of this tenant."""
        found = await self._work.execute(
            select(booking_service.c.id).where(
                *_ours(booking_service, tenant_id), booking_service.c.id.in_(service_ids)
            )
        )
        return set(found.scalars())

    async def providers(
        self, tenant_id: str, service_id: str, *, limit: int, offset: int
    ) -> tuple[list[Provider], int]:
        """One page of the providers of a service, newest first, and how many there are in all."""
        ours = [*_ours(booking_service, tenant_id), *_PROVIDER_IS_OURS, booking_service.c.id == service_id]
        rows, count = await self._page(
            _PROVIDER, booking_provider, ours, limit=limit, offset=offset, source=_OFFERED_BY
        )
        return [Provider(**row) for row in rows], count

    async def set_schedule(self, tenant_id: str, provider_id: str, schedule: Mapping[str, Any]) -> Availability | None:
        """Replace a provider's week; None for a provider whom this tenant does not have."""
        changed = await self._work.execute(
            update(booking_provider)
            .where(*_ours(booking_provider, tenant_id), booking_provider.c.id == provider_id)
            .values(weekly_schedule=schedule, updated_at=self._work.now())
            .returning(
                booking_provider.c.id.label("provider_id"),
                booking_provider.c.timezone,
                booking_provider.c.weekly_schedule,
            )
        )
        row = changed.mappings().one_or_none()
        return None if row is None else Availability(**row)

    async def lock_provider(self, tenant_id: str, provider_id: str) -> bool:
        """Wait until nobody books with the provider, and keep it so; whether the tenant has this provider."""
        found = await self._work.execute(
            select(booking_provider.c.id)
            .where(*_ours(booking_provider, tenant_id), booking_provider.c.id == provider_id)
            .with_for_update(key_share=True)
        )
        return found.one_or_none() is not None

    async def set_exception(self, values: Mapping[str, Any]) -> AvailabilityException:
        """Other hours on a day, in place of what was said of that day before."""
        fresh = postgresql.insert(booking_exception).values(**values)
        written = {name: fresh.excluded[name] for name in ("hours", "reason", "updated_at")}
        made = await self._work.execute(
            fresh.on_conflict_do_update(index_elements=["provider_id", "date"], set_=written).returning(*_EXCEPTION)
        )
        return AvailabilityException(**made.mappings().one())

    async def diaries(
        self,
        tenant_id: str,
        service_id: str,
        provider_id: str | None,
        since: datetime,
        until: datetime,
        *,
        lock: bool = False,
    ) -> list[Diary]:
        """The diaries of the providers of a service (or of the one named), for slots that start in this time.

        lock: the places that they show stay free until the end of the transaction, unless we take them.

        How many places a slot has left is a sum over rows that other transactions are writing, and no row of its own
        carries it. Two requests for the last place, each with an INSERT … WHERE (SELECT sum(…)) of its own, both see
        the sum from before the other, and both insert: READ COMMITTED shows a statement what was committed when it
        began, and a row that does not exist yet cannot be waited for. So each request first locks the provider's row,
        and looks after it has the lock, in another statement: by then all that was booked with that provider is
        committed and visible, and nothing can be added until we end. The lock is one row per provider, not one per
        slot or day: buffers and services of different lengths make a booking touch its neighbours, also over midnight.
        Several providers are locked in the order of their ids, so two requests never wait for each other in a circle.
        Giving places up (cancelling) needs no lock: whoever looks a moment too early sees one place too few.
        FOR NO KEY UPDATE, because every booking's foreign key takes FOR KEY SHARE on the same row.
        Source: PostgreSQL manual, 13.2.1 Read Committed Isolation Level, 13.3.2 Row-Level Locks.
        """
        wanted = select(booking_provider.c.id, booking_provider.c.timezone, booking_provider.c.weekly_schedule)
        wanted = wanted.select_from(_OFFERED_BY).where(
            *_ours(booking_service, tenant_id), *_PROVIDER_IS_OURS, booking_service.c.id == service_id
        )
        if provider_id is not None:
            wanted = wanted.where(booking_provider.c.id == provider_id)
        wanted = wanted.order_by(booking_provider.c.id)
        if lock:
            wanted = wanted.with_for_update(of=booking_provider, key_share=True)
        providers = (await self._work.execute(wanted)).all()
        ids = [row.id for row in providers]
        exceptions = await self._exceptions(ids, since, until) if ids else []
        holds = await self._holds(ids, since, until) if ids else []
        return [
            Diary(
                provider_id=row.id,
                timezone=row.timezone,
                weekly_schedule=row.weekly_schedule,
                exceptions={one.date: one.hours for one in exceptions if one.provider_id == row.id},
                holds=[hold for owner, hold in holds if owner == row.id],
            )
            for row in providers
        ]

    async def _exceptions(self, provider_ids: Sequence[str], since: datetime, until: datetime) -> Sequence[Any]:
        found = await self._work.execute(
            select(booking_exception.c.provider_id, booking_exception.c.date, booking_exception.c.hours).where(
                booking_exception.c.provider_id.in_(provider_ids),
                booking_exception.c.date.between((since - DAY).date(), (until + DAY).date()),
            )
        )
        return found.all()

    async def _holds(self, provider_ids: Sequence[str], since: datetime, until: datetime) -> list[tuple[str, Hold]]:
        found = await self._work.execute(
            select(
                booking.c.provider_id,
                booking.c.service_id,
                booking.c.start_time,
                booking.c.busy_from,
                booking.c.busy_until,
                booking.c.attendee_count,
            ).where(
                booking.c.provider_id.in_(provider_ids),
                booking.c.status.not_in(LET_GO),
                booking.c.busy_from.between(since - _REACH, until + _REACH),
            )
        )
        return [(row.provider_id, Hold(*tuple(row)[1:])) for row in found]

    async def add(self, values: Mapping[str, Any]) -> Booking:
        made = await self._work.execute(insert(booking).values(**values).returning(*_BOOKING))
        return Booking(**made.mappings().one())

    async def get(self, tenant_id: str, booking_id: str, customer_id: str | None = None) -> Booking | None:
        """A booking of the tenant; with a customer, only if it is theirs."""
        found = await self._work.execute(select(*_BOOKING).where(*_mine(tenant_id, customer_id, {"id": booking_id})))
        row = found.mappings().one_or_none()
        return None if row is None else Booking(**row)

    async def change(
        self, tenant_id: str, booking_id: str, customer_id: str | None, *allowed: Any, **values: Any
    ) -> Booking | None:
        """Write the values if the booking is now as `allowed` says, else None."""
        changed = await self._work.execute(
            update(booking)
            .where(*_mine(tenant_id, customer_id, {"id": booking_id}), *allowed)
            .values(**values, updated_at=self._work.now())
            .returning(*_BOOKING)
        )
        row = changed.mappings().one_or_none()
        return None if row is None else Booking(**row)

    async def page(
        self, tenant_id: str, customer_id: str | None, filters: Mapping[str, str | None], *, limit: int, offset: int
    ) -> tuple[list[Booking], int]:
        """One page of bookings, newest first, and how many there are in all; a filter of None is none."""
        given = {name: value for name, value in filters.items() if value is not None}
        mine = _mine(tenant_id, customer_id, given)
        rows, count = await self._page(_BOOKING, booking, mine, limit=limit, offset=offset)
        return [Booking(**row) for row in rows], count

    async def _page(
        self, columns: Sequence[Any], table: Any, mine: Sequence[Any], *, limit: int, offset: int, source: Any = None
    ) -> tuple[list[Any], int]:
        of = table if source is None else source
        count = (await self._work.execute(select(func.count()).select_from(of).where(*mine))).scalar_one()
        newest = select(*columns).select_from(of).where(*mine).order_by(table.c.created_at.desc(), table.c.id.desc())
        return list((await self._work.execute(newest.limit(limit).offset(offset))).mappings()), count


def _ours(table: Any, tenant_id: str) -> tuple[Any, ...]:
    return (table.c.tenant_id == tenant_id, table.c.deleted_at.is_(None))


def _mine(tenant_id: str, customer_id: str | None, equal: Mapping[str, str]) -> tuple[Any, ...]:
    conditions = [*_ours(booking, tenant_id), *(booking.c[name] == value for name, value in equal.items())]
    if customer_id is not None:
        conditions.append(booking.c.customer_id == customer_id)
    return tuple(conditions)
