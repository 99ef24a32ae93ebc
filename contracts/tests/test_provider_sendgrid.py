"""The contract with SendGrid, kept by the simulator; a server without switches is never asked to send."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from contracts.pacts import committed
from contracts.providers.sendgrid import OURS, SIMULATED, SendGrid
from contracts.providers.verify import PASS, SKIP, verify
from contracts.tests.plain_servers import without_switches
from fixtures.simulators.base import running
from fixtures.simulators.sendgrid import SendGridSimulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.pacts import Contract
    from contracts.providers.verify import Verification

HARMLESS = [
    "a mail about an order, in sandbox mode (given a sender and a template of ours are known)",
    "a mail by a key that is nobody's (given a sender and a template of ours are known)",
    "a mail to what is no address, in sandbox mode (given a sender and a template of ours are known)",
    "the question what a key may do that is nobody's (given the key is right)",
    "the question what the key may do (given the key is right)",
]


@pytest.fixture(scope="module")
def contract() -> Contract:
    (one,) = committed("sendgrid")
    return one


def verified_elsewhere(contract: Contract, vendor: SendGridSimulator, settings: Mapping[str, str]) -> Verification:
    headers = {"Authorization": f"Bearer {vendor.api_key}"}
    with without_switches(vendor) as url, contextlib.closing(SendGrid(url, headers, settings)) as provider:
        return verify(contract, provider)


def titles(found: Verification, outcome: str) -> list[str]:
    return sorted(result.title for result in found.results if result.outcome == outcome)


def test_the_simulator_keeps_it(contract: Contract) -> None:
    """All of it, and all switches are as they were."""
    vendor = SendGridSimulator()
    before = vars(vendor.switches).copy()
    with running(vendor) as served, contextlib.closing(SendGrid(served.base_url)) as provider:
        found = verify(contract, provider)
    assert [result for result in found.results if result.outcome != PASS] == []
    assert found.complete
    assert vars(vendor.switches) == before


def test_nothing_is_sent_from_a_server_without_switches(contract: Contract) -> None:
    """It is asked what a key may do, and to judge mail; the rest is left out by name."""
    vendor = SendGridSimulator()
    found = verified_elsewhere(contract, vendor, {**SIMULATED, "sender": "shop@example.com"})
    assert titles(found, PASS) == HARMLESS
    assert len(titles(found, SKIP)) == len(contract.interactions) - len(HARMLESS)
    assert vendor.sent == []


@pytest.mark.parametrize("missing", SIMULATED)
def test_who_it_is_from_has_to_be_said(contract: Contract, missing: str) -> None:
    """Without a sender or a template that is known there, no mail is judged, and the remedy is named."""
    settings = {name: text for name, text in SIMULATED.items() if name != missing}
    found = verified_elsewhere(contract, SendGridSimulator(), settings)
    assert titles(found, PASS) == [title for title in HARMLESS if OURS not in title]
    reasons = {result.reason for result in found.results if OURS in result.title}
    assert reasons == {f"nothing says which {missing} is known there: --set {missing}=…"}
