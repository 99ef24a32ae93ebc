"""`cityos contracts prove`: the table of changed providers, and what its exit codes mean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from contracts.commands import prove as command
from contracts.mutations import Caught
from contracts.providers.verify import Difference, Result
from contracts.tests.commands import invoke
from contracts.tests.contract_samples import GONE, body, changed, contract, http
from fixtures.exits import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = {"Authorization": ["Bearer flb_test_0123456789"]}
STATE = ({"name": "the key is right"},)
DRIVERS = {**http("GET /v1/drivers", 200, [], headers=KEY, states=STATE), "description": "the drivers"}
SENT = {
    "type": "Asynchronous/Messages", "description": "sent", "pending": False, "providerStates": [],
    "contents": body({}), "metadata": {},
}  # fmt: skip


@pytest.fixture
def prove(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """In a checkout with this contract and no other."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "contracts" / "pacts"
    folder.mkdir(parents=True)

    def run(*interactions: dict[str, Any], options: tuple[str, ...] = ()) -> tuple[int, str, str]:
        (folder / "cityos-fleetbase.json").write_text(json.dumps(contract("fleetbase", *interactions).raw))
        return invoke("prove", *options)

    return run


def test_all_are_caught(prove: Callable[..., tuple[int, str, str]]) -> None:
    """Each alteration of the simulator's answers is caught where it was made: 0, and a row for each kind."""
    code, out, err = prove(DRIVERS, SENT)
    assert (code, err) == (Exit.RELEASE, "")
    first, _, *rows, altered, beside = [line.rstrip() for line in out.splitlines()]
    assert first == "cityos-fleetbase: 6 alterations of the answers to 2 interactions"
    kinds = [row.split("  ")[1].strip() for row in rows]
    assert [kind for kind in kinds if kind] == [  # no kind: a row that goes on
        "a status changed", "a header missing", "a state that can't be set up", "an answer after 20 s",
        "a connection reset", "an endpoint that is not there",
    ]  # fmt: skip
    assert rows[0].split("   ")[-1].strip() == "status: expected 200 but was 201"
    assert altered == "6 alterations, 6 of them caught where they were made"
    assert beside == "2 answers beside them that were left alone, 2 passed"


def test_a_provider_that_fails_unaltered(prove: Callable[..., tuple[int, str, str]]) -> None:
    """It blocks, and is told apart from what was caught; with --json, on standard output and nothing else there."""
    wrong = changed(changed(DRIVERS, "response/headers", {}), "response/status", 418)
    code, out, err = prove(changed(wrong, "response/body", GONE), options=("fleetbase", "--json", "--seed", "7"))
    assert code == Exit.BLOCKED
    shown = {each["mutation"]: each for each in json.loads(out)}
    assert len(shown) == 8
    assert shown["a field renamed"] == {
        "provider": "fleetbase", "mutation": "a field renamed", "interaction": "the drivers (given the key is right)",
        "altered": None, "caught": False, "words": "status: expected 418 but was 200",
    }  # fmt: skip
    assert shown["a connection reset"]["caught"]
    assert "failed without a change" in err


def test_a_contract_that_says_too_little(
    prove: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alteration that nobody caught blocks, and the table names it, also among many of its kind."""
    caught = Caught("a field renamed", "one (given x)", "$.id", Result("one", "fail", [Difference("body $", "no id")]))
    missed = Caught("a field renamed", "two (given x)", "$.total", Result("two", "pass"))
    monkeypatch.setattr(command, "in_processes", lambda *_: [[caught, missed]])
    code, out, _ = prove(DRIVERS)
    assert code == Exit.BLOCKED
    assert [line.split() for line in out.splitlines() if "renamed" in line] == [
        "fleetbase a field renamed one $.id yes body $: no id".split(),
        "fleetbase a field renamed two $.total no".split(),
    ]
    assert "2 alterations, 1 of them caught where they were made" in out


def test_nothing_to_prove(prove: Callable[..., tuple[int, str, str]]) -> None:
    """A contract of messages alone has no answers: nothing ran. One that is not there is a mistake."""
    assert prove(SENT)[0] == Exit.NOTHING_RAN
    with pytest.raises(UsageError, match="erpnxt is no provider"):
        prove(DRIVERS, options=("erpnxt",))
