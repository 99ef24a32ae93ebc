"""The contract with Fleetbase, kept by the simulator and by a server without switches, and what its states leave."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from contracts.pacts import committed
from contracts.providers.fleetbase import COMPLETED, DISPATCHED, Fleetbase
from contracts.providers.states import StateFailed
from contracts.providers.verify import PASS, SKIP, Result, verify
from contracts.tests.plain_servers import free_hook, without_switches
from fixtures.simulators.base import running
from fixtures.simulators.fleetbase import Fleetbase as Simulated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.pacts import Contract

ONLY_SIMULATED = [
    "a request to have an order carried (given it is broken)",
    "the question how far an order is (given an older version, which does not know the route)",
    "the question whose key it is (given it is not set up)",
    "the question whose key it is (given it was asked too often)",
]
TOLD = [
    "an order was cancelled (given an order of ours was cancelled)",
    "an order was completed (given an order of ours was completed)",
    "an order was dispatched (given an order of ours was dispatched)",
]
STEM = {"order_id": "order"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    (one,) = committed("fleetbase")
    return one


@pytest.fixture
def vendor() -> Simulated:
    return Simulated()


@pytest.fixture
def provider(vendor: Simulated) -> Iterator[Fleetbase]:
    with running(vendor) as served, contextlib.closing(Fleetbase(served.base_url)) as one:
        yield one


def not_passed(results: list[Result]) -> list[Result]:
    return sorted((result for result in results if result.outcome != PASS), key=lambda result: result.title)


def test_the_simulator_keeps_it(contract: Contract, vendor: Simulated, provider: Fleetbase) -> None:
    """All of it; and what was made for it is cancelled, and all switches are as they were."""
    before = vars(vendor.switches).copy()
    found = verify(contract, provider)
    assert not_passed(list(found.results)) == []
    assert found.complete
    assert {order["status"] for order in vendor.orders.values()} <= {"canceled"}
    assert vars(vendor.switches) == before


def test_a_server_without_switches_keeps_it(contract: Contract, vendor: Simulated) -> None:
    """But for what nobody can bring about there, which is named; its webhooks come to where it was told."""
    vendor.webhook_url = hook = free_hook()
    headers = {"Authorization": f"Bearer {vendor.api_key}"}
    with without_switches(vendor) as url, contextlib.closing(Fleetbase(url, headers, {"hook": hook})) as provider:
        found = not_passed(list(verify(contract, provider).results))
    assert [result.title for result in found] == ONLY_SIMULATED
    assert {result.outcome for result in found} == {SKIP}


def test_without_a_hook_messages_are_left_out_by_name(contract: Contract, vendor: Simulated) -> None:
    """Where nobody says where webhooks go, nothing is waited for."""
    headers = {"Authorization": f"Bearer {vendor.api_key}"}
    with without_switches(vendor) as url, contextlib.closing(Fleetbase(url, headers)) as provider:
        found = not_passed(list(verify(contract, provider).results))
    assert [result.title for result in found] == sorted([*ONLY_SIMULATED, *TOLD])
    reasons = {str(result.reason) for result in found if result.title in TOLD}
    assert len(reasons) == 1
    assert "--set hook=" in reasons.pop()


def test_a_signature_that_does_not_fit(provider: Fleetbase, vendor: Simulated) -> None:
    """A form alone proves nothing: the signature has to be that of the body under the secret."""
    vendor.webhook_secret = "another"
    provider.set_up(DISPATCHED, STEM)
    with pytest.raises(StateFailed, match="does not fit the body"):
        provider.message("an order was dispatched")
    provider.tear_down()


def test_without_a_state_nothing_is_told(provider: Fleetbase) -> None:
    """A state's delivery is gone with the state."""
    provider.set_up(COMPLETED, STEM)
    provider.tear_down()
    with pytest.raises(StateFailed, match="no state has"):
        provider.message("an order was completed")


def test_a_company_without_rates(provider: Fleetbase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no rate is told to make one; nothing is made in a company's books."""
    monkeypatch.setattr(provider, "ask", lambda *_, **__: [])
    with pytest.raises(StateFailed, match="make a service rate"):
        provider.set_up("carrying within Riyadh has a price", {})
