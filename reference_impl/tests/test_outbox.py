"""Events: carried at least once, handled once, in order per aggregate, kept when a handler fails."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from reference_impl.core.database import Work
from reference_impl.core.outbox import (
    ATTEMPTS_AT_MOST,
    BACKOFF_CAP_S,
    Event,
    Relay,
    Subscriber,
    backoff_s,
    inbox,
    publish,
)

if TYPE_CHECKING:
    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database

pytestmark = pytest.mark.anyio


class Handler:
    """Records what it gets, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[str] = []
        self.failures = failures

    async def __call__(self, event: Event, work: Work) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("vendor is away")
        self.seen.append(event.payload["name"])


async def emit(store: Database, clock: FrozenClock, *names: str, aggregate: str = "cus_1") -> None:
    work = Work(store, clock)
    for name in names:
        await publish(work, "customer.created", tenant_id="tnt_1", aggregate_id=aggregate, payload={"name": name})
    await work.commit()


def relay(store: Database, clock: FrozenClock, **handlers: Handler) -> Relay:
    subscribers = [Subscriber(name, "customer.created", handle) for name, handle in handlers.items()]
    return Relay(store, clock, subscribers, seed=1)


async def drain(carrier: Relay) -> None:
    await carrier.dispatch()
    while await carrier.handle_one():
        pass


async def statuses(store: Database, clock: FrozenClock) -> list[str]:
    work = Work(store, clock)
    rows = await work.execute(select(inbox.c.status).order_by(inbox.c.position))
    await work.rollback()
    return list(rows.scalars())


async def test_each_handler_gets_each_event_once(store: Database, clock: FrozenClock) -> None:
    """Two handlers of one type both see the event, and a second run of the relay changes nothing."""
    wallet, mail = Handler(), Handler()
    carrier = relay(store, clock, wallet=wallet, mail=mail)
    await emit(store, clock, "amal")
    await drain(carrier)
    await drain(carrier)
    assert (wallet.seen, mail.seen) == (["amal"], ["amal"])


async def test_a_rolled_back_change_tells_nothing(store: Database, clock: FrozenClock) -> None:
    """An event is written with its change or not at all."""
    handler = Handler()
    work = Work(store, clock)
    await publish(work, "customer.created", tenant_id="tnt_1", aggregate_id="cus_1", payload={"name": "nobody"})
    await work.rollback()
    await drain(relay(store, clock, wallet=handler))
    assert handler.seen == []


async def test_a_failing_handler_holds_back_its_aggregate_alone(store: Database, clock: FrozenClock) -> None:
    """Later events of the same aggregate wait for the one that failed; other aggregates and other handlers go on."""
    failing, other = Handler(failures=1), Handler()
    carrier = relay(store, clock, failing=failing, other=other)
    await emit(store, clock, "first", "second", aggregate="cus_1")
    await emit(store, clock, "elsewhere", aggregate="cus_2")
    await drain(carrier)
    assert (failing.seen, other.seen) == (["elsewhere"], ["first", "second", "elsewhere"])
    clock.advance(timedelta(seconds=BACKOFF_CAP_S))
    await drain(carrier)
    assert failing.seen == ["elsewhere", "first", "second"]


async def test_a_handler_that_never_succeeds_gives_up(store: Database, clock: FrozenClock) -> None:
    """After the last attempt the event is dead, stays to be seen, and no longer holds back its aggregate."""
    handler = Handler(failures=ATTEMPTS_AT_MOST)
    carrier = relay(store, clock, wallet=handler)
    await emit(store, clock, "poison", "next")
    for _ in range(ATTEMPTS_AT_MOST):
        await drain(carrier)
        clock.advance(timedelta(seconds=BACKOFF_CAP_S))
    await drain(carrier)
    assert handler.seen == ["next"]
    assert await statuses(store, clock) == ["dead", "done"]


async def test_what_a_failed_handler_wrote_is_undone(store: Database, clock: FrozenClock) -> None:
    """A handler's writes and its mark in the inbox are committed together or not at all."""

    async def half(event: Event, work: Work) -> None:
        await publish(work, "wallet.credited", tenant_id="tnt_1", aggregate_id="w", payload={"name": "half"})
        raise ConnectionError("cut off")

    carrier = Relay(store, clock, [Subscriber("half", "customer.created", half)], seed=1)
    await emit(store, clock, "amal")
    await drain(carrier)
    row = await store.row("SELECT count(*) AS found FROM outbox WHERE type = 'wallet.credited'")
    assert row is not None
    assert row["found"] == 0


async def test_two_relays_share_the_work(store: Database, clock: FrozenClock) -> None:
    """Two workers on one database carry each event to its handler once, in order."""
    import asyncio

    handler = Handler()
    names = [str(number) for number in range(40)]
    await emit(store, clock, *names)
    await asyncio.gather(*(drain(relay(store, clock, wallet=handler)) for _ in range(2)))
    await drain(relay(store, clock, wallet=handler))
    assert handler.seen == names


def test_backoff_doubles_up_to_a_cap() -> None:
    """Waits double with each attempt, never exceed the cap, and jitter takes at most half of them."""
    assert [backoff_s(attempts, 1.0) for attempts in range(4)] == [0.5, 1.0, 2.0, 4.0]
    assert backoff_s(60, 1.0) == BACKOFF_CAP_S
    assert backoff_s(3, 0.0) == backoff_s(3, 1.0) / 2
