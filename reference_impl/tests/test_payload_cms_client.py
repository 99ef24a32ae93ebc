"""The client of Payload CMS: pages that stay whole while somebody writes, and errors told apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog

from fixtures.simulators.base import Running
from reference_impl.core.clock import FrozenClock, SystemClock
from reference_impl.integrations.base import CredentialsRejected, Rejected, Unavailable
from reference_impl.integrations.breaker import Breaker
from reference_impl.integrations.payload_cms import health
from reference_impl.integrations.payload_cms.client import Page, PayloadCms, moment, reference, references, written
from reference_impl.tests.cms import Editor, client, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fixtures.simulators.payload_cms import PayloadCms as Simulated

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def real() -> Iterator[Editor]:
    """One for all tests here, whatever those before have left in it."""
    with serving("payload") as one:
        yield one


@pytest.fixture(params=["simulator", "payload"])
def editor(request: pytest.FixtureRequest) -> Iterator[Editor]:
    if request.param == "payload":
        yield request.getfixturevalue("real")
        return
    with serving("simulator") as one:
        yield one


@pytest.fixture
async def cms(editor: Editor) -> AsyncIterator[PayloadCms]:
    one = client(editor, SystemClock())
    yield one
    await one.close()


@pytest.fixture
def simulator(editor: Editor) -> Simulated:
    assert isinstance(editor.server, Running)
    return editor.server.simulator  # type: ignore[return-value]


only_simulated = pytest.mark.parametrize("editor", ["simulator"], indirect=True)


async def test_reading(editor: Editor, cms: PayloadCms) -> None:
    """Who we are, how many there are, one page in a named order, and documents by id: relations are ids."""
    assert (await cms.whoami()).email == "sync@example.test"
    assert await cms.count("countries") == 3
    assert await cms.count("countries", {"[code][equals]": "SA"}) == 1
    page = await cms.page("countries", sort="-code", limit=2)
    assert ([one.fields["code"] for one in page.documents], page.total, page.more) == (["SA", "EG"], 3, True)
    (acme,) = await cms.find("tenants", [2])
    assert (acme.id, acme.fields["country"], acme.fields["parent_tenant"], acme.fields["domain"]) == (2, 2, 1, None)
    assert [one.id for one in await cms.find("countries", [3, 1, 99])] == [1, 3]


async def test_an_id_of_the_wrong_kind_names_nobody(cms: PayloadCms) -> None:
    """In a path the first would be tenant 1, and the last an error 500."""
    for wrong in ("01KGZ2JRYX607FWMMYQNQRKVWS", "1", "not-an-id"):
        assert await cms.find("tenants", [wrong]) == []


async def test_a_whole_read_while_somebody_writes(editor: Editor, cms: PayloadCms) -> None:
    """Two are deleted and some are made between pages: none that stays is left out, none comes twice."""
    ids = editor.categories(24)
    seen = []
    async for document in cms.whole("categories", limit=10):
        seen.append(document.id)
        if len(seen) == 5:
            editor.delete("categories", ids[0])
            editor.delete("categories", ids[1])
            editor.categories(3)
    assert len(seen) == len(set(seen))
    assert set(seen) >= {document["id"] for document in editor.all("categories")}


async def test_an_increment_while_somebody_writes(editor: Editor, cms: PayloadCms) -> None:
    """Oldest change first; what is changed meanwhile comes again, nothing is left out by a deletion."""
    ids = editor.categories(24)
    first = next(moment(one["updatedAt"]) for one in editor.all("categories") if one["id"] == ids[0])
    seen = []
    async for document in cms.changed("categories", first, limit=5):
        seen.append(document.id)
        if len(seen) == 6:
            editor.update("categories", ids[0], description="changed")
            editor.delete("categories", ids[1])
    assert (seen[:3], seen[-1]) == (ids[:3], ids[0])
    assert set(seen) == set(ids)
    assert [one async for one in cms.changed("categories", datetime(2130, 1, 1, tzinfo=UTC))] == []


@only_simulated
async def test_many_changes_in_one_moment(editor: Editor, cms: PayloadCms, simulator: Simulated) -> None:
    """A bulk change may give more documents than a page holds the same `updatedAt`."""
    at = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    for collection in ("categories",):
        for document in simulator.store.all(collection):
            document["updatedAt"] = written(at)
    simulator.store._now = lambda: at
    ids = [1, 2, *editor.categories(20)]
    assert [one.id async for one in cms.changed("categories", at, limit=4)] == ids


async def test_versions(editor: Editor, cms: PayloadCms) -> None:
    versions = await cms.versions("countries")
    assert versions == {one["id"]: moment(one["updatedAt"]) for one in editor.all("countries")}


async def test_a_wrong_key(editor: Editor) -> None:
    """It is told apart from a dead database, because the database still refuses a log-in."""
    wrong = client(Editor(editor.server, "11111111-2222-4333-8444-555555555555"), SystemClock())
    with pytest.raises(Unavailable, match="refused, or its database is away"):
        await wrong.whoami()
    for question in (wrong.ping(), wrong.count("countries")):
        with pytest.raises(CredentialsRejected, match="its database answers"):
            await question
    assert (await health.check(wrong)).state == "credentials_rejected"
    await wrong.close()


async def test_what_can_never_be(cms: PayloadCms) -> None:
    """An unknown collection or path is our mistake, in its words; the breaker stays closed."""
    with pytest.raises(Rejected, match="Route not found"):
        await cms.count("unknown")
    with pytest.raises(Rejected, match="cannot be queried: nope") as refused:
        await cms.count("countries", {"[nope][equals]": "1"})
    assert (refused.value.status, set(refused.value.fields)) == (400, {"nope"})
    assert cms.outage is None


async def test_health(editor: Editor, cms: PayloadCms) -> None:
    well = await health.check(cms)
    assert (well.state, well.words) == ("healthy", "")
    editor.server.stop()
    away = await health.check(cms)
    assert (away.state, away.latency_ms < 3000) == ("unhealthy", True)
    editor.server.start()
    assert (await health.check(cms)).state == "healthy"


@only_simulated
async def test_a_dead_database(cms: PayloadCms, simulator: Simulated) -> None:
    """The same 403 as for a wrong key, and to be waited out."""
    simulator.switches.database_down = True
    with pytest.raises(Unavailable, match="refused, or its database is away"):
        await cms.count("countries")
    assert (await health.check(cms)).state == "unhealthy"
    simulator.switches.database_down = False
    assert await cms.count("countries") == 3


@only_simulated
@pytest.mark.parametrize(
    ("switches", "words"),
    [({"flapping": 1000}, "503"), ({"half_answers": True}, "RemoteProtocolError"), ({"slow_s": 1.0}, "ReadTimeout")],
)
async def test_bad_days(editor: Editor, simulator: Simulated, switches: dict[str, float], words: str) -> None:
    """Asked a bounded number of times, then Unavailable; one line in the log for the outage, one for its end."""
    cms = client(editor, SystemClock(), answer_s=0.3)
    for name, value in switches.items():
        setattr(simulator.switches, name, value)
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(Unavailable, match=words):
                await cms.count("countries")
        assert len(simulator.received) == 6
        for name in switches:
            setattr(simulator.switches, name, 0)
        assert await cms.count("countries") == 3
    assert [(one["event"], one["log_level"]) for one in logs] == [
        ("vendor_outage", "warning"),
        ("vendor_recovered", "info"),
    ]
    await cms.close()


@only_simulated
async def test_too_often(cms: PayloadCms, simulator: Simulated) -> None:
    """A proxy's 429 names the time; we do not come before."""
    simulator.switches.rate_limited = True
    with pytest.raises(Unavailable) as limited:
        await cms.count("countries")
    assert limited.value.retry_at is not None
    assert limited.value.retry_at > datetime.now(UTC) + timedelta(seconds=25)
    assert len(simulator.received) == 1


