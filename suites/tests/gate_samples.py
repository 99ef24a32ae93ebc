"""Small ledgers, results and reports for the tests of the gate."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from fixtures.requirements import Level, Requirement
from fixtures.results import (
    Broken,
    CheckFinished,
    CheckResult,
    Evidence,
    Exchange,
    Outcome,
    Planned,
    Request,
    Response,
    RunFinished,
)
from suites.gate import tree, verdict
from suites.gate.plan import Plan
from suites.gate.report import About, Report, Timing, Timings
from suites.gate.waivers import Waiver, WaiverUse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TODAY = dt.date(2026, 11, 22)
LEDGER = {
    one.id: one
    for one in (
        Requirement("WAL-03", "1.1", Level.MUST, "Parallel debits lose nothing.", "wallet", True),
        Requirement("WAL-07", "1.1", Level.MUST, "A repeated reference moves no money.", "wallet", True),
        Requirement("ENV-01", "5.4", Level.SHOULD, "A list has a count."),
    )
}
NASTY = "\x00\x1b[31mred\x1b[0m\x08 </failure> ]]> <script>alert(1)</script> & \ud800 \ufffe \u202e | `x` \x85"


def evidence(words: str = "balance: expected 70.00, got 40.00") -> Evidence:
    """What a failed check saw."""
    exchange = Exchange(
        request=Request(
            "POST", "http://127.0.0.1:9/admin/wallets/w1", {"authorization": "Bearer $TOKEN"}, '{"amount":10}'
        ),
        response=Response(200, {"content-type": "application/json"}, '{"transaction":{"id":"t1"}}'),
        error=None,
        elapsed_ms=12.4,
        repeat="curl -X POST http://127.0.0.1:9/admin/wallets/w1 -H 'authorization: Bearer $TOKEN'",
    )
    again = "cityos gate --target reference --seed 7 --only suites/conformance/test_wallet.py::test_repeat"
    return Evidence("The same reference moves money once.", words, [exchange], again)


def result(
    outcome: Outcome | str,
    *requirements: str,
    check: str = "suites/conformance/test_wallet.py::test_repeat",
    reason: str | None = None,
    seen: Evidence | None = None,
) -> CheckResult:
    """How one check ended."""
    outcome = Outcome(outcome)
    if seen is None and outcome is not Outcome.PASS:
        seen = evidence()
    return CheckResult(
        check=check,
        title="A repeated reference moves money once.",
        requirements=list(requirements or ("WAL-07",)),
        outcome=outcome,
        duration_ms=120.0,
        exchanges=3,
        reason=reason,
        evidence=seen,
    )


def build(
    results: Iterable[CheckResult],
    *,
    waivers: Sequence[Waiver] = (),
    whole: bool = False,
    broken: Iterable[Broken] = (),
    unfinished: Iterable[str] = (),
    interrupted: bool = False,
    target: str = "reference",
) -> tuple[tree.Tree, list[WaiverUse]]:
    """The tree of these results, as a run would build it; each result is given a check of its own."""
    recorder = tree.Recorder()
    numbered = list(results)
    recorder.add(Planned([one.check for one in numbered] + list(unfinished)))
    for one in numbered:
        recorder.add(CheckFinished(one))
    for trouble in broken:
        recorder.add(trouble)
    recorder.add(RunFinished(0))
    planned = Plan(suites=(), requirements=LEDGER, whole=whole)
    return tree.build(recorder, planned, waivers, target, TODAY, interrupted=interrupted)


def report(found: tree.Tree, uses: list[WaiverUse] | None = None, **changes: object) -> Report:
    """A finished report of this tree; ``changes`` replace facts about the run."""
    facts: dict[str, object] = {
        "run": "20261122T120000Z-0000002a", "command": "gate", "profile": "merge", "seed": 7, "target": "reference",
        "base_url": "http://127.0.0.1:9", "build": "1.2.3", "harness": "f" * 40, "started": "2026-11-22T12:00:00Z",
        "duration_s": 4.25, "python": "3.13.1", "suites": ["smoke", "conformance"],
    }  # fmt: skip
    about = About(**{**facts, **changes})  # type: ignore[arg-type]
    spent = Timings([Timing("database", 1.5)], [Timing("conformance", 2.0)], [Timing("a check", 0.5)])
    return Report(about=about, verdict=verdict.judge(found), waivers=uses or [], timings=spent, tree=found)


def waiver(requirement: str = "WAL-07", expires: dt.date = TODAY, **changes: str | None) -> Waiver:
    """A waiver of a requirement; pass check=… and requirement="" for one of a check."""
    facts = {"owner": "wallet team", "reason": "ticket 1234", "requirement": requirement or None, **changes}
    return Waiver(expires=expires, **facts)  # type: ignore[arg-type]
