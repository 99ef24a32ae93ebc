"""Payload CMS's client by itself: reading on from what was read last, and what "not allowed" turns out to mean."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.consumers.logic.answers import answering, bodies, changed, queries, routed
from contracts.consumers.payload_cms import CHANGED, KEY, NAME, WORKS
from reference_impl.integrations.base import CredentialsRejected, Rejected, Unavailable, VendorError
from reference_impl.integrations.payload_cms.client import NOBODY, PayloadCms, written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import respx

    from contracts.consumers.logic.answers import Waits
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

BY_ID, ABOVE = "the first categories by id", "the categories above an id"
SINCE, AFTER = "the first categories changed since a moment", "the categories changed after one of them"
COUNT = "a count of all categories"
AWAY = "the database is away"
ME, LOGIN = "the question whose key it is", "a log-in of nobody"


@pytest.fixture
async def cms(clock: FrozenClock, waits: Waits) -> AsyncIterator[PayloadCms]:
    """The platform's own client."""
    client = PayloadCms("http://cms.example.com", KEY, clock, sleep=waits)
    yield client
    await client.close()


def cursors(route: respx.Route) -> list[dict[str, str]]:
    """Of each question, from where on it asks."""
    return [{name: text for name, text in query.items() if name.startswith("where")} for query in queries(route)]


def with_document(answer: httpx.Response, identity: Any, **fields: Any) -> httpx.Response:
    """A page whose one document has another id."""
    (document,) = answer.json()["docs"]
    return changed(answer, docs=[{**document, "id": identity, **fields}])


async def test_a_collection_page_by_page(vendor: respx.MockRouter, cms: PayloadCms, waits: Waits) -> None:
    """Each page asks for ids above the last one read, and one that fails is asked for again from the same id on."""
    asked = routed(vendor, NAME, BY_ID)
    middle = changed(answering(NAME, ABOVE), hasNextPage=True)
    last = with_document(answering(NAME, ABOVE), 9)
    asked.side_effect = [answering(NAME, BY_ID), httpx.ReadTimeout("slow"), middle, httpx.Response(500), last]
    assert [one.id async for one in cms.whole("categories", limit=1)] == [7, 8, 9]
    assert cursors(asked) == [{}, *[{"where[id][greater_than]": lower} for lower in ("7", "7", "8", "8")]]
    assert {(query["sort"], query["limit"], query["depth"]) for query in queries(asked)} == {("id", "1", "0")}
    assert not any("page" in query for query in queries(asked))
    assert len(waits.seconds) == 2


async def test_changes_page_by_page(vendor: respx.MockRouter, cms: PayloadCms) -> None:
    """Changes go on by moment and id of the last one; several of one moment by the id alone, and ids may be texts."""
    uuid = "6f1c2a9e-7d34-4b0f-9a51-c8e0d7b64f12"
    asked = routed(vendor, NAME, SINCE)
    same = with_document(answering(NAME, SINCE), uuid)
    asked.side_effect = [answering(NAME, SINCE), same, answering(NAME, AFTER)]
    found = [(one.id, one.updated_at) async for one in cms.changed("categories", CHANGED, limit=1)]
    assert found == [(7, CHANGED), (uuid, CHANGED), (8, CHANGED + timedelta(minutes=3))]
    at = written(CHANGED)
    first, *further = cursors(asked)
    assert first == {"where[updatedAt][greater_than_equal]": at}
    assert further == [
        {
            "where[or][0][updatedAt][greater_than]": at,
            "where[or][1][and][0][updatedAt][equals]": at,
            "where[or][1][and][1][id][greater_than]": identity,
        }
        for identity in ("7", uuid)
    ]


async def test_a_reading_that_breaks_off(vendor: respx.MockRouter, cms: PayloadCms) -> None:
    """What was read before a page fails for good has been given out; that something is missing is told after it."""
    asked = routed(vendor, NAME, BY_ID)
    asked.side_effect = [answering(NAME, BY_ID), *[httpx.ConnectError("away")] * 3]
    reading = cms.whole("categories", limit=1)
    assert (await anext(reading)).id == 7
    with pytest.raises(Unavailable, match="ConnectError: away"):
        await anext(reading)
    assert cursors(asked) == [{}, *[{"where[id][greater_than]": "7"}] * 3]


async def test_a_page_without_documents(vendor: respx.MockRouter, cms: PayloadCms) -> None:
    """A page that is empty ends the reading, though it says that more follow: there is nothing to go on from."""
    asked = routed(vendor, NAME, BY_ID).mock(return_value=changed(answering(NAME, BY_ID), docs=[]))
    assert [one async for one in cms.whole("categories", limit=1)] == []
    assert asked.call_count == 1


