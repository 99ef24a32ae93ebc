"""Events that a vendor is told of: nothing is held while it thinks, nothing is lost while it is away."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from reference_impl.core import deliveries
from reference_impl.core.database import Work
from reference_impl.core.deliveries import LATER_S, LEASE_S, Delivery, Later, VendorRelay
from reference_impl.core.outbox import ATTEMPTS_AT_MOST, BACKOFF_CAP_S, Relay, inbox, publish

if TYPE_CHECKING:
    from datetime import datetime

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database
    from reference_impl.core.outbox import Event

pytestmark = pytest.mark.anyio


class Vendor:
    """Records what it is told; `problems` are raised first, one per message."""

    def __init__(self, *problems: Exception) -> None:
        self.told: list[str] = []
        self.asked = 0
        self.problems = list(problems)

    async def prepare(self, event: Event, work: Work) -> str | None:
        assert (await work.execute(text("SELECT 1"))).scalar_one() == 1
        name: str | None = event.payload["name"]
        return name

    async def send(self, message: str) -> None:
        self.asked += 1
        if self.problems:
            raise self.problems.pop(0)
        self.told.append(message)


def later(at: datetime | None = None) -> Later:
    problem = Later("away")
    problem.retry_at = at
    return problem


def relay_to(store: Database, clock: FrozenClock, vendor: Vendor, **options: Any) -> VendorRelay:
    delivery = Delivery("vendor.customer", ["customer.created"], vendor.prepare, vendor.send)
    return VendorRelay(store, clock, [delivery], seed=1, **options)


async def emit(store: Database, clock: FrozenClock, *names: str | None, aggregate: str = "cus_1") -> None:
    """Write events, and carry them to the vendor's inbox."""
    work = Work(store, clock)
    for name in names:
        await publish(work, "customer.created", tenant_id="tnt_1", aggregate_id=aggregate, payload={"name": name})
    await work.commit()
    await Relay(store, clock, [], others=[("vendor.customer", "customer.created")]).dispatch()


async def drain(relay: VendorRelay) -> None:
    while await relay.deliver_one():
        pass


async def rows(store: Database, clock: FrozenClock) -> list[tuple[str, int]]:
    work = Work(store, clock)
    found = await work.execute(select(inbox.c.status, inbox.c.attempts).order_by(inbox.c.position))
    await work.rollback()
    return [(row.status, row.attempts) for row in found]


async def test_a_vendor_is_told_once(store: Database, clock: FrozenClock) -> None:
    """Each event in its order, and a second run of the relay sends nothing."""
    vendor = Vendor()
    await emit(store, clock, "amal", "basim")
    await drain(relay_to(store, clock, vendor))
    await drain(relay_to(store, clock, vendor))
    assert vendor.told == ["amal", "basim"]
    assert await rows(store, clock) == [("done", 1), ("done", 1)]


async def test_nothing_to_send_is_done(store: Database, clock: FrozenClock) -> None:
    """What prepares to nothing is marked without asking the vendor."""
    vendor = Vendor()
    await emit(store, clock, None)
    await drain(relay_to(store, clock, vendor))
    assert vendor.asked == 0
    assert await rows(store, clock) == [("done", 1)]


async def test_no_transaction_is_open_while_a_vendor_thinks(store: Database, clock: FrozenClock) -> None:
    """While it is sent, PostgreSQL has no session of ours in a transaction."""
    seen: list[int] = []

    class Slow(Vendor):
        async def send(self, message: str) -> None:
            sessions = "FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            row = await store.row(f"SELECT count(*) AS open {sessions}")
            assert row is not None
            seen.append(row["open"])
            await super().send(message)

    await emit(store, clock, "amal")
    await drain(relay_to(store, clock, Slow()))
    assert seen == [0]


