"""Events: written to an outbox in the transaction of the change, relayed after commit, at least once.

The events of one aggregate stay in order. Each handler has an inbox. Its row (handler, event) is at once the queue
entry, the retry state and the proof that this handler has seen this event: the effect and the mark "done" are committed
together, so a second delivery does nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    insert,
    schema,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from reference_impl.core.database import Work, metadata
from reference_impl.core.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from reference_impl.core.clock import Clock
    from reference_impl.core.database import Database

log = structlog.get_logger()

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("tenant_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("dispatched_at", DateTime(timezone=True)),
    Column("feed_number", BigInteger),  # given by the dispatcher: see _DISPATCH
)
FEED_NUMBERS = schema.Sequence("outbox_feed_number", metadata=metadata)
Index("ix_outbox_undispatched", outbox.c.position, postgresql_where=outbox.c.dispatched_at.is_(None))
Index("ix_outbox_feed", outbox.c.tenant_id, outbox.c.feed_number, postgresql_where=outbox.c.feed_number.is_not(None))
Index(
    "ix_outbox_feed_of_aggregate",
    outbox.c.aggregate_id,
    outbox.c.feed_number,
    postgresql_where=outbox.c.feed_number.is_not(None),
)

inbox = Table(
    "inbox",
    metadata,
    Column("handler", Text, primary_key=True),
    Column("event_id", Text, ForeignKey("outbox.id"), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("aggregate_id", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="pending"),  # pending, done, dead
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False),
    Column("error", Text),
)
Index(
    "ix_inbox_pending",
    inbox.c.handler,
    inbox.c.aggregate_id,
    inbox.c.position,
    postgresql_where=inbox.c.status == "pending",
)
Index("ix_inbox_oldest", inbox.c.handler, inbox.c.position, postgresql_where=inbox.c.status == "pending")
Index("ix_inbox_dead", inbox.c.position, postgresql_where=inbox.c.status == "dead")

DISPATCH_AT_MOST = 1000
ATTEMPTS_AT_MOST = 8
BACKOFF_FIRST_S = 0.5
BACKOFF_CAP_S = 300.0
IDLE_S = 0.1


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as handlers get it."""

    id: str
    type: str
    tenant_id: str
    aggregate_id: str
    payload: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A handler of one type of event. `name` is its inbox: rename it and it sees old events again."""

    name: str
    on: str
    handle: Callable[[Event, Work], Awaitable[None]]


async def publish(work: Work, kind: str, *, tenant_id: str, aggregate_id: str, payload: Mapping[str, Any]) -> None:
    """Write an event next to the change that it tells of."""
    await work.execute(
        insert(outbox),
        {
            "id": new_id("evt"),
            "tenant_id": tenant_id,
            "type": kind,
            "aggregate_id": aggregate_id,
            "payload": dict(payload),
            "created_at": work.now(),
        },
    )


# One dispatcher at a time (the advisory lock), so that an inbox receives the events of an aggregate in their order. The
# lock is asked for once: asked for each row, it could be refused for the first and given for the second.
#
# Who reads events one after the other cannot go by their position: it is taken when an event is written, and its
# transaction may commit after others that took theirs later. Whoever has read those would never come back for it. Nor
# can they go by the transaction's id, which is taken when it begins to write: the events of one aggregate would come in
# the wrong order. So the dispatcher numbers what it finds, by position. It finds nothing but what is committed; the
# earlier event of an aggregate is committed before the later one is written; and the next dispatcher gets the lock when
# the numbers of this one can be seen, as locks are released after that. So nothing ever comes in below a number that
# somebody has read. Source: PostgreSQL manual, 13.3.5 Advisory Locks; CommitTransaction in access/transam/xact.c.
_DISPATCH = text("""
WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock(7102025) AS ours
), batch AS (
    SELECT position, id, type, aggregate_id FROM outbox
    WHERE dispatched_at IS NULL AND (SELECT ours FROM turn)
    ORDER BY position LIMIT :at_most FOR UPDATE
), numbered AS (
    SELECT position, nextval('outbox_feed_number') AS feed_number
    FROM (SELECT position FROM batch ORDER BY position) AS in_order
), routed AS (
    INSERT INTO inbox (handler, event_id, position, aggregate_id, next_attempt_at)
    SELECT subscription.handler, batch.id, batch.position, batch.aggregate_id, :now
    FROM batch
    JOIN unnest(CAST(:types AS text[]), CAST(:handlers AS text[])) AS subscription(type, handler) USING (type)
    ON CONFLICT DO NOTHING
)
UPDATE outbox SET dispatched_at = :now, feed_number = numbered.feed_number
FROM numbered WHERE outbox.position = numbered.position
""")

# The oldest pending event of an aggregate is also the lock on all its later ones: several workers may run this.
_CLAIM = text("""
SELECT inbox.handler, inbox.attempts,
    outbox.id, outbox.type, outbox.tenant_id, outbox.aggregate_id, outbox.payload, outbox.created_at
