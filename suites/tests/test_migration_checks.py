"""The checks of migrations: each fails on what its requirement is about, and on a history that stopped before it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from fixtures.checks import Inconclusive
from fixtures.migrating import DOWN, UP, Answer, Found, Step
from suites import migrations as house
from suites.migrations import test_history as checks
from suites.migrations.judging import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[object], None]

GOOD = Answer(
    revisions=2,
    findings=[],
    complete=True,
    steps=[Step(name, way) for way in (UP, DOWN) for name in ("0001", "0002")],
    filled={"wallet": 200},
)
CHECKS: dict[str, Check] = {
    mark.args[0]: check for name, check in vars(checks).items() if name.startswith("test_") for mark in check.pytestmark
}
NO_RULES = {"integration-tests"}  # a folder of Medusa's
OTHER_COMMANDS = {"compat", "locks"}


class Told:
    """Stands for the history: both commands give this answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def replayed(self) -> Answer:
        return self.answer

    linted = replayed


def found(rule: str, waived_by: str | None = None) -> Found:
    return Found(rule, "0002", "versions/0002.py", "wallet is gone", "keep it", 7, waived_by)


def test_every_check_passes_on_a_good_history() -> None:
    """Nothing found, everything replayed: all twelve pass."""
    assert len(CHECKS) == 12
    for check in CHECKS.values():
        check(Told(GOOD))


@pytest.mark.parametrize(("requirement", "rule"), [(one, rule) for one in RULES for rule in sorted(RULES[one])])
def test_each_rule_fails_its_check(requirement: str, rule: str) -> None:
    """A finding fails the check that is for it and names place and remedy; once waived it fails none."""
    with pytest.raises(AssertionError, match=f"{rule}: versions/0002.py:7: 0002: wallet is gone → keep it"):
        CHECKS[requirement](Told(msgspec.structs.replace(GOOD, findings=[found(rule)])))
    for check in CHECKS.values():
        check(Told(msgspec.structs.replace(GOOD, findings=[found(rule, "vendors team")])))


def test_each_rule_is_for_one_requirement() -> None:
    """No finding is judged twice, and none by nobody: every rule that the replayer can name is in the table."""
    listed = [rule for rules in RULES.values() for rule in rules]
    assert len(listed) == len(set(listed))
    root = Path(str(house.__file__)).parent
    files = [*root.glob("*.py"), *root.glob("histories/*.py"), *root.glob("mikro/*.py")]
    named = {
        node.value
        for file in files
        if file.name not in {"judging.py", "test_history.py"} and not OTHER_COMMANDS & {file.stem, file.parent.name}
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"[a-z]+(-[a-z]+)+|refused|unread", node.value)
    }
    assert named - NO_RULES == set(listed)


def test_a_rule_that_nobody_knows_breaks_the_first_requirement() -> None:
    """What is found by a rule that no requirement is for does not fall through."""
    with pytest.raises(AssertionError, match="something-new"):
        CHECKS["MIG-01"](Told(msgspec.structs.replace(GOOD, findings=[found("something-new")])))


@pytest.mark.parametrize("requirement", sorted(set(CHECKS) - {"MIG-12"}))
def test_what_was_not_replayed_is_not_right(requirement: str) -> None:
    """A history that stopped half way fails what lies behind, though nothing was found there."""
    stopped = msgspec.structs.replace(GOOD, complete=False, steps=GOOD.steps[:1])
    with pytest.raises(AssertionError, match=r"only \d of 2 revisions went|not replayed as a whole"):
        CHECKS[requirement](Told(stopped))


def test_no_revision_is_no_pass() -> None:
    """An empty history proves nothing, for no requirement."""
    for check in CHECKS.values():
        with pytest.raises(AssertionError):
            check(Told(Answer(revisions=0, findings=[])))


def test_tables_without_rows_prove_nothing() -> None:
    """Where no row could be made, nothing was carried: that is not enough evidence, and says which table."""
    answer = msgspec.structs.replace(GOOD, unfilled={"slot": "no value fits ck_slot"})
    with pytest.raises(Inconclusive, match="slot: no value fits ck_slot"):
        CHECKS["MIG-02"](Told(answer))
    CHECKS["MIG-02"](Told(msgspec.structs.replace(answer, filled={"slot": 7})))


def test_what_stands_in_the_way_of_going_up_again() -> None:
    """Behind a way down with a fault nothing is brought up again: that the schema is the same is then not known."""
    with pytest.raises(AssertionError, match="down-leaves"):
        CHECKS["MIG-07"](Told(msgspec.structs.replace(GOOD, findings=[found("down-leaves")])))
