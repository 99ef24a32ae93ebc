"""What a replay is told as: JSON for programs, one HTML page for people. Reports decide nothing but the exit code.

The page has a timeline (a bar per revision and way, with locks and rows) and, for each revision with a finding, a
picture of the schema before and after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fixtures.exits import Exit
from suites.migrations.picture import before_and_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from suites.migrations.replay import Replay, Step
    from suites.migrations.waivers import Waived


class FindingLine(msgspec.Struct, frozen=True):
    """One thing that is wrong. waived_by: the owner of the waiver that covers it."""

    rule: str
    revision: str
    file: str
    line: int | None
    says: str
    remedy: str
    waived_by: str | None = None


class StepLine(msgspec.Struct, frozen=True):
    """One revision one way, on the full database. rows: in all tables as it began; touched: written by it.

    locks: the strongest that it held on each table that was there before; rewritten: tables written anew as a whole.
    """

    revision: str
    way: str
    took_s: float
    statements: int
    rows: int
    touched: int
    locks: list[tuple[str, str]]
    rewritten: list[str]
    changes: list[str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole replay. complete: every revision went up and down with rows in it. orders: tried beside the first.

    unfilled: tables that could not get all their rows, and why. waivers: what is to be said of them.
    """

    history: str
    revisions: int
    complete: bool
    postgres: int
    seed: int
    rows: int
    orders: int
    took_s: float
    findings: list[FindingLine]
    steps: list[StepLine]
    filled: dict[str, int]
    unfilled: dict[str, str]
    waivers: list[str]

    @property
    def counting(self) -> list[FindingLine]:
        """Findings that nobody has waived."""
        return [each for each in self.findings if each.waived_by is None]

    @property
    def empty(self) -> list[str]:
        """Tables that got no row at all: nothing about them was tried with data."""
        return [name for name in self.unfilled if not self.filled.get(name)]

    @property
    def exit_code(self) -> Exit:
        """1 for what is wrong, 5 when nothing was replayed, 11 when tables stayed empty."""
        if self.counting:
            return Exit.BLOCKED
        if not self.steps:
            return Exit.NOTHING_RAN
        if not self.complete:
            return Exit.BLOCKED
        return Exit.INCONCLUSIVE if self.empty else Exit.RELEASE


def finding_lines(waived: Waived) -> list[FindingLine]:
    """Findings in the form of reports: those that count first."""
    found = [(each, None) for each in waived.counting] + [(each, waiver.owner) for each, waiver in waived.waived]
    return [
        FindingLine(each.rule, each.revision, str(each.file), each.line, each.says, each.remedy, owner)
        for each, owner in found
    ]


def step_line(step: Step) -> StepLine:
    """A step in the form of reports."""
    return StepLine(
        step.revision.title, step.way, round(step.took_s, 4), len(step.statements), step.rows, step.touched,
        list(step.locks), list(step.rewritten), list(step.changes),
    )  # fmt: skip


def pictures(seen: Replay, report: Report) -> dict[str, tuple[str, str]]:
    """By revision with a finding: the schema before and after it, drawn; none where it did not run."""
    blamed = dict.fromkeys(each.revision for each in report.findings)
    drawn = {title: before_and_after(*seen.around[title]) for title in blamed if title in seen.around}
    return {title: pair for title, pair in drawn.items() if any(pair)}


def html(report: Report, drawn: Mapping[str, tuple[str, str]]) -> bytes:
    """One page that needs nothing else. Everything that came from outside is escaped."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    from suites.gate.reporters import text

    loader = ChoiceLoader([PackageLoader("suites.migrations"), PackageLoader("suites.gate.reporters")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(safe_text=text.safe)
    environment.globals.update(count=text.count)
    longest = max((step.took_s for step in report.steps), default=0.0) or 1.0
    return environment.get_template("replay.html.j2").render(report=report, pictures=drawn, longest=longest).encode()
