"""Fleetbase's client by itself: one parcel for an order, however often an answer is lost, and a vendor left to rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.consumers.fleetbase import (
    ASSIGNED,
    BROKEN,
    DRIVER,
    KEY,
    NAME,
    NEW,
    NOT_SET_UP,
    ON_ITS_WAY,
    ORDER,
    OURS,
    THERE,
    TOO_OFTEN,
    TWICE,
    UNKNOWN,
    WORKS,
    YOUNGER,
)
from contracts.consumers.logic.answers import answering, bodies, changed, outcome, queries, routed
from reference_impl.integrations.base import CredentialsRejected, Unavailable
from reference_impl.integrations.fleetbase.client import CANCELED, Fleetbase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import respx

    from contracts.consumers.logic.answers import Outcome, Waits
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

LISTED = "the question what was made for an order of ours"
CARRIED = "a request to have an order carried"
DISPATCH = "a request to dispatch"
WHOSE = "the question whose key it is"


@pytest.fixture
async def fleetbase(clock: FrozenClock, waits: Waits) -> AsyncIterator[Fleetbase]:
    """The platform's own client."""
    client = Fleetbase("http://fleet.example.com", KEY, clock, sleep=waits)
    yield client
    await client.close()


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), (CARRIED, BROKEN)])
async def test_a_parcel_whose_answer_was_lost(
    vendor: respx.MockRouter, fleetbase: Fleetbase, waits: Waits, lost: Outcome
) -> None:
    """An order is posted once per call; who comes again finds it by our id, and posts nothing."""
    listed = routed(vendor, NAME, LISTED, UNKNOWN)
    listed.side_effect = [answering(NAME, LISTED, UNKNOWN), answering(NAME, LISTED, THERE)]
    posted = routed(vendor, NAME, CARRIED, UNKNOWN).mock(side_effect=[outcome(NAME, lost)])
    with pytest.raises(Unavailable):
        await fleetbase.create_order(NEW)
    assert (await fleetbase.create_order(NEW)).id == ORDER
    assert [call.request.method for call in vendor.calls] == ["GET", "POST", "GET"]
    (sent,) = bodies(posted)
    assert (sent["internal_id"], sent["meta"]) == (OURS, {"order_id": OURS})
    assert {query["internal_id"] for query in queries(listed)} == {OURS}
    assert waits.seconds == []


async def test_how_long_is_waited(vendor: respx.MockRouter, fleetbase: Fleetbase) -> None:
    """A question has 10 s, what must not be sent twice a minute; both have 2 s to reach anybody."""
    listed = routed(vendor, NAME, LISTED, UNKNOWN)
    posted = routed(vendor, NAME, CARRIED, UNKNOWN)
    assert (await fleetbase.create_order(NEW)).id == ORDER
    allowed = [route.calls.last.request.extensions["timeout"] for route in (listed, posted)]
    assert [(each["connect"], each["read"]) for each in allowed] == [(2, 10), (2, 60)]


async def test_of_two_parcels_the_older_is_kept(vendor: respx.MockRouter, fleetbase: Fleetbase, waits: Waits) -> None:
    """The younger is cancelled though it is listed first, and again where the answer to that is lost."""
    routed(vendor, NAME, LISTED, TWICE)
    cancel = "a request to cancel the younger"
    cancelled = routed(vendor, NAME, cancel).mock(side_effect=[httpx.ReadTimeout("slow"), answering(NAME, cancel)])
    assert (await fleetbase.create_order(NEW)).id == ORDER
    assert [call.request.url.path for call in cancelled.calls] == [f"/v1/orders/{YOUNGER}/cancel"] * 2
    assert (len(vendor.calls), len(waits.seconds)) == (3, 1)


async def test_of_two_parcels_one_was_cancelled(vendor: respx.MockRouter, fleetbase: Fleetbase) -> None:
    """An older parcel that was called off is no reason to call off the other."""
    younger, older = answering(NAME, LISTED, TWICE).json()
    listed = routed(vendor, NAME, LISTED, TWICE)
    listed.return_value = httpx.Response(200, json=[younger, {**older, "status": CANCELED}])
    assert (await fleetbase.create_order(NEW)).id == YOUNGER
    assert len(vendor.calls) == 1


async def test_a_list_of_others_parcels(vendor: respx.MockRouter, fleetbase: Fleetbase) -> None:
    """Where the list is not narrowed, only what carries our id is ours: none of these, so one is made."""
    metas: list[Any] = [{"order_id": "order_of_another"}, []]
    listed = answering(NAME, LISTED, TWICE).json()
    others = [{**one, "meta": meta} for one, meta in zip(listed, metas, strict=True)]
    routed(vendor, NAME, LISTED, UNKNOWN).return_value = httpx.Response(200, json=others)
    posted = routed(vendor, NAME, CARRIED, UNKNOWN)
    assert (await fleetbase.create_order(NEW)).id == ORDER
    assert posted.call_count == 1


async def test_a_dispatch_is_repeated(vendor: respx.MockRouter, fleetbase: Fleetbase, waits: Waits) -> None:
    """A driver is sent off once however often it is asked for: after a lost answer the refusal is a success."""
    sent = routed(vendor, NAME, DISPATCH, ASSIGNED)
    sent.side_effect = [httpx.ReadTimeout("slow"), answering(NAME, DISPATCH, ON_ITS_WAY)]
    read = routed(vendor, NAME, "a request for an order", ON_ITS_WAY)
    assert (await fleetbase.dispatch(ORDER)).dispatched
    assert (sent.call_count, read.call_count, len(waits.seconds)) == (2, 1, 1)


