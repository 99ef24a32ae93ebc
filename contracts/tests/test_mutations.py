"""Changed providers: each alteration is caught by the interaction it was made at, and no other is blamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contracts import mutations
from contracts.mutations import MUTATIONS, mutate
from contracts.tests.contract_samples import changed
from contracts.tests.shop import ORDER, SIMULATED, asked, shop, told, with_shop

if TYPE_CHECKING:
    from contracts.mutations import Caught, Mutation

ANSWER_S = 2.0
BY_NAME = {each.name: each for each in MUTATIONS}
NONE = [
    asked("an order", headers={"X-Shop": "1"}),
    changed(asked("a text", path="/text", answer=None), "response/headers", {}),
    changed(asked("what is not there", path="/nowhere", status=404, answer=None), "response/headers", {}),
]
WORDS = {
    "a field renamed": {"an order": "Actual map is missing the following keys: "},
    "a number turned into a text": {"an order": "(String) to be equal to "},
    "a status changed": {
        "an order": "status: expected 200 but was 201",
        "a text": "status: expected 200 but was 201",
        "what is not there": "status: expected 404 but was 410",
    },
    "a header missing": {"an order": "but was missing"},
    "a state that can't be set up": dict.fromkeys(
        ("an order", "a text", "what is not there"), "the provider refuses to be brought there"
    ),
    "an answer after 20 s": dict.fromkeys(("an order", "a text"), "no answer: none within 2 s"),
    "a connection reset": dict.fromkeys(
        ("an order", "a text", "what is not there"),
        "no answer: the connection was refused, or broke off before the answer",
    ),
    "an endpoint that is not there": dict.fromkeys(("an order", "a text"), "status: expected 200 but was 404"),
}


def caught(way: Mutation, *interactions: dict[str, object], seed: int = 0) -> list[Caught]:
    with shop() as provider:
        before, setting_up = provider.base_url, provider.set_up
        found = mutate(with_shop(*interactions), provider, way, seed=seed, answer_s=ANSWER_S)
        assert (provider.base_url, provider.set_up) == (before, setting_up)
    return found


@pytest.mark.parametrize("way", MUTATIONS, ids=lambda way: way.name)
def test_each_kind_is_caught_where_it_was_made(way: Mutation) -> None:
    """What can be altered is, and fails in these words; the answers beside it are left alone, and pass."""
    found = caught(way, *NONE)
    assert len(found) == len(NONE)
    assert all(each.right for each in found), [(each.interaction, each.done, each.words) for each in found]
    altered = {each.interaction.partition(" (given")[0]: each.words for each in found if each.done}
    assert altered.keys() == WORDS[way.name].keys()
    for name, words in WORDS[way.name].items():
        assert words in altered[name]


def test_every_kind_is_tested() -> None:
    """A new kind wants its words here."""
    assert WORDS.keys() == BY_NAME.keys()
    assert len(MUTATIONS) == 8


def test_what_was_done_is_said() -> None:
    """The member, the status, the header."""
    way = ("a field renamed", "a number turned into a text", "a status changed", "a header missing")
    assert {caught(BY_NAME[name], asked("one", answer={"total": 12.5}))[0].done for name in way} == {
        "$.total", "200 → 201", "content-type"
    }  # fmt: skip


def test_the_seed_chooses() -> None:
    """The same seed alters the same member, several seeds alter several."""
    way = BY_NAME["a field renamed"]
    chosen = [caught(way, asked("one"), seed=seed)[0].done for seed in (*range(6), *range(6))]
    assert chosen[:6] == chosen[6:]
    assert len(set(chosen)) > 2


def test_a_contract_that_says_too_little() -> None:
    """A matcher that accepts anything lets the alteration through: that is not right, though nothing fails."""
    found = [
        *caught(BY_NAME["a number turned into a text"], asked(answer={"total": 12.5}, rules={"$.total": "notEmpty"})),
        *caught(BY_NAME["a header missing"], asked(answer={"total": 12.5}, rules={"$.total": "type"})),
    ]
    assert [(each.done, each.right, each.words) for each in found] == [
        ("$.total", False, ""),
        ("content-type", True, "header Content-Type: Expected a header 'Content-Type' but was missing"),
    ]


def test_a_member_that_may_be_either() -> None:
    """What the contract compares as a text, whatever it is, is no number that may not become one."""
    either = asked(answer={"total": 12.5})
    rule = {"combine": "AND", "matchers": [{"match": "regex", "regex": "^.+$"}]}
    either["response"]["matchingRules"] = {"body": {"$['total']": rule}}
    (one,) = caught(BY_NAME["a number turned into a text"], either)
    assert (one.done, one.right) == (None, True)


def test_a_failure_without_an_alteration() -> None:
    """A provider that does not keep its contract anyway is not taken for one that was caught."""
    found = caught(
        BY_NAME["a number turned into a text"], asked("one", answer={"total": 12.5}), asked("two", path="/text")
    )
    assert [(each.done, each.right) for each in found] == [("$.total", True), (None, False)]
    assert "status" not in found[1].words
    assert "content type" in found[1].words


def test_messages_and_what_is_skipped_are_left_out() -> None:
    """They are no answers; an interaction that cannot be brought about here is not asked."""
    found = caught(BY_NAME["a status changed"], told("m", ORDER), asked("fire", SIMULATED), asked("one"))
    assert [each.interaction for each in found] == ["one (given an order is there)"]


def test_late_answers_are_few() -> None:
    """Each costs as long as is waited for it: two are enough, the others are left alone."""
    found = caught(BY_NAME["an answer after 20 s"], *(asked(name) for name in ("one", "two", "three")))
    assert [each.done is not None for each in found] == [True, True, False]
    assert all(each.right for each in found)


def test_an_unknown_status_is_changed_too() -> None:
    """Into the next one."""
    answer = mutations.Answer(418, [], b"")
    assert mutations._status(answer, None, None) == "418 → 419"  # type: ignore[arg-type]
