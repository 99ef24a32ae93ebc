"""What the tests of Fleetbase's contract share: the client, and how its questions and Fleetbase's answers look."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pact import match

from contracts.consumers.matchers import given
from reference_impl.integrations.fleetbase.client import Entity, Fleetbase, NewOrder
from reference_impl.integrations.fleetbase.places import Place

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pact import Pact
    from pact.interaction import HttpInteraction

    from reference_impl.core.clock import FrozenClock

    Contract = Callable[[str], Pact]

NAME = "fleetbase"
JSON = "application/json"
KEY = "flb_live_9f8e7d6c5b4a3210"
UNKNOWN_KEY = "flb_live_0000000000000000"
ORDER, YOUNGER, NOWHERE = "order_7ja92kd01x", "order_c83hd72ka0", "order_nowhere000"
DRIVER = "driver_a8d7f6s5g4"
OURS = "order_01JD8Y3M6QK4ZB7X9V2N5T0RWE"
WAREHOUSE = Place("King Fahd Rd 12", "Riyadh", "SA", name="Warehouse")
BUYER = Place("Olaya St 7", "Riyadh", "SA", name="Noura Alharbi", phone="+966500000009", postal_code="12213")
NEW = NewOrder(OURS, WAREHOUSE, BUYER, [Entity("2 of Arabica beans", sku="COF-250")])

WORKS = "the key is right"
UNKNOWN = "nothing was made for an order of ours"
THERE = "an order of ours is there"
TWICE = "an order of ours is there twice"
WITH_DRIVER = "an order of ours and a driver are there"
ASSIGNED = "an order of ours has a driver"
ON_ITS_WAY = "an order of ours is on its way"
NO_ROUTE = "there is no route between the places of an order of ours"
PRICED = "carrying within Riyadh has a price"
OLDER = "an older version, which does not know the route"
TOO_OFTEN, NOT_SET_UP, BROKEN = "it was asked too often", "it is not set up", "it is broken"
STEM = {"order_id": "order-of-a-contract"}
"""For states that are about an order of ours: what its id begins with."""
OF_NO_ORDER = (WORKS, PRICED, TOO_OFTEN, NOT_SET_UP)


@contextlib.asynccontextmanager
async def asking(pact: Pact, clock: FrozenClock, key: str = KEY) -> AsyncIterator[Fleetbase]:
    """The platform's own client, with nothing but the contract on the other side; asks only once."""
    with pact.serve() as server:
        client = Fleetbase(str(server.url).rstrip("/"), key, clock, sleep=never)
        try:
            yield client
        finally:
            await client.close()


async def never(_seconds: float) -> None:
    """No client asks a second time: a contract says what is asked once."""
    raise AssertionError("asked again")


def authorised(interaction: HttpInteraction) -> HttpInteraction:
    """With a key that the provider's state gives."""
    key = given("${authorization}", f"Bearer {KEY}", form=r"Bearer flb_(live|test)_\w+")
    return interaction.with_header("authorization", key)


def asked_for(pact: Pact, description: str, method: str, path: Any, state: str) -> HttpInteraction:
    """A request with a right key, under a state."""
    asked = pact.upon_receiving(description).given(state, None if state in OF_NO_ORDER else dict(STEM))
    return authorised(asked.with_request(method, path))


def at(suffix: str = "", example: str = ORDER) -> Any:
    """The path of an order that the provider's state gives."""
    return given(
        f"/v1/orders/${{order_id}}{suffix}", f"/v1/orders/{example}{suffix}", form=rf"/v1/orders/[^/]+{suffix}"
    )


def ours() -> Any:
    """The id of our order, which the provider's state gives."""
    return given("${our_order_id}", OURS, form="[^/]+")


def order(status: Any = None, **more: Any) -> dict[str, Any]:
    """What is read of an order. more: what is read of it in one place only."""
    return {
        "id": match.regex(ORDER, regex=r"^order_\w+$"),
        "status": match.str("created") if status is None else status,
        **more,
    }


def made(order_id: str = ORDER, created_at: str = "2026-11-22 11:00:00", **more: Any) -> dict[str, Any]:
    """What is read of an order that was made for one of ours: whose it is, since when, and its number for people."""
    tracking = {
        "id": match.regex("track_z1x2c3v4b5", regex=r"^track_\w+$"),
        "tracking_number": match.str("FLB0123456789SA"),
    }
    return {
        **order(),
        "id": match.regex(order_id, regex=r"^order_\w+$"),
        "meta": {"order_id": match.str(OURS)},
        "created_at": match.regex(created_at, regex=r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"),
        "tracking_number": tracking,
        **more,
    }


def listed(pact: Pact, state: str, *found: dict[str, Any]) -> None:
    """The question what was made for an order of ours, and its answer."""
    asked = asked_for(pact, "the question what was made for an order of ours", "GET", "/v1/orders", state)
    asked.with_query_parameter("internal_id", ours())
    asked.with_query_parameter("sort", "latest").with_query_parameter("limit", "100")
    asked.will_respond_with(200).with_body(list(found), JSON)  # type: ignore[arg-type]  # a list is JSON too
