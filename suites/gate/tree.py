"""The one result tree of a run: profile → plan row → requirement → check.

A parent is never better than its worst child.
Events go in, plain data comes out; what the tree means for a release is said in ``verdict``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from fixtures.requirements import Level, Requirement
from fixtures.results import Broken, CheckFinished, CheckResult, Outcome, Planned, RunFinished
from suites.gate.rows import ROW_TITLES
from suites.gate.waivers import Waiver, WaiverState, WaiverUse, match

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from fixtures.results import Event
    from suites.gate.plan import Plan

NO_REQUIREMENT = "(none)"


class Standing(StrEnum):
    """How a check, requirement, row or profile stands; worse ones come later."""

    PASS = "pass"
    PARTIAL = "partial"  # what ran passed, something below was skipped or omitted
    OMIT = "omit"
    SKIP = "skip"
    NOT_RUN = "not run"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    FAIL = "fail"


_RANK = {standing: rank for rank, standing in enumerate(Standing)}


class CheckNode(msgspec.Struct, frozen=True):
    """A check under one of its requirements. ``waived``: it failed, and the waiver still holds."""

    result: CheckResult
    waiver: Waiver | None = None
    waived: bool = False

    @property
    def standing(self) -> Standing:
        """Its outcome; a waiver changes nothing about it."""
        return Standing(self.result.outcome)


class RequirementNode(msgspec.Struct, frozen=True):
    """A requirement and the checks that verify it."""

    requirement: Requirement
    standing: Standing
    checks: list[CheckNode]


class RowNode(msgspec.Struct, frozen=True):
    """A row of the plan and its requirements."""

    row: str
    title: str
    standing: Standing
    requirements: list[RequirementNode]


class Tree(msgspec.Struct, frozen=True):
    """Everything a run found out.

    ``counts`` counts each check once by outcome; ``unfinished`` are checks that were planned and never ended;
    ``whole`` is false when --only or a single suite was asked for, so that only a part of the ledger was judged.
    """

    standing: Standing
    rows: list[RowNode]
    counts: dict[Outcome, int]
    broken: list[Broken]
    unfinished: list[str]
    whole: bool
    interrupted: bool = False

    def requirements(self) -> list[RequirementNode]:
        """All requirements, in the order of the rows."""
        return [requirement for row in self.rows for requirement in row.requirements]

    def checks(self) -> list[CheckNode]:
        """Each check once, in the order of the rows."""
        first: dict[str, CheckNode] = {}
        for requirement in self.requirements():
            for check in requirement.checks:
                first.setdefault(check.result.check, check)
        return list(first.values())

    def row_of(self, requirement: str) -> str:
        """The plan row of a requirement of this tree."""
        return next((node.requirement.row for node in self.requirements() if node.requirement.id == requirement), "?")


class Recorder:
    """Collects the events of a run in any order, also of one that was cut off."""

    def __init__(self) -> None:
        self.planned: list[str] = []
        self.results: dict[str, CheckResult] = {}
        self.broken: list[Broken] = []
        self.finished: RunFinished | None = None

    def add(self, event: Event) -> None:
        """Take one event. A check that ended twice (its worker died and it ran again) keeps the worse outcome."""
        match event:
            case Planned(checks=checks):
                self.planned = checks
            case CheckFinished(result=result):
                before = self.results.get(result.check)
                if before is None or _RANK[Standing(result.outcome)] > _RANK[Standing(before.outcome)]:
                    self.results[result.check] = result
            case Broken():
                self.broken.append(event)
            case RunFinished():
                self.finished = event
            case _:
                pass

    @property
    def unfinished(self) -> list[str]:
        """Checks that were planned and never ended."""
        return [check for check in self.planned if check not in self.results]


def combine(standings: Sequence[Standing]) -> Standing:
    """The standing of a parent: its worst child, and partial when some children passed and the rest did not apply."""
    if not standings:
        return Standing.NOT_RUN
    worst = max(standings, key=_RANK.__getitem__)
    if worst is Standing.NOT_RUN and set(standings) != {Standing.NOT_RUN}:
        return Standing.INCONCLUSIVE
    if _RANK[worst] >= _RANK[Standing.NOT_RUN]:
        return worst
    if Standing.PASS in standings and worst is not Standing.PASS:
        return Standing.PARTIAL
    return worst


def build(
    recorder: Recorder, plan: Plan, waivers: Sequence[Waiver], target: str, today: dt.date, *, interrupted: bool = False
) -> tuple[Tree, list[WaiverUse]]:
    """The tree of what was recorded, and what became of each waiver."""
    results = sorted(recorder.results.values(), key=lambda result: result.check)
    ledger = dict(plan.requirements)
    broken = list(recorder.broken)
    under: dict[str, list[CheckNode]] = {}
    for result in results:
        for identifier in result.requirements or [NO_REQUIREMENT]:
            if identifier not in ledger:
                ledger[identifier] = _stray(identifier)
            if ledger[identifier].row == "?" and result.outcome is not Outcome.ERROR:  # an error speaks for itself
                broken.append(Broken(where=result.check, reason=_stray_reason(identifier)))
            under.setdefault(identifier, []).append(_check(result, identifier, waivers, target, today))

    nodes = [
        RequirementNode(requirement, combine([check.standing for check in under.get(requirement.id, [])]),
                        under.get(requirement.id, []))
        for requirement in ledger.values()
        if plan.whole or requirement.id in under
    ]  # fmt: skip
    rows = _rows(nodes)
    tree = Tree(
        standing=combine([row.standing for row in rows]),
        rows=rows,
        counts={outcome: sum(result.outcome is outcome for result in results) for outcome in Outcome},
        broken=broken,
        unfinished=recorder.unfinished,
        whole=plan.whole,
        interrupted=interrupted,
    )
    return tree, _uses(waivers, tree, target, today)


def _check(result: CheckResult, requirement: str, waivers: Sequence[Waiver], target: str, today: dt.date) -> CheckNode:
    if result.outcome is not Outcome.FAIL:
        return CheckNode(result)
    waiver = match(waivers, result.check, requirement, target, today)
    return CheckNode(result, waiver, waived=waiver is not None and not waiver.expired(today))


def _stray(identifier: str) -> Requirement:
    """Stands in for a requirement that the ledger does not have; a MUST, because what is unknown fails closed."""
    text = "Checks that name no requirement." if identifier == NO_REQUIREMENT else "Not in the ledger."
    return Requirement(id=identifier, row="?", level=Level.MUST, text=text)


def _stray_reason(identifier: str) -> str:
    if identifier == NO_REQUIREMENT:
        return "names no requirement: mark it with @requirement"
    return f"names {identifier}, which suites/requirements.toml does not have: add it there or correct the mark"


def _rows(nodes: Iterable[RequirementNode]) -> list[RowNode]:
    by_row: dict[str, list[RequirementNode]] = {}
    for node in nodes:
        by_row.setdefault(node.requirement.row, []).append(node)
    return [
        RowNode(row, ROW_TITLES.get(row, ""), combine([node.standing for node in by_row[row]]), by_row[row])
        for row in sorted(by_row, key=_row_order)
    ]


def _row_order(row: str) -> tuple[int, list[int], str]:
    parts = row.split(".")
    if all(part.isdecimal() for part in parts):
        return 0, [int(part) for part in parts], ""
    return 1, [], row


def _uses(waivers: Sequence[Waiver], tree: Tree, target: str, today: dt.date) -> list[WaiverUse]:
    checks = {(node.requirement.id, check.result.check): check for node in tree.requirements() for check in node.checks}
    uses = []
    for waiver in waivers:
        covered = [check for (requirement, name), check in checks.items() if waiver.covers(name, requirement)]
        if waiver.target not in (None, target):
            state = WaiverState.ELSEWHERE
        elif waiver.expired(today):
            state = WaiverState.EXPIRED
        elif any(check.result.outcome is Outcome.FAIL for check in covered):
            state = WaiverState.USED
        elif not covered and not tree.whole:
            state = WaiverState.NOT_SELECTED
        else:
            state = WaiverState.UNUSED
        uses.append(WaiverUse(waiver, state))
    return uses
