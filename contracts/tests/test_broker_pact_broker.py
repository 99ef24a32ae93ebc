"""The store in a Pact Broker, against the stand-in: the exchange, the log-in, and answers that no broker gives."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response

from contracts.broker import open_store, pact_broker, record
from contracts.broker.records import NOT_SAID, Counts, contract
from contracts.commands import can_i_release, matrix, publish
from contracts.tests.broker_samples import AT, NOW, Place, pact, place, verified
from contracts.tests.standing_broker import PASSWORD, TOKEN, USER, StandingBroker, hal
from fixtures.exits import CommandError, Unreachable, UsageError
from fixtures.simulators.base import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from contracts.broker import Store
    from fixtures.simulators.base import Running

ERPNEXT, FLEETBASE, CHANGED = pact("erpnext"), pact("fleetbase"), pact("erpnext", "two orders")
COMMIT = "a" * 40


@pytest.fixture
def broker() -> StandingBroker:
    return StandingBroker()


@pytest.fixture
def server(broker: StandingBroker) -> Iterator[Running]:
    with running(broker) as served:
        yield served


@pytest.fixture
def environ(server: Running) -> dict[str, str]:
    return {"PACT_BROKER_BASE_URL": f"{server.base_url}/", "PACT_BROKER_TOKEN": TOKEN}


@pytest.fixture
def store(environ: dict[str, str]) -> Iterator[Store]:
    with open_store(None, environ) as opened:
        yield opened


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


def again(environ: dict[str, str]) -> Any:
    return open_store(None, environ)


def test_contracts_are_published_as_the_broker_wants_them(store: Store, broker: StandingBroker) -> None:
    """One call per consumer, with the bytes of the contract, the commit as version, and the branch."""
    storefront = pact("cityos", consumer="storefront")
    told = store.publish([contract(ERPNEXT), contract(FLEETBASE), contract(storefront)], COMMIT, "main", AT)
    bodies = [json.loads(each.body) for each in broker.received if each.method == "POST"]
    assert [body["pacticipantName"] for body in bodies] == ["cityos", "storefront"]
    assert {(body["pacticipantVersionNumber"], body["branch"]) for body in bodies} == {(COMMIT, "main")}
    assert base64.b64decode(bodies[0]["contracts"][0]["content"]) == ERPNEXT
    assert told[:2] == ["cityos with erpnext: published", "cityos with fleetbase: published"]
    assert "Pact successfully published for cityos and provider erpnext." in told
    assert not any("Events detected" in line for line in told)


def test_what_was_published_comes_back(store: Store, environ: dict[str, str]) -> None:
    """With its digest, though the broker added ids and links; only of the commit that was asked for."""
    store.publish([contract(ERPNEXT), contract(FLEETBASE)], COMMIT, None, AT)
    with again(environ) as other:
        found = {each.provider: each.digest for each in other.published(COMMIT)}
        assert found == {"erpnext": contract(ERPNEXT).digest, "fleetbase": contract(FLEETBASE).digest}
        assert other.published("b" * 40) == []
        assert other.publish([contract(ERPNEXT)], COMMIT, None, AT)[0] == "cityos with erpnext: was there"
        with pytest.raises(UsageError, match="--commit"):
            other.published()


def test_another_content_for_a_commit_is_refused(store: Store, environ: dict[str, str], broker: StandingBroker) -> None:
    """By us before it is sent; and the broker's own refusal is told in its words."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    with again(environ) as other, pytest.raises(UsageError, match="another contract"):
        other.publish([contract(CHANGED)], COMMIT, None, AT)
    broker.pacts["cityos", "fleetbase", "b" * 40] = json.loads(pact("fleetbase", consumer="someone"))
    with again(environ) as other, pytest.raises(UsageError, match="Cannot change the content"):
        other.publish([contract(FLEETBASE)], "b" * 40, None, AT)