async def test_a_driver_is_assigned_again(vendor: respx.MockRouter, fleetbase: Fleetbase, waits: Waits) -> None:
    """Assigning is a PUT: after two lost answers it is sent a third time, in the same words."""
    assign = "a request to assign a driver"
    put = routed(vendor, NAME, assign)
    put.side_effect = [httpx.ConnectTimeout("away"), httpx.RemoteProtocolError("half"), answering(NAME, assign)]
    found = await fleetbase.assign_driver(ORDER, DRIVER)
    assert found.driver_assigned is not None
    assert bodies(put) == [{"driver": DRIVER}] * 3
    assert len(waits.seconds) == 2


@pytest.mark.parametrize(
    ("named", "seconds"),
    [(None, 60), ("7", 7), ("86400", 3600), ("Wed, 25 Nov 2026 11:00:00 GMT", 60), ("-1", 60)],
)
async def test_asked_too_often(
    vendor: respx.MockRouter, fleetbase: Fleetbase, clock: FrozenClock, named: str | None, seconds: int
) -> None:
    """After a 429 nothing is asked for as many seconds as it says, an hour at most; else for its window, a minute."""
    answer = answering(NAME, WHOSE, TOO_OFTEN)
    answer.headers.update({} if named is None else {"retry-after": named})
    asked = routed(vendor, NAME, WHOSE, TOO_OFTEN).mock(return_value=answer)
    with pytest.raises(Unavailable, match="429 Too many requests") as often:
        await fleetbase.organization()
    assert often.value.retry_at == clock.now() + timedelta(seconds=seconds)
    assert asked.call_count == 1


async def test_one_that_is_not_set_up_hurries_nobody(
    vendor: respx.MockRouter, fleetbase: Fleetbase, clock: FrozenClock
) -> None:
    """Somebody has to set it up: it is asked once, and again in a minute, though its proxy says sooner."""
    answer = answering(NAME, WHOSE, NOT_SET_UP)
    answer.headers["retry-after"] = "1"
    asked = routed(vendor, NAME, WHOSE, NOT_SET_UP).mock(return_value=answer)
    with pytest.raises(Unavailable, match="fleetbase_not_configured") as away:
        await fleetbase.organization()
    assert away.value.retry_at == clock.now() + timedelta(minutes=1)
    assert asked.call_count == 1


async def test_one_that_is_away_is_left_alone(
    vendor: respx.MockRouter, fleetbase: Fleetbase, clock: FrozenClock
) -> None:
    """After five failures in a row nothing is sent for 30 s, then one request, and by its answer all or none."""
    asked = routed(vendor, NAME, WHOSE, WORKS).mock(side_effect=httpx.ConnectError("away"))

    async def refused() -> timedelta | None:
        with pytest.raises(Unavailable) as away:
            await fleetbase.organization()
        again = away.value.retry_at
        return None if again is None else again - clock.now()

    rest = timedelta(seconds=30)
    assert [await refused(), asked.call_count] == [None, 3]
    assert [await refused(), asked.call_count] == [rest, 5]  # its third attempt was not let through
    clock.advance(timedelta(seconds=29))
    assert [await refused(), asked.call_count] == [timedelta(seconds=1), 5]
    clock.advance(timedelta(seconds=1))
    assert [await refused(), asked.call_count] == [rest, 6]
    clock.advance(rest)
    asked.mock(return_value=answering(NAME, WHOSE, WORKS))
    assert (await fleetbase.organization()).name == "CityOS Riyadh"
    assert (await fleetbase.organization()).name == "CityOS Riyadh"
    assert (asked.call_count, fleetbase.breaker.state, fleetbase.outage) == (8, "closed", None)


async def test_a_refused_key_is_no_absence(vendor: respx.MockRouter, fleetbase: Fleetbase) -> None:
    """Who refuses a key is there: each call asks once, and none is kept back after five."""
    refused = answering(NAME, "a question with a key that is nobody's")
    asked = routed(vendor, NAME, WHOSE, WORKS).mock(return_value=refused)
    for _ in range(6):
        with pytest.raises(CredentialsRejected, match="not valid"):
            await fleetbase.organization()
    assert (asked.call_count, fleetbase.breaker.state) == (6, "closed")


@pytest.mark.parametrize("said", ["<html>Welcome to nginx!</html>", "", '{"id": "order_7ja'])
async def test_no_json(vendor: respx.MockRouter, fleetbase: Fleetbase, said: str) -> None:
    """A 200 that is no JSON, or half of one, comes from a proxy: it is asked again, three times in all."""
    asked = routed(vendor, NAME, "a request for an order", THERE).mock(return_value=httpx.Response(200, text=said))
    with pytest.raises(Unavailable, match="200 answered with no JSON"):
        await fleetbase.order(ORDER)
    assert asked.call_count == 3


async def test_an_order_without_a_status(vendor: respx.MockRouter, fleetbase: Fleetbase) -> None:
    """What lacks a field that we read is told so after one answer; the vendor's rest is not begun for it."""
    asked = routed(vendor, NAME, "a request for an order", THERE)
    asked.return_value = changed(answering(NAME, "a request for an order", THERE), status=None)
    for _ in range(6):
        with pytest.raises(Unavailable, match=r"answered in another form: .*status"):
            await fleetbase.order(ORDER)
    assert (asked.call_count, fleetbase.breaker.state) == (6, "closed")