async def test_a_vendor_that_is_away_costs_no_attempt(store: Database, clock: FrozenClock) -> None:
    """However often it was away: the event waits, the later ones of its aggregate behind it, and all are sent."""
    vendor = Vendor(*(later() for _ in range(3 * ATTEMPTS_AT_MOST)))
    await emit(store, clock, "amal", "basim")
    relay = relay_to(store, clock, vendor)
    for _ in range(3 * ATTEMPTS_AT_MOST):
        await drain(relay)
        assert vendor.told == []
        clock.advance(timedelta(seconds=2 * LATER_S))
    await drain(relay)
    assert vendor.told == ["amal", "basim"]
    assert await rows(store, clock) == [("done", 1), ("done", 1)]


async def test_a_vendor_may_name_the_time(store: Database, clock: FrozenClock) -> None:
    """Nothing is sent before the time that it named, and all is sent then."""
    vendor = Vendor(later(clock.now() + timedelta(seconds=90)))
    await emit(store, clock, "amal")
    relay = relay_to(store, clock, vendor)
    await drain(relay)
    clock.advance(timedelta(seconds=89))
    await drain(relay)
    assert (vendor.asked, vendor.told) == (1, [])
    clock.advance(timedelta(seconds=1))
    await drain(relay)
    assert vendor.told == ["amal"]


async def test_what_is_refused_for_good_becomes_a_dead_letter(store: Database, clock: FrozenClock) -> None:
    """After a bounded number of attempts the event is dead, and the next one of its aggregate has its turn."""
    vendor = Vendor(*(ValueError("no such item") for _ in range(ATTEMPTS_AT_MOST)))
    await emit(store, clock, "amal", "basim")
    relay = relay_to(store, clock, vendor)
    for _ in range(ATTEMPTS_AT_MOST):
        await drain(relay)
        clock.advance(timedelta(seconds=BACKOFF_CAP_S))
    assert vendor.told == ["basim"]
    assert await rows(store, clock) == [("dead", ATTEMPTS_AT_MOST), ("done", 1)]


async def test_who_dies_after_sending_sends_again(store: Database, clock: FrozenClock) -> None:
    """Without its mark the event is leased for a while, and then sent once more."""

    class Fatal(Vendor):
        async def send(self, message: str) -> None:
            await super().send(message)
            raise KeyboardInterrupt

    vendor = Fatal()
    await emit(store, clock, "amal")
    with pytest.raises(KeyboardInterrupt):
        await drain(relay_to(store, clock, vendor))
    sound = Vendor()
    await drain(relay_to(store, clock, sound))
    assert sound.told == []
    clock.advance(timedelta(seconds=LEASE_S))
    await drain(relay_to(store, clock, sound))
    assert (vendor.told, sound.told) == (["amal"], ["amal"])


async def test_a_sending_ends_before_its_lease(
    store: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that takes longer is broken off, costs no attempt, and is tried again: nobody else has taken it up so far."""
    assert deliveries.SENDING_S < LEASE_S
    monkeypatch.setattr(deliveries, "SENDING_S", 0.05)

    class Stuck(Vendor):
        async def send(self, message: str) -> None:
            self.asked += 1
            await asyncio.sleep(60)

    vendor = Stuck()
    await emit(store, clock, "amal")
    await drain(relay_to(store, clock, vendor))
    assert vendor.asked == 1
    assert await rows(store, clock) == [("pending", 0)]


async def test_a_vendor_is_asked_again_soon_where_that_is_wanted(store: Database, clock: FrozenClock) -> None:
    vendor = Vendor(later())
    await emit(store, clock, "amal")
    relay = relay_to(store, clock, vendor, later_s=0.1)
    await drain(relay)
    clock.advance(timedelta(seconds=0.15))
    await drain(relay)
    assert vendor.told == ["amal"]


async def test_two_relays_share_the_work(store: Database, clock: FrozenClock) -> None:
    """What one has taken up the other leaves alone."""
    vendor = Vendor()
    await emit(store, clock, "amal")
    await emit(store, clock, "basim", aggregate="cus_2")
    second = relay_to(store, clock, vendor)

    class Interleaved(Vendor):
        async def send(self, message: str) -> None:
            await drain(second)
            await super().send(message)

    interleaved = Interleaved()
    first = relay_to(store, clock, interleaved)
    await drain(first)
    assert (interleaved.told, vendor.told) == (["amal"], ["basim"])
