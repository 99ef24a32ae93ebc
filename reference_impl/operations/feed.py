"""The events of a tenant in the order in which they were handed out: all the SQL of the feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Depends, Request
from sqlalchemy import func, select

from reference_impl.core.outbox import outbox
from reference_impl.core.routing import work_of

if TYPE_CHECKING:
    from sqlalchemy import Row

    from reference_impl.core.database import Work


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """An event as CloudEvents 1.0 writes it in JSON.

    source: /cityos/tenants/<id of the tenant>. subject: the id of what it is about, as of an order. time: when it
    happened, in UTC. Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md.
    """

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]


class EventFeed:
    """What was dispatched of a tenant. An event of which nothing was committed, or not yet, is not there."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def number(self, tenant_id: str, event_id: str) -> int | None:
        """Where an event stands in the feed; None unless it is there."""
        mine = (outbox.c.tenant_id == tenant_id, outbox.c.id == event_id)
        found = await self._work.execute(select(outbox.c.feed_number).where(*mine))
        number: int | None = found.scalar_one_or_none()
        return number

    async def page(
        self, tenant_id: str, after: int, *, kind: str | None, subject: str | None, limit: int
    ) -> tuple[list[CloudEvent], int]:
        """The oldest events behind a number, of a type and about a thing if they are given; and how many there are."""
        wanted = [outbox.c.tenant_id == tenant_id, outbox.c.feed_number > after]
        wanted += [] if kind is None else [outbox.c.type == kind]
        wanted += [] if subject is None else [outbox.c.aggregate_id == subject]
        oldest = select(outbox).where(*wanted).order_by(outbox.c.feed_number).limit(limit)
        rows = [cloud_event(row) for row in await self._work.execute(oldest)]
        counted = await self._work.execute(select(func.count()).select_from(outbox).where(*wanted))
        return rows, counted.scalar_one()


def cloud_event(row: Row[Any]) -> CloudEvent:
    """A row of the outbox for who reads it from outside."""
    return CloudEvent(
        specversion="1.0",
        id=row.id,
        source=f"/cityos/tenants/{row.tenant_id}",
        type=row.type,
        subject=row.aggregate_id,
        time=row.created_at,
        datacontenttype="application/json",
        data=row.payload,
    )


async def _provide(request: Request) -> EventFeed:
    return EventFeed(work_of(request))


Feed = Annotated[EventFeed, Depends(_provide)]
