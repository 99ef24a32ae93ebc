"""Verification: each interaction is counted, and what differs is said in words that somebody can act on."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from contracts.providers import verify as module
from contracts.providers.states import StateFailed
from contracts.providers.verify import TWICE, verify
from contracts.tests.contract_samples import changed
from contracts.tests.shop import (
    BROKEN,
    BY_TURNS,
    REFUSED,
    SIMULATED,
    SLOW,
    THERE,
    Shop,
    address,
    asked,
    free_port,
    hanging_up,
    shop,
    told,
    with_shop,
)  # fmt: skip
from fixtures.exits import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.providers.verify import Difference, Verification

LATE_S = 0.3


def words(differences: Sequence[Difference]) -> list[str]:
    return [f"{each.where}: {each.says}" for each in differences]


def said(found: Verification) -> list[tuple[str, str, list[str]]]:
    return [(each.title, each.outcome, words(each.differences)) for each in found.results]


def test_a_provider_that_keeps_the_contract() -> None:
    """Every interaction passes, messages too, and the counts say so."""
    hold = with_shop(
        asked(), asked("a text", path="/text", answer=None), told("an order was paid", {"id": "42"}, THERE)
    )
    with shop() as provider:
        found = verify(hold, provider)
        assert (found.consumer, found.provider, found.base_url) == ("cityos", "shop", provider.base_url)
    assert [each.outcome for each in found.results] == ["pass"] * 3, said(found)
    assert (found.success, found.complete, found.digest) == (True, True, hold.digest)
    assert found.shown()["results"][0] == {
        "title": "an order (given an order is there)", "outcome": "pass", "differences": (), "reason": None
    }  # fmt: skip


DIFFERENT: list[tuple[str, dict[str, Any], list[str]]] = [
    ("status", asked(status=201), ["status: expected 201 but was 200"]),
    ("header", asked(headers={"X-Shop": "2"}),
     ["header X-Shop: Mismatch with header 'X-Shop': Expected '1' to be equal to '2'"]),
    ("header missing", asked(headers={"X-Request-Id": "2"}),
     ["header X-Request-Id: Expected a header 'X-Request-Id' but was missing"]),
    ("field missing", asked(answer={"id": "42", "currency": "SAR"}),
     ["body $: Actual map is missing the following keys: currency"]),
    ("field of a line", asked(answer={"lines": [{"sku": "abaya", "qty": 3}]}),
     ["body $.lines[0].qty: Expected 2 (Integer) to be equal to 3 (Integer)"]),
    ("type", asked(answer={"total": "12.5"}, rules={"$.total": "type"}),
     ["body $.total: Expected 12.5 (Decimal) to be the same type as '12.5' (String)"]),
    ("two, in one order", asked(answer={"total": 12.75, "paid": True}),
     ["body $.paid: Expected false (Boolean) to be equal to true (Boolean)",
      "body $.total: Expected 12.5 (Decimal) to be equal to 12.75 (Decimal)"]),
    ("content type", changed(asked(path="/text"), "response/headers", {}),
     [("content type: Expected a body of 'application/json' but the actual content type was "
      "'text/plain;charset=utf-8'")]),
    ("endpoint that is not there", changed(asked(path="/order/42", answer=None), "response/headers", {}),
     ["status: expected 200 but was 404"]),
    ("state refused", asked("an order", REFUSED),
     ["provider state: POST /orders was answered with 507: no room"]),
    ("state unknown", asked("an order", "an order is nowhere"),
     ["provider state: there is no way to the state “an order is nowhere” of shop"]),
    ("state that fails", asked("an order", BROKEN),
     [f"provider state: “{BROKEN}”: RuntimeError in the code of this state: a fault of ours"]),
    ("state's parameters", asked(colour="red"),
     [(f"provider state: “{THERE}”: an answer in another form, TypeError: "
      "Shop.order_is_there() got an unexpected keyword argument 'colour'")]),
    ("one of two states", asked("an order", THERE, REFUSED),
     ["provider state: POST /orders was answered with 507: no room"]),
    ("message's body", told("an order was paid", {"id": "43"}, THERE),
     ["body $.id: Expected '42' (String) to be equal to '43' (String)"]),
    ("message's header", changed(told("an order was paid", {"id": "42"}), "metadata", {"topic": "news"}),
     [("header topic: Expected metadata key 'topic' to have value '\"news\"' but was '\"orders\"' - "
      "Expected 'orders' to be equal to 'news'")]),
    ("an order was lost", told("", {"id": "42"}, THERE),
     ["message: no such delivery within 10 s; 0 others came"]),
]  # fmt: skip


def test_what_differs_is_said_in_these_words() -> None:
    """Each difference where it is, with what was expected and what came; and what passes beside it is not blamed."""
    interactions = [{**each, "description": name} for name, each, _ in DIFFERENT]
    with shop() as provider:
        found = verify(with_shop(*interactions, asked("one that holds")), provider)
    assert {title.partition(" (given")[0]: differences for title, _, differences in said(found)} == {
        **{name: differences for name, _, differences in DIFFERENT},
        "one that holds": [],
    }
    assert (found.count("pass"), found.count("fail"), found.success) == (1, len(DIFFERENT), False)


def test_an_expectation_comes_with_what_came() -> None:
    """Both values are kept, for the evidence."""
    with shop() as provider:
        (one,) = verify(with_shop(asked(answer={"total": 13})), provider).results
    assert [(each.expected, each.actual) for each in one.differences] == [("13", "12.5")]


def test_no_answer_in_time() -> None:
    """It says for how long was waited; the time that its states took is not held against the provider."""
    with shop() as provider:
        (late,) = verify(with_shop(asked(path="/late")), provider, LATE_S).results
        with hanging_up() as provider.base_url:
            (slow,) = verify(with_shop(asked("an order", SLOW, SLOW)), provider, LATE_S).results
    assert words(late.differences) == ["no answer: none within 0.3 s"]
    assert words(slow.differences) == ["no answer: the connection was refused, or broke off before the answer"]


def test_nobody_listens() -> None:
    """A connection that is refused is told as that, and not as a state that failed."""
    with shop() as provider:
        provider.base_url = f"http://127.0.0.1:{free_port()}"
        (one,) = verify(with_shop(asked()), provider).results
    assert words(one.differences) == ["no answer: the connection was refused, or broke off before the answer"]


def test_a_state_that_takes_too_long() -> None:
    """It is as good as refused; the next interaction is set up when it is done, and holds."""
    with shop() as provider:
        late, held = verify(with_shop(asked("an order", SLOW), asked("another")), provider, 0.1).results
        provider.wait.set()
    assert words(late.differences) == ["provider state: not set up within 0.1 s"]
    assert held.title == "another (given an order is there)"


def test_a_failing_state_is_blamed_once() -> None:
    """Of two interactions under one state only that is blamed on it for which it failed, the other on what it got."""
    both = with_shop(asked("first", BY_TURNS), asked("then", BY_TURNS, path="/late"), asked("last", BY_TURNS))
    with shop() as provider:
        found = verify(both, provider, LATE_S)
    assert [differences for _, _, differences in said(found)] == [
        ["provider state: no room yet"],
        ["no answer: none within 0.3 s"],
        [],
    ]


def test_a_message_is_blamed_by_its_state() -> None:
    """Two messages of one description are told apart: one does not come, the other says something else."""

    class Half(Shop):
        def message(self, description: str) -> tuple[bytes, dict[str, str]]:
            if self.log[-1] == "7 made":
                raise StateFailed("none came")
            return super().message(description)

    here = told("an order was paid", {"id": "43"}, THERE)
    lost = changed(here, "providerStates/0/params", {"order_id": "7"})
    lost["providerStates"].append({"name": BY_TURNS})
    with closing(Half(address())) as provider:
        provider.full = False
        found = verify(with_shop(lost, here), provider)
    assert [differences for _, _, differences in said(found)] == [
        ["message: none came"],
        ["body $.id: Expected '42' (String) to be equal to '43' (String)"],
    ]


def test_states_are_taken_back_after_each_interaction() -> None:
    """Also after one that failed, and what was made before a state was refused; nothing waits for the end."""
    interactions = [
        asked("first", order_id="1"),
        asked("second", status=500, order_id="2"),
        asked("third", REFUSED),
        asked("fourth", "what was made will not go"),
        asked("fifth", order_id="5"),
    ]
    with shop() as provider:
        found = verify(with_shop(*interactions), provider)
        assert provider.log == ["1 made", "1 gone", "2 made", "2 gone", "tidied", "5 made", "5 gone"]
    assert [each.outcome for each in found.results] == ["pass", "fail", "fail", "pass", "pass"]


def test_an_interaction_without_a_state_is_asked_as_it_is() -> None:
    """Nothing is set up for it; the credential is there all the same."""
    whose = changed(asked(path="/whose", answer={"key": "Bearer right"}), "providerStates", [])
    whose["request"]["headers"]["Authorization"] = ["Bearer example"]
    whose["request"]["generators"] = {
        "header": {"Authorization": {"type": "ProviderState", "expression": "${authorization}"}}
    }
    with shop(headers={"Authorization": "Bearer right"}) as provider:
        found = verify(with_shop(whose), provider)
        assert provider.log == []
    assert said(found) == [("an order", "pass", [])]


def test_what_is_skipped_is_named_with_its_reason() -> None:
    """An interaction that nobody can bring about here is not asked, is counted, and leaves the whole incomplete."""
    with shop() as provider:
        found = verify(with_shop(asked("fire", SIMULATED), asked()), provider)
        assert "on fire" not in provider.log
        nothing = verify(with_shop(asked("fire", SIMULATED)), provider)
    assert [(each.title, each.outcome, each.reason) for each in found.results] == [
        ("an order (given an order is there)", "pass", None),
        (f"fire (given {SIMULATED})", "skip", f"“{SIMULATED}” can only be brought about on a simulator"),
    ]
    assert (found.success, found.complete) == (True, False)
    assert (nothing.count("skip"), nothing.success, nothing.complete) == (1, False, False)


def test_doubles() -> None:
    """Two interactions of one description and state cannot be told apart: both fail, whatever came."""
    with shop() as provider:
        found = verify(with_shop(asked(), asked()), provider)
    assert [words(each.differences) for each in found.results] == [[f"verification: {TWICE}"]] * 2


def test_a_contract_that_the_verifier_does_not_read() -> None:
    """It would ask nothing and be content: that is no verification."""
    broken = asked(status="soon")  # type: ignore[arg-type]
    with shop() as provider, pytest.raises(CommandError, match="cityos-shop: Pact's verifier asked nothing"):
        verify(with_shop(broken, asked("one that holds")), provider)


def test_a_verifier_that_breaks(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """What it raises is raised here, and what is printed afterwards is seen again."""

    def breaks(_: object) -> None:
        print("a word of its own")
        raise ValueError("out of order")

    monkeypatch.setattr("pact.Verifier.verify", breaks)
    with shop() as provider, pytest.raises(ValueError, match="out of order"):
        verify(with_shop(asked()), provider)
    print("afterwards")
    assert capfd.readouterr().out.splitlines()[-1] == "afterwards"


def test_an_interaction_that_was_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A result for each, or there is none at all."""
    monkeypatch.setattr(module, "_run", lambda *_: [])
    with shop() as provider, pytest.raises(CommandError, match="0 of 1 interactions were judged"):
        verify(with_shop(asked()), provider)


@pytest.mark.parametrize(
    ("written", "seconds"), [("24ms", 0.024), ("2.018s", 2.018), ("1m 3s", 63.0), ("850µs", 0.0), ("", 0.0)]
)
def test_durations(written: str, seconds: float) -> None:
    """As the verifier writes them."""
    assert module._seconds(written) == pytest.approx(seconds)