def test_a_verification_comes_back_whole(store: Store, environ: dict[str, str], broker: StandingBroker) -> None:
    """Environment, counts, evidence and harness travel in `testResults`; success and version also where it looks."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    sent = verified(contract(ERPNEXT), consumer_commit=COMMIT, evidence="https://ci.example/7", success=False)
    record(store, sent)
    body = json.loads(broker.received[-1].body)
    assert (body["success"], body["providerApplicationVersion"]) == (False, "15.2")
    assert body["buildUrl"] == "https://ci.example/7"
    part = verified(contract(ERPNEXT), consumer_commit=COMMIT, counts=Counts(2, 0, ("a big file",)))
    record(store, part)
    assert "buildUrl" not in json.loads(broker.received[-1].body)
    with again(environ) as other:
        assert other.verified("cityos", "erpnext", COMMIT) == [sent, part]


def test_a_result_belongs_to_the_content_that_it_is_of(store: Store, environ: dict[str, str]) -> None:
    """The same content of a later commit is verified; another one is not, and the older result explains it."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    record(store, verified(contract(ERPNEXT), consumer_commit=COMMIT))
    store.publish([contract(ERPNEXT)], "b" * 40, None, AT)
    store.publish([contract(CHANGED)], "c" * 40, None, AT)
    with again(environ) as other:
        assert [each.digest for each in other.verified("cityos", "erpnext", "b" * 40)] == [contract(ERPNEXT).digest]
        assert [each.digest for each in other.verified("cityos", "erpnext", "c" * 40)] == [contract(ERPNEXT).digest]


def test_a_verification_of_what_was_not_published_is_refused(store: Store) -> None:
    """No such commit, another content, no commit at all: publish first."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    others: list[dict[str, Any]] = [{"consumer_commit": "b" * 40}, {"consumer_commit": COMMIT, "digest": "1" * 64}, {}]
    for other in others:
        with pytest.raises(UsageError, match="cityos contracts publish"):
            record(store, verified(contract(ERPNEXT), **other))


@pytest.mark.parametrize("success", [True, False])
def test_what_another_tool_published_counts(store: Store, broker: StandingBroker, success: bool) -> None:
    """A provider's own build says success or failure of the content; where and how much it does not say."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    broker.foreign_result("cityos", "erpnext", COMMIT, success)
    (found,) = store.verified("cityos", "erpnext", COMMIT)
    assert (found.success, found.environment, found.counts) == (success, NOT_SAID, None)
    assert (found.digest, found.provider_version) == (contract(ERPNEXT).digest, "p-1")


def test_what_another_tool_said_of_an_overwritten_content_does_not_count(
    store: Store, broker: StandingBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker shows a result beside the commit's newest content; the result's own link tells which it was of."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    broker.foreign_result("cityos", "erpnext", COMMIT, success=True)
    key = ("cityos", "erpnext", COMMIT)
    old = broker.content_url

    def of_the_old_content(request: Any, asked: tuple[str, str, str]) -> str:
        return (
            str(old(request, asked)).replace(broker.sha(key), "0" * 40)
            if "matrix" in str(request.url)
            else old(request, asked)
        )

    broker.results["0" * 40] = broker.results[broker.sha(key)]
    monkeypatch.setattr(broker, "content_url", of_the_old_content)
    assert store.verified("cityos", "erpnext", COMMIT) == []


def test_results_that_the_broker_does_not_show_are_an_error(
    store: Store, broker: StandingBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among the rest there might be the failure."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    for success in (False, True, True):
        record(store, verified(contract(ERPNEXT), consumer_commit=COMMIT, success=success))
    monkeypatch.setattr(pact_broker, "_ROWS", 3)
    with pytest.raises(CommandError, match="3 results or more"):
        store.verified("cityos", "erpnext", COMMIT)


def test_a_record_that_contradicts_the_broker_is_damage(store: Store, broker: StandingBroker) -> None:
    """Changed there by hand: an error that names the result."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    record(store, verified(contract(ERPNEXT), consumer_commit=COMMIT, success=False))
    ((result,),) = broker.results.values()
    result["testResults"]["cityos"].update(success=True, counts={"passed": 1, "failed": 0, "skipped": []})
    with pytest.raises(CommandError, match=r"verification-results/1: our record says another thing"):
        store.verified("cityos", "erpnext", COMMIT)


def test_a_damaged_record_is_named(store: Store, broker: StandingBroker) -> None:
    """A record of another form is never passed over."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    record(store, verified(contract(ERPNEXT), consumer_commit=COMMIT))
    ((result,),) = broker.results.values()
    del result["testResults"]["cityos"]["digest"]
    with pytest.raises(CommandError, match=r"verification-results/1: damaged"):
        store.verified("cityos", "erpnext", COMMIT)


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"PACT_BROKER_TOKEN": TOKEN}, f"Bearer {TOKEN}"),
        (
            {"PACT_BROKER_USERNAME": USER, "PACT_BROKER_PASSWORD": PASSWORD},
            f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}",
        ),
    ],
    ids=["token", "password"],
)
def test_both_ways_to_log_in(server: Running, broker: StandingBroker, variables: dict[str, str], header: str) -> None:
    """A token, or a user and a password."""
    with open_store(None, {"PACT_BROKER_BASE_URL": server.base_url, **variables}) as opened:
        assert opened.published(COMMIT) == []
    assert {each.headers["authorization"] for each in broker.received} == {header}


