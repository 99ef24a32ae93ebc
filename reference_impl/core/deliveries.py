"""Events that a vendor is told of: read in one transaction, sent in none, marked in another.

A vendor may take ten seconds or not answer at all, and no connection to the database is held for that. Who dies between
the sending and the mark sends again: what is sent carries a reference that the vendor, or our client, knows it by.
Each vendor has a relay of its own, so that a slow one holds up nobody else. A vendor that is away costs no attempt: its
events wait, in order, for as long as it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import text

from reference_impl.core.database import unit_of_work
from reference_impl.core.outbox import ATTEMPTS_AT_MOST, DONE, FAILED, Event, backoff_s

if TYPE_CHECKING:
    from datetime import datetime

    from reference_impl.core.clock import Clock
    from reference_impl.core.database import Database, Work

log = structlog.get_logger()

LEASE_S = 120.0
"""For how long an event is one worker's."""
SENDING_S = 110.0
"""How long a sending may take in all: less than the lease, or another worker would send it too."""
LATER_S = 5.0
IDLE_S = 0.5


class Later(Exception):
    """Not now, through no fault of what is sent. `retry_at`: not before that, if it is known."""

    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a vendor is told of some types of events, those of an aggregate in their order.

    `name` is its inbox: rename it and it sends old events again.
    prepare: what to send, read in a transaction; None: nothing.
    send: does the same twice as once; raises Later, or what will never succeed.
    keep: writes what the vendor answered, in the transaction that marks the event as done.
    """

    name: str
    on: Sequence[str]
    prepare: Callable[[Event, Work], Awaitable[Any]]
    send: Callable[[Any], Awaitable[Any]]
    keep: Callable[[Event, Any, Work], Awaitable[None]] | None = None


# Pending rows of an aggregate keep their order: the one that is leased stays the oldest of them.
# The oldest of each handler by itself, in the order of an index: after a long outage thousands of rows are pending, and
# to sort them all for each one that is sent took most of the time.
_LEASE = text("""
WITH due AS (
    SELECT oldest.handler, oldest.event_id FROM unnest(CAST(:handlers AS text[])) AS wanted (handler)
    CROSS JOIN LATERAL (
        SELECT inbox.handler, inbox.event_id, inbox.position FROM inbox
        WHERE inbox.status = 'pending' AND inbox.next_attempt_at <= :now AND inbox.handler = wanted.handler
          AND NOT EXISTS (
            SELECT FROM inbox AS earlier
            WHERE earlier.status = 'pending' AND earlier.handler = inbox.handler
              AND earlier.aggregate_id = inbox.aggregate_id AND earlier.position < inbox.position)
        ORDER BY inbox.position LIMIT 1 FOR UPDATE OF inbox SKIP LOCKED
    ) AS oldest
    ORDER BY oldest.position LIMIT 1
)
UPDATE inbox SET next_attempt_at = :until FROM due JOIN outbox ON outbox.id = due.event_id
WHERE inbox.handler = due.handler AND inbox.event_id = due.event_id
RETURNING inbox.handler, inbox.attempts,
    outbox.id, outbox.type, outbox.tenant_id, outbox.aggregate_id, outbox.payload, outbox.created_at
""")

_LATER = text("UPDATE inbox SET error = :error, next_attempt_at = :again WHERE handler = :handler AND event_id = :id")


class VendorRelay:
    """Carries events to one vendor; any number of workers may run one each.

    ready: whether the vendor may be asked now. While it is not, nothing is taken up only to be put back.
    later_s: when a vendor that is away is asked again, unless it, or the breaker, named a time.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        deliveries: Sequence[Delivery],
        *,
        ready: Callable[[], bool] = lambda: True,
        later_s: float = LATER_S,
        seed: int | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._deliveries = {delivery.name: delivery for delivery in deliveries}
        self._ready = ready
        self._later_s = later_s
        self._random = random.Random(seed)  # noqa: S311 (jitter, not a secret)
        self._task: asyncio.Task[None] | None = None
        self._rests_until = clock.now()

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
                rests = not self._ready() or self._clock.now() < self._rests_until
                if rests or not await self.deliver_one():
                    await self._clock.sleep(IDLE_S)
            except asyncio.CancelledError:
                raise
            except Exception as problem:  # noqa: BLE001 (the database may be away; the outbox keeps the work)
                log.warning("vendor_relay_paused", reason=f"{type(problem).__name__}: {problem}")
                await asyncio.sleep(1.0)

    async def deliver_one(self) -> bool:
        """Take the oldest due event and tell the vendor; False when none was due."""
        async with unit_of_work(self._database, self._clock) as work:
            now = self._clock.now()
            parameters = {"now": now, "until": now + timedelta(seconds=LEASE_S), "handlers": list(self._deliveries)}
            row = (await work.execute(_LEASE, parameters)).mappings().one_or_none()
            if row is None:
                return False
            found = dict(row)
            delivery, attempts = self._deliveries[found.pop("handler")], found.pop("attempts")
            event = Event(**found)
        await self._tell(delivery, event, attempts)
        return True

    async def _tell(self, delivery: Delivery, event: Event, attempts: int) -> None:
        """Send it, and write what came of it. Who is away is away for all: until then nothing else is tried."""
        row = {"handler": delivery.name, "id": event.id}
        jitter = self._random.random()
        try:
            async with unit_of_work(self._database, self._clock) as work:
                message = await delivery.prepare(event, work)
            answer = None if message is None else await _in_time(delivery.send(message))
            async with unit_of_work(self._database, self._clock) as work:
                if delivery.keep is not None and message is not None:
                    await delivery.keep(event, answer, work)
                await work.execute(DONE, row)
        except Later as later:
            again = later.retry_at or self._clock.now() + timedelta(seconds=self._later_s * (0.5 + jitter))
            self._rests_until = again
            mark, found = _LATER, {"error": str(later), "again": again}
        except Exception as problem:  # noqa: BLE001 (a vendor may refuse in any way; the inbox keeps the event)
            reason = f"{type(problem).__name__}: {problem}"
            again = self._clock.now() + timedelta(seconds=backoff_s(attempts, jitter))
            mark, found = FAILED, {"error": reason, "again": again, "at_most": ATTEMPTS_AT_MOST}
            log.warning(
                "delivery_failed", handler=delivery.name, event_id=event.id, attempts=attempts + 1, reason=reason
            )
        else:
            return
        async with unit_of_work(self._database, self._clock) as work:
            await work.execute(mark, {**row, **found})


async def _in_time(sending: Awaitable[Any]) -> Any:
    try:
        async with asyncio.timeout(SENDING_S):
            return await sending
    except TimeoutError:
        raise Later(f"not done within {SENDING_S:g} s") from None