@pytest.mark.parametrize("lacking", ["docs", "totalDocs", "hasNextPage"])
async def test_a_page_that_is_none(vendor: respx.MockRouter, cms: PayloadCms, lacking: str) -> None:
    """An object without one of a page's fields is no page, and not taken for an empty one; it is asked for once."""
    body = answering(NAME, BY_ID).json()
    del body[lacking]
    asked = routed(vendor, NAME, BY_ID).mock(return_value=httpx.Response(200, json=body))
    with pytest.raises(Unavailable, match="answered no list of categories"):
        await cms.versions("categories")
    assert asked.call_count == 1


@pytest.mark.parametrize("kept", [0.5, 0])
async def test_half_a_page(vendor: respx.MockRouter, cms: PayloadCms, kept: float) -> None:
    """A page that is cut off is asked for again, three times in all."""
    whole = answering(NAME, BY_ID).content
    asked = routed(vendor, NAME, BY_ID).mock(return_value=httpx.Response(200, content=whole[: int(len(whole) * kept)]))
    with pytest.raises(Unavailable, match="200 answered what is no JSON object"):
        await cms.versions("categories")
    assert asked.call_count == 3


async def test_many_documents_are_asked_for_by_twenties(vendor: respx.MockRouter, cms: PayloadCms) -> None:
    """45 ids are three questions; only what was asked for by an id of its own kind is taken."""
    ids = [*range(1, 45), "7"]
    answer = with_document(answering(NAME, "a document of categories by id"), 7)
    asked = routed(vendor, NAME, BY_ID).mock(return_value=answer)
    assert [one.id for one in await cms.find("categories", ids)] == [7]
    assert [len(each) for each in cursors(asked)] == [20, 20, 5]
    assert [query["limit"] for query in queries(asked)] == ["20", "20", "5"]
    sent = [text for each in cursors(asked) for text in each.values()]
    assert sent == [str(one) for one in ids]


REFUSAL = "a count of a closed collection"


@pytest.mark.parametrize(
    ("me", "login", "expected"),
    [
        (WORKS, None, Rejected),
        (AWAY, WORKS, CredentialsRejected),
        (AWAY, AWAY, Unavailable),
    ],
)
async def test_not_allowed(
    vendor: respx.MockRouter, cms: PayloadCms, me: str, login: str | None, expected: type[VendorError]
) -> None:
    """A 403 is asked again, as a dead database says the same; then once who we are, and if nobody, once by log-in."""
    asked = routed(vendor, NAME, REFUSAL)
    who = routed(vendor, NAME, ME, me)
    doors = [] if login is None else [routed(vendor, NAME, LOGIN, login)]
    with pytest.raises(expected) as told:
        await cms.count("payload-kv")
    assert type(told.value) is expected
    assert (asked.call_count, who.call_count) == (3, 1)
    assert [bodies(door) for door in doors] == [[NOBODY]] * len(doors)


async def test_a_refusal_that_passes(vendor: respx.MockRouter, cms: PayloadCms) -> None:
    """A database that comes back between two attempts is not asked who we are."""
    asked = routed(vendor, NAME, COUNT, AWAY)
    asked.side_effect = [answering(NAME, COUNT, AWAY), answering(NAME, "how many categories have a slug")]
    assert await cms.count("categories") == 1
    assert len(vendor.calls) == asked.call_count == 2


async def test_a_proxy_that_names_a_time(
    vendor: respx.MockRouter, cms: PayloadCms, clock: FrozenClock, waits: Waits
) -> None:
    """With `Retry-After` it is asked once, and not before."""
    asked = routed(vendor, NAME, COUNT, "a proxy before it is asked too often")
    with pytest.raises(Unavailable) as often:
        await cms.count("categories")
    assert often.value.retry_at == clock.now() + timedelta(seconds=30)
    assert (asked.call_count, waits.seconds) == (1, [])


async def test_who_we_are_is_asked_once(vendor: respx.MockRouter, cms: PayloadCms, waits: Waits) -> None:
    """How it is now is what is wanted, not how it is after three attempts."""
    asked = routed(vendor, NAME, ME, WORKS).mock(side_effect=httpx.ReadTimeout("slow"))
    with pytest.raises(Unavailable, match="ReadTimeout"):
        await cms.ping()
    assert (asked.call_count, waits.seconds) == (1, [])
