"""The contract with Stripe, kept by the simulator and by a server without switches; never under a live key."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from contracts.pacts import committed
from contracts.providers.deliveries import Delivery
from contracts.providers.states import StateFailed
from contracts.providers.stripe import PAID, Stripe
from contracts.providers.verify import PASS, SKIP, Verification, verify
from contracts.tests.plain_servers import free_hook, without_switches
from fixtures.simulators.base import running
from fixtures.simulators.stripe import Stripe as Simulated

if TYPE_CHECKING:
    from contracts.pacts import Contract

ONLY_SIMULATED = [
    "a request for a refund (given it is broken)",
    "a request for a refund (given it was asked too often)",
    "a request for a refund (given the first request with a key is still at work)",
]


@pytest.fixture(scope="module")
def contract() -> Contract:
    (one,) = committed("stripe")
    return one


def titles(found: Verification, outcome: str) -> list[str]:
    return sorted(result.title for result in found.results if result.outcome == outcome)


def test_the_simulator_keeps_it(contract: Contract) -> None:
    """All of it, and all switches are as they were."""
    vendor = Simulated()
    before = vars(vendor.switches).copy()
    with running(vendor) as served, contextlib.closing(Stripe(served.base_url)) as provider:
        found = verify(contract, provider)
    assert [result for result in found.results if result.outcome != PASS] == []
    assert found.complete
    assert vars(vendor.switches) == before


def test_a_server_without_switches_keeps_it(contract: Contract) -> None:
    """Test mode is enough for all but the bad days, which are named; its events come to where it was told."""
    hook = free_hook()
    vendor = Simulated(webhook_url=hook)
    headers = {"Authorization": f"Bearer {vendor.api_key}"}
    with without_switches(vendor) as url, contextlib.closing(Stripe(url, headers, {"hook": hook})) as provider:
        found = verify(contract, provider)
    assert titles(found, SKIP) == ONLY_SIMULATED
    assert found.success


def test_no_money_moves(contract: Contract) -> None:
    """With a key of live mode nothing is asked at all."""
    vendor = Simulated(api_key="sk_live_0123456789")
    headers = {"Authorization": f"Bearer {vendor.api_key}"}
    with without_switches(vendor) as url, contextlib.closing(Stripe(url, headers)) as provider:
        found = verify(contract, provider)
    assert len(titles(found, SKIP)) == len(contract.interactions)
    assert not found.success
    assert vendor.intents == {}


def test_signatures_are_proved() -> None:
    """What another secret signed is no delivery of Stripe's; nor is what has no time, or no signature."""
    vendor = Simulated()
    with running(vendor) as served, contextlib.closing(Stripe(served.base_url)) as provider:
        provider.set_up(PAID, {})
        provider.message("a payment")
        provider.tear_down()
        vendor.webhook_secret = "another"
        provider.set_up(PAID, {})
        with pytest.raises(StateFailed, match="does not fit the body"):
            provider.message("a payment")
        provider.tear_down()
        for header in ("", "v1=00", "t=now,v1=00", "t=1"):
            assert not provider.is_signed(Delivery("/", {"stripe-signature": header}, b"{}"))