@only_simulated
async def test_a_slow_answer_is_a_degraded_vendor(cms: PayloadCms, simulator: Simulated) -> None:
    simulator.switches.slow_s = 1.1
    assert (await health.check(cms)).state == "degraded"
    simulator.switches.slow_s = 4.0
    late = await health.check(cms)
    assert (late.state, late.latency_ms < 3000) == ("unhealthy", True)


@only_simulated
async def test_a_dead_vendor_is_asked_as_often_as_the_breaker_lets(editor: Editor, simulator: Simulated) -> None:
    clock = FrozenClock(datetime(2026, 3, 1, tzinfo=UTC))
    cms = client(editor, clock, breaker=Breaker(clock, threshold=5))
    simulator.switches.flapping = 1000
    for _ in range(10):
        with pytest.raises(Unavailable):
            await cms.count("countries")
    assert len(simulator.received) == 5
    assert (await health.check(cms)).state == "unhealthy"
    simulator.switches.flapping = 0
    assert (await health.check(cms)).state == "healthy"  # past the breaker
    await cms.close()


@only_simulated
async def test_a_page_of_somebody_else(cms: PayloadCms, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 200 that is not Payload's, from a proxy or a landing page, is no empty hierarchy."""

    async def html(*_: object, **__: object) -> httpx.Response:
        return httpx.Response(200, text="<html>", request=httpx.Request("GET", "http://cms"))

    monkeypatch.setattr(cms._http, "request", html)
    with pytest.raises(Unavailable, match="no JSON object"):
        await cms.versions("countries")


@only_simulated
async def test_a_server_that_takes_no_notice_of_where(
    editor: Editor, cms: PayloadCms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read ends, with an error, where every page would be the first one."""
    editor.categories(5)
    page = cms.page

    async def first(collection: str, **options: Any) -> Page:
        return await page(collection, **{**options, "where": None})

    monkeypatch.setattr(cms, "page", first)
    for reading in (
        cms.whole("categories", limit=2),
        cms.changed("categories", datetime(2020, 1, 1, tzinfo=UTC), limit=2),
    ):
        with pytest.raises(Unavailable, match="the same page"):
            assert [one async for one in reading] == []


@pytest.mark.parametrize(
    ("value", "one", "many"),
    [
        (1, 1, [1]),
        ("a", "a", ["a"]),
        (None, None, []),
        ({"id": 2, "name": "x"}, 2, [2]),
        ([1, {"id": 2}], None, [1, 2]),
    ],
)
def test_a_relation_is_an_id_or_a_document(value: object, one: object, many: list[object]) -> None:
    assert (reference(value), references(value)) == (one, many)
