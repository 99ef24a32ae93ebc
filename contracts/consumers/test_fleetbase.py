"""What the platform needs of Fleetbase: orders carried, found again, sent off, followed, priced and stopped."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.matchers import given
from reference_impl.integrations.base import CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.fleetbase.client import Entity, Fleetbase, NewOrder
from reference_impl.integrations.fleetbase.places import Place, Point

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pact import Pact
    from pact.interaction import HttpInteraction

    from reference_impl.core.clock import FrozenClock

    Contract = Callable[[str], Pact]

pytestmark = pytest.mark.anyio

KEY = "flb_live_example"
UNKNOWN_KEY = "flb_live_nobodys"
ORDER = "order_7ja92kd01x"
DRIVER = "driver_a8d7f6s5g4"
OURS = "order_01JD8Y3M6QK4ZB7X9V2N5T0RWE"

WORKS = "the key is right"
THERE = "an order of ours is there"


@contextlib.asynccontextmanager
async def asking(pact: Pact, clock: FrozenClock, key: str = KEY) -> AsyncIterator[Fleetbase]:
    """The platform's own client, with nothing but the contract on the other side; asks only once."""
    with pact.serve() as server:
        client = Fleetbase(str(server.url).rstrip("/"), key, clock, sleep=never)
        try:
            yield client
        finally:
            await client.close()


async def never(seconds: float) -> None:
    raise AssertionError("asked again")


def authorised(interaction: HttpInteraction) -> HttpInteraction:
    """With a key that the provider's state gives."""
    key = given("${authorization}", f"Bearer {KEY}", form=r"Bearer flb_(live|test)_\w+")
    return interaction.with_header("authorization", key)


def at(suffix: str = "") -> Any:
    """The path of an order that the provider's state gives."""
    return given(f"/v1/orders/${{order_id}}{suffix}", f"/v1/orders/{ORDER}{suffix}", form=rf"/v1/orders/[^/]+{suffix}")


def order(status: Any = None) -> dict[str, Any]:
    """What is read of an order."""
    return {
        "id": match.regex(ORDER, regex=r"^order_\w+$"),
        "status": match.str("created") if status is None else status,
    }


async def test_the_organisation(contract: Contract, clock: FrozenClock) -> None:
    """Health asks whose key we have: the cheapest question that needs one."""
    pact = contract("fleetbase")
    asked = pact.upon_receiving("the question whose key it is").given(WORKS)
    authorised(asked.with_request("GET", "/v1/organizations/current")).will_respond_with(200).with_body(
        {"id": match.str("company_k2jd8s7f6a"), "name": match.str("CityOS Riyadh")}, "application/json"
    )
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.organization()
    assert found.name == "CityOS Riyadh"


async def test_an_order_that_is_there(contract: Contract, clock: FrozenClock) -> None:
    """An order is read by the id that Fleetbase gave it."""
    pact = contract("fleetbase")
    asked = pact.upon_receiving("a request for an order").given(THERE, order_id=OURS)
    authorised(asked.with_request("GET", at())).will_respond_with(200).with_body(order(), "application/json")
    async with asking(pact, clock) as fleetbase:
        found = await fleetbase.order(ORDER)
    assert (found.id, found.status) == (ORDER, "created")


async def test_an_order_that_is_not_there(contract: Contract, clock: FrozenClock) -> None:
    """An order that Fleetbase does not know is told apart from a route that it does not have."""
    pact = contract("fleetbase")
    asked = pact.upon_receiving("a request for an order that is not there").given(WORKS)
    authorised(asked.with_request("GET", "/v1/orders/order_nowhere000")).will_respond_with(404).with_body(
        {"error": match.str("Order resource not found.")}, "application/json"
    )
    async with asking(pact, clock) as fleetbase:
        with pytest.raises(NotFound):
            await fleetbase.order("order_nowhere000")
