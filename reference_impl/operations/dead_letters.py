"""What of a tenant's events waits, what was given up, and giving that another chance: all the SQL of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from sqlalchemy import func, select, text

from reference_impl.core.outbox import inbox, outbox
from reference_impl.core.routing import work_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reference_impl.core.database import Work


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a handler gave up. aggregate_id: what the event is about, as an order."""

    handler: str
    event_id: str
    type: str
    aggregate_id: str
    error: str | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Replayed:
    """An event that a handler gets once more."""

    handler: str
    event_id: str
    status: str
    attempts: int
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """How many events wait for a handler, and how many it gave up."""

    waiting: int = 0
    dead: int = 0


QUEUES = text("""
SELECT inbox.handler, count(*) FILTER (WHERE inbox.status = 'pending') AS waiting,
    count(*) FILTER (WHERE inbox.status = 'dead') AS dead
FROM inbox JOIN outbox ON outbox.id = inbox.event_id
WHERE inbox.status IN ('pending', 'dead') AND outbox.tenant_id = :tenant_id
GROUP BY inbox.handler
""")

# Whoever comes second waits for the row, finds it pending, and changes nothing.
REPLAY = text("""
UPDATE inbox SET status = 'pending', attempts = 0, next_attempt_at = :now, error = NULL
FROM outbox
WHERE outbox.id = inbox.event_id AND outbox.tenant_id = :tenant_id
  AND inbox.handler = :handler AND inbox.event_id = :event_id AND inbox.status = 'dead'
RETURNING inbox.handler, inbox.event_id, inbox.status, inbox.attempts, inbox.next_attempt_at
""")


class DeadLetterRepository:
    """The inboxes as an operator of one tenant sees them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, tenant_id: str, *, limit: int, offset: int) -> tuple[list[DeadLetter], int]:
        """What was given up, of the newest events first, and how much there is in all."""
        events = outbox.join(inbox, inbox.c.event_id == outbox.c.id)
        dead = (outbox.c.tenant_id == tenant_id, inbox.c.status == "dead")
        shown = (inbox.c.handler, inbox.c.event_id, outbox.c.type, inbox.c.aggregate_id, inbox.c.error)
        found = await self._work.execute(
            select(*shown, inbox.c.attempts, outbox.c.created_at)
            .select_from(events)
            .where(*dead)
            .order_by(inbox.c.position.desc(), inbox.c.handler)
            .limit(limit)
            .offset(offset)
        )
        rows = [DeadLetter(**row) for row in found.mappings()]
        counted = await self._work.execute(select(func.count()).select_from(events).where(*dead))
        return rows, counted.scalar_one()

    async def queues(self, tenant_id: str) -> Mapping[str, Queue]:
        """The queue of each handler that has one."""
        found = await self._work.execute(QUEUES, {"tenant_id": tenant_id})
        return {row.handler: Queue(row.waiting, row.dead) for row in found}

    async def undispatched(self, tenant_id: str) -> int:
        """How many events are in no handler's queue yet."""
        new = (outbox.c.tenant_id == tenant_id, outbox.c.dispatched_at.is_(None))
        found = await self._work.execute(select(func.count()).select_from(outbox).where(*new))
        return int(found.scalar_one())

    async def replay(self, tenant_id: str, handler: str, event_id: str) -> Replayed | None:
        """Let the handler have it again, from the first attempt on; None unless it is a dead letter of the tenant."""
        named = {"tenant_id": tenant_id, "handler": handler, "event_id": event_id, "now": self._work.now()}
        row = (await self._work.execute(REPLAY, named)).mappings().one_or_none()
        return None if row is None else Replayed(**row)


async def _provide(request: Request) -> DeadLetterRepository:
    return DeadLetterRepository(work_of(request))


DeadLetters = Annotated[DeadLetterRepository, Depends(_provide)]
