"""May this be released? A pure function from the result tree to the verdict and the rows that decided it.

The rules, the first that applies: interrupted · a MUST failed without a waiver → block · the harness broke → no
verdict · nothing ran → no verdict · a MUST that nothing proved → inconclusive · otherwise release.
What is unknown fails closed. Where only what the target offers was asked for, a MUST whose checks were all skipped is
noted and decides nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from fixtures.exits import Exit
from fixtures.requirements import Level
from fixtures.results import Outcome
from suites.gate.tree import Standing, combine

if TYPE_CHECKING:
    from suites.gate.tree import CheckNode, RequirementNode, Tree


class Decision(StrEnum):
    """The answer of a run."""

    RELEASE = "release"
    BLOCK = "block"
    INCONCLUSIVE = "inconclusive"


class Reason(msgspec.Struct, frozen=True):
    """One thing that decided the verdict, or that its reader should know. ``row`` is empty for the harness itself."""

    row: str
    requirement: str
    check: str
    standing: Standing
    why: str


class Verdict(msgspec.Struct, frozen=True):
    """The decision, its exit code, what decided it, and what did not but should be seen."""

    decision: Decision
    exit_code: int
    summary: str
    deciding: list[Reason]
    notes: list[Reason]


def judge(tree: Tree, *, offered: bool = False) -> Verdict:
    """The verdict on a tree, by the rules at the top of this module; `offered`: on what the target offers only."""
    blocking, unproven, notes = _sort(tree, offered=offered)
    harness = _harness(tree)
    tried = [reason for reason in unproven if reason.standing is not Standing.NOT_RUN]
    if tree.interrupted:
        summary = "interrupted before the end"
        return Verdict(Decision.INCONCLUSIVE, Exit.INTERRUPTED, summary, blocking + harness, notes + tried)
    if blocking:
        failed = {reason.requirement for reason in blocking}
        return Verdict(Decision.BLOCK, Exit.BLOCKED, _count(len(failed), "MUST requirement") + " failed",
                       blocking, harness + unproven + notes)  # fmt: skip
    if harness:
        summary = "the harness broke, so nothing is proved"
        return Verdict(Decision.INCONCLUSIVE, Exit.HARNESS_ERROR, summary, harness, tried + notes)
    ran = [outcome for outcome in (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE) if tree.counts.get(outcome, 0)]
    if not ran:
        summary = "nothing ran: no check matched" if not tree.checks() else "nothing ran: every check was left out"
        return Verdict(Decision.INCONCLUSIVE, Exit.NOTHING_RAN, summary, unproven, notes)
    if unproven:
        summary = _count(len(unproven), "MUST requirement") + " not proved"
        return Verdict(Decision.INCONCLUSIVE, Exit.INCONCLUSIVE, summary, unproven, notes)
    proved = _proved(tree)
    if tree.whole and not proved:
        summary = "not one MUST requirement was proved"
        return Verdict(Decision.INCONCLUSIVE, Exit.INCONCLUSIVE, summary, [], notes)
    return Verdict(Decision.RELEASE, Exit.RELEASE, _released(tree, offered=offered), proved, notes)


def _sort(tree: Tree, *, offered: bool) -> tuple[list[Reason], list[Reason], list[Reason]]:
    """What blocks, which MUSTs are unproven, and what is only worth a note."""
    blocking: list[Reason] = []
    unproven: list[Reason] = []
    notes: list[Reason] = []
    for node in tree.requirements():
        must = node.requirement.level is Level.MUST
        for check in node.checks:
            if check.result.outcome is Outcome.FAIL:
                (blocking if must and not check.waived else notes).append(_failure(node, check))
        left = combine([check.standing for check in node.checks if not check.waived])
        if left is Standing.NOT_RUN and any(check.waived for check in node.checks):
            continue  # all that is known about it is waived
        if left in (Standing.NOT_RUN, Standing.SKIP, Standing.INCONCLUSIVE):
            lacks = offered and left is Standing.SKIP
            (unproven if must and not lacks else notes).append(_unproven(node, left))
    return blocking, unproven, notes


def _failure(node: RequirementNode, check: CheckNode) -> Reason:
    why = check.result.reason or (check.result.evidence.difference if check.result.evidence else "") or "failed"
    if check.waived and check.waiver:
        why = f"waived until {check.waiver.expires} by {check.waiver.owner} ({check.waiver.reason}): {why}"
    elif check.waiver:
        why = f"its waiver expired on {check.waiver.expires} ({check.waiver.owner}): {why}"
    elif node.requirement.level is Level.SHOULD:
        why = f"SHOULD: {why}"
    return Reason(node.requirement.row, node.requirement.id, check.result.check, Standing.FAIL, why)


def _unproven(node: RequirementNode, standing: Standing) -> Reason:
    said = [check.result.reason for check in node.checks if check.standing is standing and check.result.reason]
    default = {
        Standing.NOT_RUN: "no check of it ran",
        Standing.SKIP: "every check of it was skipped",
        Standing.INCONCLUSIVE: "not enough evidence",
    }[standing]
    why = f"{default}: {said[0]}" if said else default
    return Reason(node.requirement.row, node.requirement.id, "", standing, why)


def _harness(tree: Tree) -> list[Reason]:
    """Everything that went wrong on our own side."""
    reasons = [Reason("", "", broken.where, Standing.ERROR, broken.reason) for broken in tree.broken]
    for node in tree.checks():
        if node.result.outcome is Outcome.ERROR:
            named = node.result.requirements[0] if node.result.requirements else ""
            row = tree.row_of(named) if named else ""
            reasons.append(Reason(row, named, node.result.check, Standing.ERROR, node.result.reason or "broke"))
    if tree.unfinished and not tree.interrupted:
        why = f"{_count(len(tree.unfinished), 'planned check')} never ended, the first is {tree.unfinished[0]}"
        reasons.append(Reason("", "", "", Standing.ERROR, why))
    return reasons


def _proved(tree: Tree) -> list[Reason]:
    """One line per row whose requirements hold."""
    reasons = []
    for row in tree.rows:
        musts = [node for node in row.requirements if node.requirement.level is Level.MUST]
        held = [node for node in musts if node.standing in (Standing.PASS, Standing.PARTIAL)]
        if held:
            why = f"{len(held)} of {_count(len(musts), 'MUST requirement')} proved"
            reasons.append(Reason(row.row, "", "", row.standing, why))
    return reasons


def _released(tree: Tree, *, offered: bool) -> str:
    musts = [node for node in tree.requirements() if node.requirement.level is Level.MUST]
    held = sum(node.standing in (Standing.PASS, Standing.PARTIAL) for node in musts)
    waived = sum(any(check.waived for check in node.checks) for node in musts)
    omitted = sum(node.standing is Standing.OMIT for node in musts)
    lacking = sum(node.standing is Standing.SKIP for node in musts)
    text = f"{held} of {_count(len(musts), 'MUST requirement')} proved"
    if waived:
        text += f", {waived} waived"
    if omitted:
        text += f", {omitted} omitted by the target's declaration"
    if lacking and offered:
        text += f", {lacking} skipped for what the target lacks"
    return text if tree.whole else f"{text}; only a part of the ledger was asked for"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
