"""The sync in workers that share a database: what it has to remember, one at a time, and who takes over."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.simulators.base import Running
from reference_impl.adapters.hierarchy import HierarchyTask, Store
from reference_impl.integrations.payload_cms.hierarchy import Entry
from reference_impl.integrations.payload_cms.schedule import PERIOD, Schedule
from reference_impl.integrations.payload_cms.sync import HierarchySync
from reference_impl.tests.cms import Sink, as_in_the_cms, client, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from reference_impl.core.clock import FrozenClock
    from reference_impl.core.database import Database
    from reference_impl.tests.cms import Editor

pytestmark = pytest.mark.anyio
SOON_S = 20.0


@pytest.fixture
def editor() -> Iterator[Editor]:
    with serving("simulator") as one:
        yield one


class Slow(Sink):
    """Somebody who takes nothing before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    async def upsert(self, collection: str, record: Any) -> str:
        self.reached.set()
        await self.go.wait()
        return await super().upsert(collection, record)


class Worker:
    """One of several that share a database and a sink."""

    def __init__(self, editor: Editor, store: Database, clock: FrozenClock, sink: Sink) -> None:
        self.cms = client(editor, clock)
        self.task = HierarchyTask(self.cms, sink, clock)
        self.store = Store(store, clock)
        self.sync = HierarchySync(self.cms, sink, self.store, seed=1)
        self._database = store

    async def look(self) -> None:
        await self.task.run_if_due(self._database, self.store, self.sync)


@pytest.fixture
async def sink() -> Slow:
    return Slow()


@pytest.fixture
async def workers(editor: Editor, store: Database, clock: FrozenClock, sink: Slow) -> AsyncIterator[list[Worker]]:
    made = [Worker(editor, store, clock, sink) for _ in range(2)]
    yield made
    for worker in made:
        await worker.cms.close()


async def test_what_the_store_remembers(store: Database, clock: FrozenClock) -> None:
    """Entries by ids of either kind, 1 beside "1"; cursors; the schedule; each as it was last put."""
    kept = Store(store, clock)
    now = clock.now()
    assert (await kept.entries("scopes"), await kept.cursor("scopes")) == ({}, None)
    assert await kept.schedule() == Schedule()
    number = Entry("Gulf / #1?", "a", now, (("countries", 1), ("countries", "01KGZ"), ("countries", "1")))
    text = Entry('Golf "1" \\ é', "b", now + timedelta(milliseconds=1))
    await kept.put("scopes", 1, Entry("before", "c", now))
    for document, entry in ((1, number), ("1", text), ("01KGZ-ü/#?", text)):
        await kept.put("scopes", document, entry)
    await kept.put("stores", 1, text)
    assert await kept.entries("scopes") == {1: number, "1": text, "01KGZ-ü/#?": text}
    await kept.drop("scopes", 1)
    assert await kept.entries("scopes") == {"1": text, "01KGZ-ü/#?": text}
    assert await kept.entries("stores") == {1: text}
    for schedule in (Schedule(now, 3, now - PERIOD), Schedule(now + PERIOD)):
        await kept.move("scopes", now)
        await kept.keep(schedule)
        assert (await kept.cursor("scopes"), await kept.schedule()) == (now, schedule)


async def test_one_worker_at_a_time(workers: list[Worker], editor: Editor, sink: Slow, clock: FrozenClock) -> None:
    """While one is at it the other leaves it alone; afterwards it is not due for either before the period is over."""
    one, other = workers
    running = asyncio.create_task(one.look())
    async with asyncio.timeout(SOON_S):
        await sink.reached.wait()
        sink.reached.clear()
        await other.look()
        assert not sink.reached.is_set()
        sink.go.set()
        await running
    as_in_the_cms(editor, sink)
    written = list(sink.calls)
    assert len(written) == len(set(written))
    asked = len(_received(editor))
    await other.look()
    assert len(_received(editor)) == asked
    clock.advance(PERIOD)
    await other.look()
    assert (len(_received(editor)) > asked, sink.calls) == (True, written)


@pytest.mark.parametrize("how", ["cancelled", "session lost"])
async def test_who_dies_lets_it_go(
    workers: list[Worker], editor: Editor, sink: Slow, store: Database, how: str
) -> None:
    """The other goes on where the first one was stopped, whether that had time for a farewell or not."""
    one, other = workers
    running = asyncio.create_task(one.look())
    async with asyncio.timeout(SOON_S):
        await sink.reached.wait()
        if how == "cancelled":
            running.cancel()
        else:
            await store.row(
                "SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_locks"
                " WHERE locktype = 'advisory' AND objid = 7102026"
            )
            running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        sink.go.set()
        await other.look()
    as_in_the_cms(editor, sink)


async def test_gaps_double_whoever_tries(workers: list[Worker], editor: Editor, clock: FrozenClock) -> None:
    """With two workers the CMS is asked as seldom as with one, and a new one goes on where they were."""
    editor.server.simulator.switches.flapping = 1_000_000  # type: ignore[attr-defined]
    tried = []
    for second in range(0, 3600, 5):
        asked = len(_received(editor))
        for worker in workers if second // 5 % 2 else reversed(workers):
            await worker.look()
        if len(_received(editor)) > asked:
            tried.append(clock.now())
        clock.advance(timedelta(seconds=5))
    gaps = [(later - earlier) / timedelta(minutes=1) for earlier, later in pairwise(tried)]
    assert [0.8 * plan <= gap <= plan + 0.1 for gap, plan in zip(gaps, (1, 2, 4, 8, 15, 15, 15), strict=False)] == [
        True for _ in gaps
    ]
    assert len(gaps) >= 5


def _received(editor: Editor) -> list[Any]:
    assert isinstance(editor.server, Running)
    return editor.server.simulator.received