@pytest.mark.parametrize("variables", [{}, {"PACT_BROKER_TOKEN": "wrong"}], ids=["none", "wrong"])
def test_a_refused_log_in_names_the_variables(server: Running, variables: dict[str, str]) -> None:
    """401 is a mistake of who set up the environment."""
    words = "PACT_BROKER_TOKEN, or PACT_BROKER_USERNAME and PACT_BROKER_PASSWORD"
    opening = open_store(None, {"PACT_BROKER_BASE_URL": server.base_url, **variables})
    with opening as opened, pytest.raises(UsageError, match=words):
        opened.published(COMMIT)


@pytest.mark.parametrize(
    "environ",
    [{"PACT_BROKER_BASE_URL": "broker"}, {"PACT_BROKER_BASE_URL": "http://x", "PACT_BROKER_USERNAME": "me"}],
    ids=["no address", "half a log-in"],
)
def test_an_environment_that_cannot_be_meant(environ: dict[str, str]) -> None:
    """It is a mistake before anything is asked."""
    with pytest.raises(UsageError, match="PACT_BROKER"), open_store(None, environ):
        pass


def test_a_broker_that_is_away(server: Running, store: Store) -> None:
    """Nothing answers: Unreachable, with the address."""
    server.stop()
    with pytest.raises(Unreachable, match=f"{server.base_url} does not answer .*PACT_BROKER_BASE_URL"):
        store.published(COMMIT)


def test_a_broker_that_is_broken(broker: StandingBroker, store: Store) -> None:
    """A 503 is Unreachable too."""
    broker.switches.flapping = 1000
    with pytest.raises(Unreachable, match="GET / answered 503"):
        store.published(COMMIT)


def test_credentials_go_nowhere_else(broker: StandingBroker, store: Store) -> None:
    """A link to another address is not followed."""
    broker.links_to = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="a link to another place"):
        store.published(COMMIT)


NO_BROKERS = {
    "another API": lambda: hal({"hello": "world"}),
    "a page": lambda: Response("<html>"),
    "a list": lambda: hal([]),
    "links in a list": lambda: hal({"_links": []}),
    "nothing": lambda: Response(status_code=404),
    "moved": lambda: Response(status_code=301, headers={"location": "/elsewhere"}),
    "refused": lambda: hal({"errors": {"q": ["is wrong"]}}, 400),
}


@pytest.mark.parametrize("answer", NO_BROKERS.values(), ids=NO_BROKERS.keys())
def test_what_is_no_broker_is_said(broker: StandingBroker, store: Store, answer: Callable[[], Response]) -> None:
    """Another server at that address is an error that names it, never an empty store."""
    broker.instead = answer()
    with pytest.raises(CommandError, match=re.escape(store.where)):
        store.published(COMMIT)


@pytest.mark.parametrize("member", ["createdAt", "provider"])
def test_an_answer_that_lacks_something_is_said(broker: StandingBroker, store: Store, member: str) -> None:
    """A contract without what the documentation promises is an error, not a contract less."""
    store.publish([contract(ERPNEXT)], COMMIT, None, AT)
    broker.pacts["cityos", "erpnext", COMMIT][member] = None
    with pytest.raises(CommandError, match="does not answer as a Pact Broker does"):
        store.published(COMMIT)


def test_the_commands_answer_from_a_broker(
    here: Place, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """publish, can-i-release and matrix for one commit: unknown, then yes, then no."""
    commit = here.commit(ERPNEXT)
    options: dict[str, Any] = {"folder": here.folder, "environ": environ}

    def answers() -> tuple[int, int]:
        asked = can_i_release.run(commit=commit, now=lambda: NOW, **options)
        return asked, matrix.run(commit=commit, as_json=True, now=lambda: NOW, **options)

    assert answers() == (12, 12)
    assert publish.run(**options) == 0
    assert answers() == (12, 12)
    with open_store(None, environ) as opened:
        record(opened, verified(contract(ERPNEXT), consumer_commit=commit))
    assert answers() == (0, 0)
    with open_store(None, environ) as opened:
        record(opened, verified(contract(ERPNEXT), consumer_commit=commit, success=False, environment="staging"))
    assert answers() == (1, 1)
    changed = here.commit(CHANGED)
    publish.run(**options)
    capsys.readouterr()
    assert can_i_release.run(commit=changed, now=lambda: NOW, **options) == 12
    assert "against another contract" in capsys.readouterr().out
