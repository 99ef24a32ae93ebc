"""The hierarchy's sync: all of it arrives, nothing twice, whatever happens to the CMS, the sink or us meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
import structlog

from fixtures.simulators.base import Running
from reference_impl.core.clock import FrozenClock
from reference_impl.integrations.payload_cms.client import moment, written
from reference_impl.integrations.payload_cms.hierarchy import COLLECTIONS, MemoryStore
from reference_impl.integrations.payload_cms.schedule import PERIOD, Schedule
from reference_impl.integrations.payload_cms.sync import HierarchySync, run_for_ever
from reference_impl.tests.cms import Editor, Sink, as_in_the_cms, client, hours_later, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fixtures.simulators.payload_cms import PayloadCms as Simulated
    from reference_impl.integrations.payload_cms.client import PayloadCms
    from reference_impl.integrations.payload_cms.sync import Report

pytestmark = pytest.mark.anyio
BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(params=["simulator", "payload"])
def editor(request: pytest.FixtureRequest) -> Iterator[Editor]:
    with serving(request.param) as one:
        yield one


@pytest.fixture
async def desk(editor: Editor) -> AsyncIterator[Desk]:
    desk = Desk(editor)
    yield desk
    await desk.cms.close()


only_simulated = pytest.mark.parametrize("editor", ["simulator"], indirect=True)


class Desk:
    """A sync with all that it needs."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.clock = FrozenClock(BEGAN)
        self.cms: PayloadCms = client(editor, self.clock)
        self.sink = Sink()
        self.store = MemoryStore()
        self.logs: list[Any] = []
        self.restarted()

    def restarted(self) -> None:
        """As after a crash: only store and sink are what they were."""
        self.sync = HierarchySync(self.cms, self.sink, self.store, seed=1)

    async def run(self) -> Report:
        """The next cycle, now."""
        self.clock.advance(PERIOD)
        self.sink.calls.clear()
        with structlog.testing.capture_logs() as self.logs:
            return await self.sync.run_once(self.clock.now())

    @property
    def simulator(self) -> Simulated:
        assert isinstance(self.editor.server, Running)
        return self.editor.server.simulator  # type: ignore[return-value]


async def test_a_full_sync(desk: Desk) -> None:
    """More than a page, in the order of the collections, ids turned to names; a repeat writes nothing."""
    ids = desk.editor.categories(120)
    desk.editor.update("categories", 1, parent_category=ids[-1])  # who comes first refers to who comes last
    report = await desk.run()
    assert (report.state, report.written, report.held) == ("done", 132, set())
    as_in_the_cms(desk.editor, desk.sink)
    order = [collection for _, collection, _ in desk.sink.calls]
    assert order == sorted(order, key=COLLECTIONS.index)
    (scope,) = desk.sink.records["scopes"].values()
    assert scope.fields["countries"] == ["Saudi Arabia / #1?", "United Arab Emirates / #2?"]
    again = await desk.run()
    assert (again.state, again.written, again.deleted, desk.sink.calls, desk.logs) == ("done", 0, 0, [], [])
    desk.restarted()
    assert ((await desk.run()).state, desk.sink.calls) == ("done", [])


async def test_changed_made_and_deleted_in_between(desk: Desk) -> None:
    """Only these are written; what is gone in the CMS goes in the sink."""
    ids = desk.editor.categories(5)
    await desk.run()
    desk.editor.update("countries", 1, name="KSA")
    desk.editor.update("countries", 2)  # a new version of the same content
    desk.editor.delete("categories", ids[1])
    made = desk.editor.create("stores", name="Second", tenant=1, country=1)
    report = await desk.run()
    assert (report.written, report.deleted) == (2, 1)
    assert desk.sink.calls[:2] == [("upsert", "countries", 1), ("upsert", "stores", made)]
    assert [str(call[2]).endswith(f"#{ids[1]}?") for call in desk.sink.calls[2:]] == [True]
    as_in_the_cms(desk.editor, desk.sink)


