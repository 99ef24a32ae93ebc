"""The terminal: progress while checks run, then what failed with its evidence, the rows, the verdict and the files.

On a terminal it uses colours and a progress bar; elsewhere plain lines, and nothing that moves. It honours NO_COLOR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fixtures.requirements import Level
from fixtures.results import CheckFinished, CheckStarted, Outcome, Planned
from suites.gate.reporters import text
from suites.gate.tree import Standing
from suites.gate.verdict import Decision
from suites.gate.waivers import WaiverState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from fixtures.results import CheckResult, Event
    from suites.gate.report import Report, Timings
    from suites.gate.tree import RowNode
    from suites.gate.verdict import Reason, Verdict

EXCHANGES_SHOWN = 3
CHARACTERS_SHOWN = 500
FAILURES_SHOWN = 25
PROGRESS_WIDTH = 75  # everything on the line of the progress bar but the check's name

_STYLES = {
    Standing.PASS: "green",
    Standing.PARTIAL: "cyan",
    Standing.OMIT: "bright_black",
    Standing.SKIP: "yellow",
    Standing.NOT_RUN: "yellow",
    Standing.INCONCLUSIVE: "yellow",
    Standing.ERROR: "magenta",
    Standing.FAIL: "red",
}
_DECISIONS = {Decision.RELEASE: "bold green", Decision.BLOCK: "bold red", Decision.INCONCLUSIVE: "bold yellow"}
_WAIVER_REMARKS = {
    WaiverState.EXPIRED: "has expired on {expires} and no longer waives: fix the cause, or agree on a new date",
    WaiverState.UNUSED: "is not needed any more: take it out",
}


class Live:
    """Shows a run while it goes on. A context manager, so that the progress bar always gives the terminal back."""

    def __init__(self, out: Console, *, steps: bool = False) -> None:
        self._out = out
        self._steps = steps
        self._counts: dict[Outcome, int] = {}
        self._progress: Progress | None = None
        if out.is_interactive:
            self._progress = Progress(
                TextColumn("{task.description}"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn(),
                TextColumn("{task.fields[current]}", markup=False),
                console=out, transient=True,
            )  # fmt: skip
            self._task = self._progress.add_task("checks", total=None, current="starting")

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def say(self, line: str) -> None:
        """A line about the run itself."""
        self._out.print(text.safe(line), style="bright_black")

    def doing(self, what: str) -> None:
        """What the run is busy with before the first check."""
        if self._progress:
            room = max(10, self._out.width - PROGRESS_WIDTH)
            self._progress.update(self._task, current=what if len(what) <= room else f"{what[: room - 1]}…")

    def see(self, event: Event) -> None:
        """Follow one event."""
        match event:
            case Planned(checks=checks):
                if self._progress:
                    self._progress.update(self._task, total=len(checks))
            case CheckStarted(check=check):
                self.doing(text.safe(check.rpartition("::")[2]))
            case CheckFinished(result=result):
                self._counts[result.outcome] = self._counts.get(result.outcome, 0) + 1
                if self._progress:
                    bad = sum(self._counts.get(outcome, 0) for outcome in (Outcome.FAIL, Outcome.ERROR))
                    words = f"checks, {bad} not passed" if bad else "checks"
                    self._progress.update(self._task, advance=1, description=words)
                if self._steps:
                    self._out.print(step(result))
            case _:
                pass


def step(result: CheckResult) -> Text:
    """One check on one line: its title, how it ended, how many requests it took and how long."""
    line = Text(f"{result.outcome:<13}", _STYLES[Standing(result.outcome)])
    line.append(text.safe(result.title or result.check), "")
    line.append(f"  ({text.count(result.exchanges, 'request')}, {text.duration(result.duration_ms)})", "bright_black")
    if result.reason and result.outcome is not Outcome.PASS:
        line.append(f"\n{'':13}{text.safe(result.reason)}")
    return line


def show(out: Console, report: Report, files: Iterable[Path], *, timings: bool = False) -> None:
    """Print a finished report."""
    _failures(out, report)
    _rows(out, report.tree.rows)
    _remarks(out, report)
    if timings:
        show_timings(out, report.timings)
    _verdict(out, report.verdict)
    about = report.about
    changed = f" with the defect {about.defect} switched on" if about.defect else ""
    only = f", only {about.selection}" if about.selection else ""
    for line in (
        f"target   {about.target}{changed} at {about.base_url}, build {about.build}",
        f"checks   {text.counts(report.tree)} in {about.duration_s:.1f} s, harness {about.harness}",
        f"run      {about.run}, profile {about.profile}, seed {about.seed}{only}",
    ):
        out.print(text.safe(line))
    for file in files:
        out.print(f"report   {file}")


def show_timings(out: Console, timings: Timings) -> None:
    """The breakdown of a run."""
    out.print("\ntimings", style="bold")
    for title, parts in (("", timings.phases), ("checks by suite (summed over processes)", timings.suites),
                         ("slowest checks", timings.slowest)):  # fmt: skip
        if title and parts:
            out.print(f"  {title}")
        for timing in parts:
            out.print(f"  {timing.seconds:>8.2f} s  {text.safe(timing.part)}")


def _failures(out: Console, report: Report) -> None:
    unhappy = text.unhappy(report.tree)
    for node in unhappy[:FAILURES_SHOWN]:
        result = node.result
        heading = Text(f"\n{node.standing.upper()}", f"bold {_STYLES[node.standing]}")
        heading.append(f"  {' '.join(result.requirements)}  ", "bold").append(text.safe(result.title), "bold")
        out.print(heading)
        out.print(f"  {'check':<12}{text.safe(result.check)}")
        if node.waiver:
            out.print(f"  {'waiver':<12}{text.safe(text.waiver_words(node))}")
        for line in text.evidence(result, EXCHANGES_SHOWN, CHARACTERS_SHOWN):
            label, words = line[: text.LABEL_WIDTH], line[text.LABEL_WIDTH :]
            out.print(Text(f"  {label}", "bright_black").append(words, ""))
    if len(unhappy) > FAILURES_SHOWN:
        out.print(f"\n… and {len(unhappy) - FAILURES_SHOWN} more, all of them in the reports")
    for broken in report.tree.broken:
        out.print(Text("\nBROKEN", "bold magenta").append(f"  {text.safe(broken.where)}", "bold"))
        out.print(f"  {text.safe(broken.reason)}")


def _rows(out: Console, rows: list[RowNode]) -> None:
    if not rows:
        return
    out.print()
    if not out.is_terminal:
        for row in rows:
            out.print(f"{row.row:<5}{row.standing:<13}{_proved(row):<25}{row.title}")
        return
    table = Table("row", "what", "stands", "requirements that hold", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(row.row, row.title, Text(row.standing, _STYLES[row.standing]), _proved(row))
    out.print(table)


def _proved(row: RowNode) -> str:
    held = sum(node.standing in (Standing.PASS, Standing.PARTIAL) for node in row.requirements)
    return f"{held} of {text.count(len(row.requirements), 'requirement')}"


def _remarks(out: Console, report: Report) -> None:
    lines = [_remark(note) for note in report.verdict.notes]
    for use in report.waivers:
        if use.state in _WAIVER_REMARKS:
            remark = _WAIVER_REMARKS[use.state].format(expires=use.waiver.expires)
            lines.append(f"the waiver of {use.waiver.subject} ({use.waiver.owner}) {remark}")
    shoulds = [
        f"{node.requirement.id} is {node.standing}: {node.requirement.text}"
        for node in report.tree.requirements()
        if node.standing is Standing.PARTIAL and node.requirement.level is Level.MUST
    ]
    for line in lines + shoulds:
        out.print(Text("note  ", "yellow").append(text.safe(line), ""))


def _remark(reason: Reason) -> str:
    """A reason on one line."""
    subject = " ".join(part for part in (reason.row, reason.requirement, reason.standing) if part)
    where = f" {reason.check}:" if reason.check else ":"
    return f"{subject}{where} {reason.why.splitlines()[0] if reason.why else ''}"


def _verdict(out: Console, verdict: Verdict) -> None:
    out.print()
    for reason in verdict.deciding if verdict.decision is not Decision.RELEASE else ():  # the rows have said it
        out.print(text.safe(_remark(reason)))
    line = Text("verdict  ", "bold").append(verdict.decision.value, _DECISIONS[verdict.decision])
    out.print(line.append(f": {text.safe(verdict.summary)}", ""))