FROM inbox JOIN outbox ON outbox.id = inbox.event_id
WHERE inbox.status = 'pending' AND inbox.next_attempt_at <= :now AND inbox.handler = ANY(CAST(:handlers AS text[]))
  AND NOT EXISTS (
    SELECT FROM inbox AS earlier
    WHERE earlier.status = 'pending' AND earlier.handler = inbox.handler
      AND earlier.aggregate_id = inbox.aggregate_id AND earlier.position < inbox.position)
ORDER BY inbox.position LIMIT 1 FOR UPDATE OF inbox SKIP LOCKED
""")

DONE = text(
    "UPDATE inbox SET status = 'done', attempts = attempts + 1, error = NULL"
    " WHERE handler = :handler AND event_id = :id"
)
FAILED = text("""
UPDATE inbox SET attempts = attempts + 1, error = :error, next_attempt_at = :again,
    status = CASE WHEN attempts + 1 >= :at_most THEN 'dead' ELSE 'pending' END
WHERE handler = :handler AND event_id = :id
""")


def backoff_s(attempts: int, jitter: float) -> float:
    """Seconds to wait after so many attempts: doubled up to a cap, of that half to all, by jitter (0 to 1)."""
    return min(BACKOFF_FIRST_S * 2.0**attempts, BACKOFF_CAP_S) * (0.5 + jitter / 2)


class Relay:
    """Carries events from the outbox to their handlers; any number of workers may run one each."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        subscribers: Sequence[Subscriber],
        *,
        others: Sequence[tuple[str, str]] = (),
        seed: int | None = None,
    ) -> None:
        """others: a handler that somebody else runs, and an event that it is for; its inbox is filled from here."""
        self._database = database
        self._clock = clock
        self._subscribers = {subscriber.name: subscriber for subscriber in subscribers}
        self._routes = [*((subscriber.name, subscriber.on) for subscriber in subscribers), *others]
        self._random = random.Random(seed)  # noqa: S311 (jitter, not a secret)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                moved = await self.dispatch()
                handled = await self.handle_one()
                if not handled and moved < DISPATCH_AT_MOST:
                    await asyncio.sleep(IDLE_S)
            except asyncio.CancelledError:
                raise
            except Exception as problem:  # noqa: BLE001 (the database may be away; the outbox keeps the work)
                log.warning("relay_paused", reason=f"{type(problem).__name__}: {problem}")
                await asyncio.sleep(1.0)

    async def dispatch(self) -> int:
        """Move new events into the inboxes of their handlers; how many were moved."""
        work = Work(self._database, self._clock)
        try:
            result = await work.execute(
                _DISPATCH,
                {
                    "now": self._clock.now(),
                    "at_most": DISPATCH_AT_MOST,
                    "types": [kind for _, kind in self._routes],
                    "handlers": [handler for handler, _ in self._routes],
                },
            )
            await work.commit()
        except BaseException:
            await work.rollback()
            raise
        return result.rowcount

    async def handle_one(self) -> bool:
        """Take the oldest due event and run its handler; False when none was due."""
        work = Work(self._database, self._clock)
        try:
            claimed = await work.execute(_CLAIM, {"now": self._clock.now(), "handlers": list(self._subscribers)})
            row = claimed.mappings().one_or_none()
            if row is not None:
                await self._handle(dict(row), work)
            await work.commit()
        except BaseException:
            await work.rollback()
            raise
        return row is not None

    async def _handle(self, row: dict[str, Any], work: Work) -> None:
        name, attempts = row.pop("handler"), row.pop("attempts")
        event = Event(**row)
        try:
            async with work.savepoint():
                await self._subscribers[name].handle(event, work)
        except Exception as problem:  # noqa: BLE001 (a handler may fail in any way; the inbox keeps the event)
            reason = f"{type(problem).__name__}: {problem}"
            again = self._clock.now() + timedelta(seconds=backoff_s(attempts, self._random.random()))
            parameters = {"handler": name, "id": event.id, "error": reason, "again": again, "at_most": ATTEMPTS_AT_MOST}
            await work.execute(FAILED, parameters)
            log.warning("handler_failed", handler=name, event_id=event.id, attempts=attempts + 1, reason=reason)
        else:
            await work.execute(DONE, {"handler": name, "id": event.id})