async def test_a_deletion_that_empties_references(desk: Desk) -> None:
    """The CMS gives who referred to it no new version: they are written all the same, before it is deleted."""
    with hours_later(1):  # so that the overlap does not show them
        desk.editor.create("governance-authorities", name="Newer")
        desk.editor.create("scopes", name="Newer")
        desk.editor.create("tenants", name="Newer", handle="newer")
    await desk.run()
    desk.editor.delete("countries", 1)
    report = await desk.run()
    assert (report.written, report.deleted, report.held) == (3, 1, set())
    assert desk.sink.calls[-1] == ("delete", "countries", "Saudi Arabia / #1?")
    as_in_the_cms(desk.editor, desk.sink)
    assert (await desk.run()).written == 0


async def test_a_branch_is_deleted(desk: Desk) -> None:
    """Those that refer go first, across collections and within one."""
    root = desk.editor.create("categories", name="Root", slug="root")
    leaf = desk.editor.create("categories", name="Leaf", slug="leaf", parent_category=root)
    sub = desk.editor.create("subcategories", name="Sub", slug="sub", category=leaf)
    await desk.run()
    desk.editor.delete("subcategories", sub)
    desk.editor.delete("categories", root)
    desk.editor.delete("categories", leaf)
    assert (await desk.run()).deleted == 3
    assert [name for _, _, name in desk.sink.calls] == [
        f"{n} / #{i}?" for n, i in (("Sub", sub), ("Leaf", leaf), ("Root", root))
    ]
    as_in_the_cms(desk.editor, desk.sink)


async def test_the_cms_stops_in_the_middle(desk: Desk, editor: Editor) -> None:
    """What is written stays; when it is back the rest follows, and nothing is written twice."""
    editor.categories(40)
    upsert = desk.sink.upsert

    async def stopping(collection: str, record: Any) -> str:
        if len(desk.sink.calls) == 20:
            editor.server.stop()
        return await upsert(collection, record)

    desk.sink.upsert = stopping  # type: ignore[method-assign]
    report = await desk.run()
    assert (report.state, report.written > 20) == ("stopped", True)
    written = report.written
    assert [one["event"] for one in desk.logs if one["log_level"] == "info"] == ["hierarchy_sync_stopped"]
    desk.sink.upsert = upsert  # type: ignore[method-assign]
    assert (await desk.run()).state == "skipped"
    editor.server.start()
    desk.restarted()
    report = await desk.run()
    assert (report.state, written + report.written) == ("done", 52)
    as_in_the_cms(editor, desk.sink)


@only_simulated
async def test_the_sink_goes_away_anywhere(desk: Desk) -> None:
    """Whichever call fails, the next cycle goes on there: in the end every document was written once."""
    calls = []
    for after in range(12):
        desk.sink.away_after = 1
        report = await desk.run()
        calls += desk.sink.calls
        assert (report.state, report.written) == (("stopped", 1) if after < 11 else ("done", 1))
        desk.restarted()
    assert len(calls) == len(set(calls)) == 12
    as_in_the_cms(desk.editor, desk.sink)


