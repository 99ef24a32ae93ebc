"""How Fleetbase says no, as far as the platform does something else then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from pact import match

from contracts.consumers.conftest import NOW
from contracts.consumers.fleetbase import (
    BROKEN,
    DRIVER,
    JSON,
    NAME,
    NEW,
    NOT_SET_UP,
    NOWHERE,
    OLDER,
    ORDER,
    THERE,
    TOO_OFTEN,
    UNKNOWN,
    UNKNOWN_KEY,
    WORKS,
    asked_for,
    asking,
    at,
    listed,
    ours,
)
from reference_impl.integrations.base import CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.fleetbase.client import ALREADY_DISPATCHED, UNKNOWN_ROUTE
from reference_impl.integrations.fleetbase.health import check

if TYPE_CHECKING:
    from contracts.consumers.fleetbase import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

ORGANISATION = "/v1/organizations/current"
KEY_REFUSED = "Oops! The api credentials provided were not valid"


async def test_a_key_that_is_not_known(contract: Contract, clock: FrozenClock) -> None:
    """It is the key that somebody has to put right; whether unknown or expired, Fleetbase says 401 and why."""
    pact = contract(NAME)
    asked = pact.upon_receiving("a question with a key that is nobody's").given(WORKS)
    asked.with_request("GET", ORGANISATION).with_header("authorization", f"Bearer {UNKNOWN_KEY}")
    asked.will_respond_with(401).with_body({"errors": [match.str(KEY_REFUSED)]}, JSON)
    async with asking(pact, clock, UNKNOWN_KEY) as fleetbase:
        with pytest.raises(CredentialsRejected) as refused:
            await fleetbase.organization()
        assert (await check(fleetbase)).state == "credentials_rejected"
    assert refused.value.words == KEY_REFUSED


async def test_an_order_that_is_not_there(contract: Contract, clock: FrozenClock) -> None:
    """An order that Fleetbase does not know says so in `error`."""
    pact = contract(NAME)
    asked = asked_for(pact, "a request for an order that is not there", "GET", f"/v1/orders/{NOWHERE}", WORKS)
    asked.will_respond_with(404).with_body({"error": match.str("Order resource not found.")}, JSON)
    async with asking(pact, clock) as fleetbase:
        with pytest.raises(NotFound, match="Order resource not found"):
            await fleetbase.order(NOWHERE)


async def test_a_route_that_is_not_there(contract: Contract, clock: FrozenClock) -> None:
    """A missing route says nothing about the order: told apart by words, in `errors`."""
    pact = contract(NAME)
    asked = asked_for(pact, "the question how far an order is", "GET", at("/tracker"), OLDER)
    asked.will_respond_with(404).with_body({"errors": [UNKNOWN_ROUTE]}, JSON)
    async with asking(pact, clock) as fleetbase:
        with pytest.raises(Rejected) as refused:
            await fleetbase.tracking(ORDER)
    assert not isinstance(refused.value, NotFound)


async def test_nobody_to_send(contract: Contract, clock: FrozenClock) -> None:
    """Dispatching without a driver is refused, in other words than the second time."""
    pact = contract(NAME)
    said = "No driver assigned to dispatch!"
    asked = asked_for(pact, "a request to dispatch", "POST", at("/dispatch"), THERE)
    different = match.regex(said, regex=f"^(?!.*{ALREADY_DISPATCHED}).+$")
    asked.will_respond_with(400).with_body({"error": different}, JSON)
    async with asking(pact, clock) as fleetbase:
        with pytest.raises(Rejected) as refused:
            await fleetbase.dispatch(ORDER)
    assert refused.value.words == said


async def test_a_form_that_is_wrong(contract: Contract, clock: FrozenClock) -> None:
    """What a form refuses is in `error`; asking again would be refused again."""
    pact = contract(NAME)
    asked = asked_for(pact, "a request to assign a driver who is not there", "PUT", at(), THERE)
    nobody = DRIVER.replace("a8d7f6s5g4", "nobody0000")
    asked.with_body({"driver": nobody}, JSON)
    asked.will_respond_with(422).with_body({"error": match.str("The selected driver is invalid.")}, JSON)
    async with asking(pact, clock) as fleetbase:
        with pytest.raises(Rejected, match="422 The selected driver is invalid"):
            await fleetbase.assign_driver(ORDER, nobody)


async def test_too_many_requests(contract: Contract, clock: FrozenClock) -> None:
    """429 does not say when to come again: after the minute over which Fleetbase counts."""
    pact = contract(NAME)
    asked = asked_for(pact, "the question whose key it is", "GET", ORGANISATION, TOO_OFTEN)
    asked.will_respond_with(429).with_body({"errors": [match.str("Too many requests.")]}, JSON)
    async with asking(pact, clock) as fleetbase:
        with pytest.raises(Unavailable, match="Too many requests") as away:
            await fleetbase.organization()
    assert away.value.retry_at == NOW + timedelta(minutes=1)


async def test_a_server_that_is_not_set_up(contract: Contract, clock: FrozenClock) -> None:
    """`fleetbase_not_configured` is nothing that passes in a moment: we wait a minute."""
    pact = contract(NAME)
    asked = asked_for(pact, "the question whose key it is", "GET", ORGANISATION, NOT_SET_UP)
    asked.will_respond_with(503).with_body({"error": "fleetbase_not_configured"}, JSON)
    async with asking(pact, clock) as fleetbase:
        with pytest.raises(Unavailable) as away:
            await fleetbase.organization()
    assert away.value.retry_at == NOW + timedelta(minutes=1)


async def test_a_server_that_is_broken(contract: Contract, clock: FrozenClock) -> None:
    """After a 500 a new order is not asked for again: who comes later looks for it first."""
    pact = contract(NAME)
    listed(pact, UNKNOWN)
    asked = asked_for(pact, "a request to have an order carried", "POST", "/v1/orders", BROKEN)
    asked.with_body({**NEW.body(), "internal_id": ours(), "meta": {"order_id": ours()}}, JSON)
    asked.will_respond_with(500).with_body({"errors": [match.str("Server Error")]}, JSON)
    async with asking(pact, clock) as fleetbase:
        with pytest.raises(Unavailable, match="500 Server Error"):
            await fleetbase.create_order(NEW)
