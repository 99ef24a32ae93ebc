"""The contract with Payload CMS, kept by the simulator in each of its flavours and by a real Payload from npm."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import httpx
import pytest

from contracts.pacts import committed
from contracts.providers.payload_cms import CODE, PayloadCms
from contracts.providers.sandbox import started
from contracts.providers.states import StateFailed
from contracts.providers.verify import SKIP, Verification, verify
from fixtures import npm
from fixtures.npm import NpmFailed
from fixtures.payload import COLLECTIONS
from fixtures.payload.server import MANIFEST, POSTGRES_MANIFEST
from fixtures.postgres import open_server
from fixtures.simulators.base import running
from fixtures.simulators.payload_cms import FLAVOURS
from fixtures.simulators.payload_cms import PayloadCms as Simulated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.pacts import Contract
    from contracts.providers.sandbox import Sandbox

ONLY_SIMULATED = [
    "a count of all categories (given a proxy before it does not reach it)",
    "a count of all categories (given a proxy before it is asked too often)",
    "a count of all categories (given the database is away)",
    "a log-in of nobody (given the database is away)",
    "the question whose key it is (given the database is away)",
]
HOOKED = "the project's hook is on"


@pytest.fixture(scope="module")
def contract() -> Contract:
    (one,) = committed("payload-cms")
    return one


@pytest.fixture
def provider() -> Iterator[PayloadCms]:
    """Of a simulator as it comes."""
    with running(Simulated()) as served, contextlib.closing(PayloadCms(served.base_url)) as one:
        yield one


@pytest.fixture(scope="module", params=["SQLite", "PostgreSQL"])
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A sandbox; without Node.js the tests with it are skipped."""
    log = tmp_path_factory.mktemp("payload") / "log"
    try:
        npm.installed(MANIFEST if request.param == "SQLite" else POSTGRES_MANIFEST, log)
    except NpmFailed as missing:
        pytest.skip(f"the real Payload CMS can't be had: {missing}")
    with contextlib.ExitStack() as stack:
        url = None if request.param == "SQLite" else stack.enter_context(open_server()).url()
        yield stack.enter_context(started("payload-cms", database_url=url, log=log))


def failures(verification: Verification) -> list[str]:
    """What differs, one line each."""
    return [
        f"{result.title}: {each.where} {each.says}" for result in verification.results for each in result.differences
    ]


def held(http: httpx.Client) -> dict[str, int]:
    """How many documents each collection has."""
    return {slug: http.get(f"/api/{slug}/count").json()["totalDocs"] for slug in COLLECTIONS}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_simulator_keeps_it(contract: Contract, flavour: str) -> None:
    """Every interaction is asked and passes, with numbers and with texts as ids, and what the states made is gone."""
    simulator = Simulated(flavour=FLAVOURS[flavour])
    with running(simulator) as served, contextlib.closing(PayloadCms(served.base_url)) as provider:
        before = held(provider.http)
        found = verify(contract, provider)
        assert held(provider.http) == before
    assert failures(found) == []
    assert found.complete
    assert found.count("pass") == len(contract.interactions) > 20
    assert simulator.switches == type(simulator.switches)()


def test_a_real_payload_keeps_it(contract: Contract, real: Sandbox) -> None:
    """All but what only a simulator can be brought to, which is named; the hook's messages are the real hook's."""
    with contextlib.closing(PayloadCms(real.base_url, real.headers, real.settings)) as provider:
        before = held(provider.http)
        found = verify(contract, provider)
        assert held(provider.http) == before
    assert failures(found) == []
    skipped = [result for result in found.results if result.outcome == SKIP]
    assert sorted(result.title for result in skipped) == ONLY_SIMULATED
    assert all("can only be brought about on a simulator" in str(result.reason) for result in skipped)
    assert found.count("pass") == len(contract.interactions) - len(ONLY_SIMULATED)
    assert found.success
    assert not found.complete


def test_what_a_project_may_not_have(contract: Contract, provider: PayloadCms) -> None:
    """Without drafts, without a hook, without a closed collection: left out by name, with the setting that helps."""
    provider.is_simulator = False
    provider.settings |= {"closed": "categories"}
    reasons = {name: provider.why_not(name) for each in contract.interactions for name in each.states}
    assert reasons["the key is right"] is None
    assert "--set drafts=…" in str(reasons["a draft is there"])
    assert "--set hook=http://127.0.0.1:…/hook" in str(reasons[HOOKED])
    assert "--set closed=…" in str(reasons["a collection is closed to the key"])


def test_what_cannot_be_told_is_asked(provider: PayloadCms) -> None:
    """A server that does not answer, or not as it should, is no reason to leave anything out."""
    provider.is_simulator = False
    for name in (HOOKED, "a draft is there", "a collection is closed to the key"):
        provider.settings |= {"hook": "http://127.0.0.1:1/hook"}
        provider.switch(database_down=True)
        assert provider.why_not(name) is None
        provider.tear_down()


def test_a_server_that_goes_away(provider: PayloadCms, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that cannot be made is told as what it is."""

    def broken(*_: object, **__: object) -> None:
        raise httpx.ReadError("reset")

    provider.set_up(HOOKED, {})
    monkeypatch.setattr(provider, "ask", broken)
    with pytest.raises(StateFailed, match="“a tenant was made”: ReadError reset"):
        provider.message("a tenant was made")
    assert provider._status("http://127.0.0.1:1/") is None


def test_a_hook_that_signs_otherwise(contract: Contract) -> None:
    """A delivery whose signature has the right form and is wrong fails, and the reason is told."""
    messages = contract.only([each for each in contract.interactions if each.is_message])
    simulator = Simulated(hook_secret="another")
    with running(simulator) as served, contextlib.closing(PayloadCms(served.base_url)) as provider:
        found = verify(messages, provider)
    assert found.count("fail") == 3
    assert all("x-payload-signature is not the hex HMAC-SHA256" in line for line in failures(found))


def test_a_hook_whose_port_is_taken(provider: PayloadCms) -> None:
    """Where we cannot listen, the state fails with the reason."""
    provider.settings |= {"hook": provider.base_url}
    with pytest.raises(StateFailed, match="can't be had"):
        provider.set_up(HOOKED, {})


def test_a_message_that_nobody_knows(provider: PayloadCms) -> None:
    """Another description is no reason to send anything; nor is one whose state was taken back."""
    provider.set_up(HOOKED, {})
    with pytest.raises(StateFailed, match="no way to have “a tenant was sold” posted"):
        provider.message("a tenant was sold")
    provider.tear_down()
    with pytest.raises(StateFailed):
        provider.message("a tenant was made")


def test_a_collection_that_is_none(provider: PayloadCms) -> None:
    """A state with a collection outside of the hierarchy fails."""
    with pytest.raises(StateFailed, match="no collection users"):
        provider.set_up("a document is there with all that it refers to", {"collection": "users"})


def test_no_code_is_left(provider: PayloadCms, monkeypatch: pytest.MonkeyPatch) -> None:
    """A country's code is one that no other has; where all are taken, the state says so."""
    taken = [{"code": one + other} for one in CODE for other in CODE]
    monkeypatch.setattr(provider, "ask", lambda *_, **__: {"docs": taken})
    with pytest.raises(StateFailed, match="all codes of countries are taken"):
        provider.set_up("a document is there with all that it refers to", {"collection": "countries"})