@only_simulated
async def test_an_hour_of_503(desk: Desk) -> None:
    """At most one INFO and no ERROR in a cycle of 15 minutes; gaps double up to it; then one cycle and all is there."""
    await desk.run()
    desk.clock.advance(PERIOD)
    desk.simulator.switches.flapping = 10_000
    start, tried, told = desk.clock.now(), [], []
    desk.simulator.received.clear()
    with structlog.testing.capture_logs() as logs:
        while desk.clock.now() < start + timedelta(hours=1):
            asked, said = len(desk.simulator.received), len(logs)
            report = await desk.sync.run_once(desk.clock.now())
            if len(desk.simulator.received) > asked:
                tried.append(desk.clock.now())
                assert (report.state, report.written) == ("skipped", 0)
            told += [(desk.clock.now(), one) for one in logs[said:]]
            desk.clock.advance(timedelta(seconds=1))
    levels = [one["log_level"] for _, one in told]
    assert (levels.count("error"), levels.count("critical"), levels.count("warning")) == (0, 0, 1)
    infos = [at for at, one in told if one["log_level"] == "info"]
    assert 1 < len(infos) <= 4
    assert all(later - earlier >= PERIOD for earlier, later in pairwise(infos))
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(tried)]
    for gap, most in zip(gaps, [60, 120, 240, 480, 900, 900, 900], strict=False):
        assert most * 0.8 <= gap <= most + 1
    assert len(desk.simulator.received) == len(tried) <= 8
    desk.simulator.switches.flapping = 0
    desk.editor.update("countries", 1, name="KSA")
    back = desk.clock.now()
    while (await desk.sync.run_once(desk.clock.now())).state != "done":
        desk.clock.advance(timedelta(seconds=1))
    assert desk.clock.now() - back <= PERIOD
    as_in_the_cms(desk.editor, desk.sink)
    assert desk.sync.schedule == Schedule(next_at=desk.clock.now() + PERIOD)


@only_simulated
@pytest.mark.parametrize("switch", ["database_down", "refuse_key"])
async def test_nobody_is_no_empty_hierarchy(desk: Desk, switch: str) -> None:
    """A CMS that does not know us is skipped: nothing is deleted."""
    await desk.run()
    setattr(desk.simulator.switches, switch, True)
    report = await desk.run()
    assert (report.state, desk.sink.calls) == ("skipped", [])
    assert [one["log_level"] for one in desk.logs].count("info") == 1
    assert ("its database answers" in str(report.problem)) == (switch == "refuse_key")


@only_simulated
async def test_it_waits_as_long_as_the_vendor_says(desk: Desk) -> None:
    desk.simulator.switches.rate_limited = True
    await desk.run()
    next_at = desk.sync.schedule.next_at
    assert next_at is not None
    assert next_at >= desk.clock.now() + timedelta(seconds=30)
    assert (await desk.sync.run_once(next_at - timedelta(seconds=1))).state == "not_due"


@only_simulated
async def test_what_the_sink_refuses(desk: Desk) -> None:
    """It is held back with all that refers to it, the rest goes on; said once, tried each cycle."""
    above = desk.editor.create("tenants", name="Above", handle="above")
    desk.editor.update("tenants", 1, parent_tenant=above)
    desk.sink.refuses = {"Above"}
    report = await desk.run()
    held = {("tenants", above), ("tenants", 1), ("tenants", 2), ("stores", 1), ("portals", 1)}
    assert (report.state, report.held, report.written) == ("done", held, 8)
    assert [one["document"] for one in desk.logs if one["event"] == "hierarchy_refused"] == [above]
    assert ((await desk.run()).held, [one for one in desk.logs if one["log_level"] == "warning"]) == (held, [])
    desk.sink.refuses = set()
    report = await desk.run()
    assert (report.held, report.written) == (set(), 5)
    as_in_the_cms(desk.editor, desk.sink)


@only_simulated
async def test_references_in_a_circle(desk: Desk) -> None:
    """Two that refer to each other, and one to itself: written, then written whole."""
    one = desk.editor.create("categories", name="One", slug="one")
    two = desk.editor.create("categories", name="Two", slug="two", parent_category=one)
    desk.editor.update("categories", one, parent_category=two)
    own = desk.editor.create("categories", name="Own", slug="own")
    desk.editor.update("categories", own, parent_category=own)
    assert (await desk.run()).held == set()
    as_in_the_cms(desk.editor, desk.sink)
    assert (await desk.run()).written == 0


