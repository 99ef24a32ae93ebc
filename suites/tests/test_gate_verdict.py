"""May it be released? The rules of the verdict, case by case."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from fixtures.results import Broken, Outcome
from suites.gate.tree import Standing, combine
from suites.gate.verdict import judge
from suites.tests.gate_samples import TODAY, build, result, waiver

BOTH = [result("pass", "WAL-03", check="a::t"), result("pass", "WAL-07", check="b::t")]
TOMORROW = TODAY + dt.timedelta(days=1)
YESTERDAY = TODAY - dt.timedelta(days=1)


def case(name: str, decision: str, code: int, *results: Any, **options: Any) -> Any:
    return pytest.param(list(results), options, decision, code, id=name)


@pytest.mark.parametrize(
    ("results", "options", "decision", "code"),
    [
        case("all pass", "release", 0, *BOTH),
        case("all of the ledger's MUSTs pass", "release", 0, *BOTH, whole=True),
        case("a MUST fails", "block", 1, *BOTH, result("fail", "WAL-07", check="c::t")),
        case("a SHOULD fails", "release", 0, *BOTH, result("fail", "ENV-01", check="c::t")),
        case("a check of a MUST and a SHOULD fails", "block", 1, result("fail", "ENV-01", "WAL-07")),
        case("a waived MUST fails", "release", 0, result("fail"), waivers=[waiver()]),
        case("the waiver ends today", "release", 0, result("fail"), waivers=[waiver(expires=TODAY)]),
        case("the waiver has expired", "block", 1, result("fail"), waivers=[waiver(expires=YESTERDAY)]),
        case("a newer waiver beside an expired one", "release", 0, result("fail"),
             waivers=[waiver(expires=YESTERDAY), waiver(expires=TOMORROW)]),
        case("a waiver for another target", "block", 1, result("fail"), waivers=[waiver(target="staging")]),
        case("a waiver for this target", "release", 0, result("fail"), waivers=[waiver(target="reference")]),
        case("a waiver of one of two requirements", "block", 1, result("fail", "WAL-03", "WAL-07"), waivers=[waiver()]),
        case("a waiver of the check", "release", 0, result("fail", check="c::t[usd]"),
             waivers=[waiver("", check="c::t")]),
        case("a waiver waives failures, not silence", "inconclusive", 11, *BOTH,
             result("inconclusive", check="c::t"), waivers=[waiver()]),
        case("waived, and its other check undecided", "inconclusive", 11, BOTH[0], result("fail", check="c::t"),
             result("inconclusive", check="d::t"), waivers=[waiver("", check="c::t")]),
        case("everything waived in the whole ledger", "inconclusive", 11,
             result("fail", "WAL-03", "WAL-07"), whole=True, waivers=[waiver("WAL-03"), waiver("WAL-07")]),
        case("a MUST is undecided", "inconclusive", 11, *BOTH, result("inconclusive", check="c::t")),
        case("a SHOULD is undecided", "release", 0, *BOTH, result("inconclusive", "ENV-01", check="c::t")),
        case("a MUST was only skipped", "inconclusive", 11, BOTH[0], result("skip")),
        case("a MUST was skipped and omitted", "inconclusive", 11, BOTH[0], result("skip"),
             result("omit", check="c::t")),
        case("a MUST was omitted by declaration", "release", 0, BOTH[0], result("omit"), whole=True),
        case("a MUST passed in part", "release", 0, *BOTH, result("skip", check="c::t")),
        case("a MUST of the ledger never ran", "inconclusive", 11, BOTH[0], whole=True),
        case("a MUST that was not asked for never ran", "release", 0, BOTH[0]),
        case("nothing was selected", "inconclusive", 5),
        case("nothing ran in the whole ledger", "inconclusive", 5, whole=True),
        case("everything was skipped", "inconclusive", 5, result("skip"), result("omit", "WAL-03", check="c::t")),
        case("every MUST was omitted", "inconclusive", 11, result("omit", "WAL-03", "WAL-07"),
             result("pass", "ENV-01", check="c::t"), whole=True),
        case("a check broke", "inconclusive", 3, *BOTH, result("error", check="c::t")),
        case("a check of a SHOULD broke", "inconclusive", 3, *BOTH, result("error", "ENV-01", check="c::t")),
        case("the harness broke", "inconclusive", 3, *BOTH, broken=[Broken("worker gw0", "died")]),
        case("nothing ran because the harness broke", "inconclusive", 3, broken=[Broken("collection", "SyntaxError")]),
        case("a planned check never ended", "inconclusive", 3, *BOTH, unfinished=["c::t"]),
        case("a failure counts beside a broken harness", "block", 1, result("fail"), broken=[Broken("worker", "died")]),
        case("interrupted", "inconclusive", 2, *BOTH, unfinished=["c::t"], interrupted=True),
        case("interrupted after a failure", "inconclusive", 2, result("fail"), interrupted=True),
        case("a requirement that the ledger lacks", "inconclusive", 3, *BOTH, result("pass", "WAL-99", check="c::t")),
        case("a failure under a requirement that the ledger lacks", "block", 1, result("fail", "WAL-99")),
    ],
)  # fmt: skip
def test_verdict(results: Any, options: Any, decision: str, code: int) -> None:
    """Each case has the one decision and exit code that the rules give it."""
    found, _ = build(results, **options)
    verdict = judge(found)
    assert (verdict.decision, verdict.exit_code) == (decision, code)


@pytest.mark.parametrize(
    ("results", "options", "decision", "code"),
    [
        case("a MUST was only skipped", "release", 0, BOTH[0], result("skip"), whole=True),
        case("a MUST fails beside it", "block", 1, result("fail", "WAL-03"), result("skip")),
        case("a MUST is undecided", "inconclusive", 11, BOTH[0], result("inconclusive")),
        case("a MUST of the ledger never ran", "inconclusive", 11, BOTH[0], whole=True),
        case("everything was skipped", "inconclusive", 5, result("skip")),
        case("every MUST was skipped", "inconclusive", 11, result("skip", "WAL-03", "WAL-07"),
             result("pass", "ENV-01", check="c::t"), whole=True),
    ],
)  # fmt: skip
def test_verdict_on_what_is_offered(results: Any, options: Any, decision: str, code: int) -> None:
    """Where only what the target offers is judged, what it lacks decides nothing, and proves nothing either."""
    verdict = judge(build(results, **options)[0], offered=True)
    assert (verdict.decision, verdict.exit_code) == (decision, code)


def test_what_is_lacking_stays_visible() -> None:
    """A release of what a target offers counts what it lacks and says why each was skipped."""
    verdict = judge(build([BOTH[0], result("skip", reason="no wallet")], whole=True)[0], offered=True)
    assert verdict.summary == "1 of 2 MUST requirements proved, 1 skipped for what the target lacks"
    assert "no wallet" in verdict.notes[0].why


def test_blocking_verdict_names_what_decided() -> None:
    """A block names row, requirement, check and reason of each failure that decided it."""
    found, _ = build([*BOTH, result("fail", check="c::t", reason="got 40.00")])
    (reason,) = judge(found).deciding
    assert (reason.row, reason.requirement, reason.check, reason.why) == ("1.1", "WAL-07", "c::t", "got 40.00")


def test_release_names_the_rows_that_hold() -> None:
    """A release says of each row how many of its MUSTs are proved, and that a selection was all that was asked for."""
    verdict = judge(build(BOTH)[0])
    assert [reason.why for reason in verdict.deciding] == ["2 of 2 MUST requirements proved"]
    assert verdict.summary == "2 of 2 MUST requirements proved; only a part of the ledger was asked for"


def test_waived_failure_stays_visible() -> None:
    """A waiver takes a failure out of the decision and leaves it a failure, with who answers for it until when."""
    found, uses = build([BOTH[0], result("fail", check="c::t")], waivers=[waiver()], whole=True)
    verdict = judge(found)
    assert [use.state for use in uses] == ["used"]
    assert found.requirements()[1].standing is Standing.FAIL
    assert found.counts[Outcome.FAIL] == 1
    assert "waived until 2026-11-22 by wallet team (ticket 1234)" in verdict.notes[0].why
    assert "1 waived" in verdict.summary


@pytest.mark.parametrize(
    ("known", "results", "state"),
    [
        (waiver(), BOTH, "unused"),
        (waiver(expires=YESTERDAY), [result("fail")], "expired"),
        (waiver(target="staging"), [result("fail")], "other target"),
        (waiver("", check="elsewhere::t"), BOTH, "not selected"),
    ],
)
def test_state_of_a_waiver(known: Any, results: Any, state: str) -> None:
    """A waiver that waives nothing in this run says why."""
    assert [use.state for use in build(results, waivers=[known])[1]] == [state]


@pytest.mark.parametrize(
    ("children", "parent"),
    [
        ("", "not run"),
        ("pass pass", "pass"),
        ("pass skip", "partial"),
        ("pass omit", "partial"),
        ("partial pass", "partial"),
        ("skip omit", "skip"),
        ("omit omit", "omit"),
        ("not_run not_run", "not run"),
        ("pass not_run", "inconclusive"),
        ("skip not_run", "inconclusive"),
        ("pass inconclusive", "inconclusive"),
        ("inconclusive error", "error"),
        ("pass error fail", "fail"),
    ],
)
def test_parent_is_never_better_than_its_worst_child(children: str, parent: str) -> None:
    """The standing of a parent follows from its children's alone."""
    assert combine([Standing(word.replace("_", " ")) for word in children.split()]) == parent


def test_check_that_ended_twice_keeps_the_worse_outcome() -> None:
    """A check that ran again after its worker died cannot improve on its failure."""
    found, _ = build([result("fail"), result("pass")])
    assert found.counts[Outcome.FAIL] == 1
    assert found.counts[Outcome.PASS] == 0


def test_rows_stand_in_the_order_of_the_plan() -> None:
    """Row 5.4 comes after row 1.1, whichever ran first."""
    found, _ = build([result("pass", "ENV-01", check="a::t"), result("pass", check="b::t")])
    assert [row.row for row in found.rows] == ["1.1", "5.4"]