@only_simulated
async def test_an_increment_asks_for_what_is_new(desk: Desk) -> None:
    """Since the newest change that was seen, by the CMS's clock, less the overlap; versions alone for the rest."""
    await desk.run()
    newest = max(moment(one["updatedAt"]) for one in desk.editor.all("countries"))
    desk.simulator.received.clear()
    await desk.run()
    asked = [dict(parse_qsl(one.query)) for one in desk.simulator.received if one.path == "/api/countries"]
    assert asked == [
        {
            "depth": "0",
            "limit": "100",
            "sort": "updatedAt,id",
            "where[updatedAt][greater_than_equal]": written(newest - timedelta(minutes=5)),
        },
        {"depth": "0", "limit": "500", "sort": "id", "select[updatedAt]": "true"},
    ]
    assert len(desk.simulator.received) == 1 + 2 * len(COLLECTIONS)


@only_simulated
async def test_a_change_that_appears_late(desk: Desk) -> None:
    """Committed after the cursor went by with an older time than the overlap reaches back to: found by its version."""
    await desk.run()
    document = desk.simulator.store.all("countries")[0]
    document["name"], document["updatedAt"] = "Late", "2020-01-01T00:00:00.000Z"
    assert (await desk.run()).written == 1
    as_in_the_cms(desk.editor, desk.sink)


@only_simulated
async def test_a_parent_made_while_we_read(desk: Desk) -> None:
    """A new tenant of a country that was made after the countries were read: the country is fetched first."""
    versions = desk.cms.versions

    async def editing(collection: str) -> Any:
        found = await versions(collection)
        if collection == "countries":
            country = desk.editor.create("countries", name="Oman", code="OM")
            desk.editor.create("tenants", name="New", handle="new", country=country)
        return found

    desk.cms.versions = editing  # type: ignore[method-assign]
    assert (await desk.run()).held == set()
    as_in_the_cms(desk.editor, desk.sink)


@only_simulated
async def test_somebody_deleted_it_in_the_sink(desk: Desk) -> None:
    """Or we did, and crashed before it was noted: that it is not there is what was wanted."""
    await desk.run()
    desk.editor.delete("portals", 1)
    desk.sink.records["portals"].clear()
    report = await desk.run()
    assert (report.deleted, report.held) == (1, set())
    assert (await desk.run()).deleted == 0


@only_simulated
async def test_a_crash_between_write_and_note(desk: Desk) -> None:
    """The record is written again under the same id: there is still one."""
    put = desk.store.put

    async def crashing(*_: object) -> None:
        raise KeyboardInterrupt

    desk.store.put = crashing  # type: ignore[assignment, method-assign]
    with pytest.raises(KeyboardInterrupt):
        await desk.run()
    desk.store.put = put  # type: ignore[method-assign]
    desk.restarted()
    await desk.run()
    as_in_the_cms(desk.editor, desk.sink)


@only_simulated
async def test_it_runs_by_itself(desk: Desk) -> None:
    """Every quarter of an hour, without an end."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        desk.clock.advance(timedelta(seconds=seconds))
        if len(waited) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await run_for_ever(desk.sync, desk.clock, sleep)
    assert waited == [900, 900, 900]
    as_in_the_cms(desk.editor, desk.sink)


def test_the_schedule() -> None:
    """Due at once, then each quarter of an hour; gaps after failures double to that, and chance only shortens them."""
    assert Schedule().due(BEGAN)
    assert Schedule().succeeded(BEGAN).next_at == BEGAN + PERIOD
    schedule, gaps = Schedule(), []
    for _ in range(7):
        schedule = schedule.failed(BEGAN, jitter=0.0)
        assert schedule.next_at is not None
        gaps.append((schedule.next_at - BEGAN).total_seconds() / 60)
    assert gaps == [1, 2, 4, 8, 15, 15, 15]
    assert Schedule(failures=1).failed(BEGAN, 1.0).next_at == BEGAN + timedelta(seconds=96)
    assert Schedule().failed(BEGAN, 1.0, BEGAN + timedelta(hours=1)).next_at == BEGAN + timedelta(hours=1)
    assert Schedule().failed(BEGAN, 0.0).succeeded(BEGAN).failures == 0
