"""``cityos migrations locks``: each revision under traffic, on tables of a million rows."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

import msgspec
from rich.table import Table as Grid

from fixtures.exits import Exit, UsageError
from fixtures.terminal import console
from suites.gate.reporters import text
from suites.migrations.commands.replay import MOMENT, load_waivers, show_findings
from suites.migrations.commands.sources import Source, opened, server
from suites.migrations.histories.base import HistoryError
from suites.migrations.locks.measure import Locked, Options, Table, measure
from suites.migrations.report import FindingLine, finding_lines
from suites.migrations.waivers import apply

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from suites.migrations.histories.base import History
    from suites.migrations.locks.traffic import Waits

_COLUMNS = (
    ("revision and table", 34, "left"),
    ("lock", 24, "left"),
    ("rewritten", 9, "left"),
    ("took", 8, "right"),
    ("longest read", 16, "right"),
    ("longest write", 16, "right"),
    ("requests", 8, "right"),
)
_BETWEEN = 2
_WIDTH = sum(width + _BETWEEN for _, width, _ in _COLUMNS)


class RevisionLine(msgspec.Struct, frozen=True):
    """A revision as it is told; times of waits are in milliseconds."""

    revision: str
    file: str
    took_s: float
    tables: list[Table]


class Measured(msgspec.Struct, frozen=True):
    """What is told: of which history, under which conditions, what each revision did, and each finding."""

    history: str
    postgres: int
    rows: int
    seed: int
    longest_block_ms: int
    revisions: list[RevisionLine]
    findings: list[FindingLine]
    waivers: list[str]


def run(
    source: Source,
    *,
    only: str | None,
    rows: int,
    longest_block_ms: int,
    seed: int,
    database_url: str | None,
    major: int | None,
    waivers: Path,
    as_json: bool,
) -> int:
    """Measure and print; exit code 1 when somebody waited too long, 5 when no revision met a table that was there.

    waivers: the file of known findings. Raises UsageError, CommandError.
    """
    out = console(stderr=as_json)
    known = load_waivers(waivers, "locks")
    try:
        history = opened(source)
    except HistoryError as problem:
        found = finding_lines(apply([problem.finding], [], "", dt.date.max))
        return _told(out, Measured("", 0, rows, seed, longest_block_ms, [], found, []), as_json=as_json)
    options = Options(
        now=MOMENT, rows=rows, only=_named(history, only), longest_block_ms=longest_block_ms, seed=seed,
    )  # fmt: skip
    out.print(f"applying {history.name} under traffic: {text.count(rows, 'row')} a table, seed {seed}")
    lines = _Lines(out)
    with server(database_url, major) as postgres, out.status("") as status:
        done = measure(history, postgres, options, told=lines.add, doing=status.update)
        version = postgres.version
    findings = [finding for each in done for finding in each.findings]
    waived = apply(findings, known, history.name, dt.datetime.now(dt.UTC).date())
    measured = Measured(
        history.name, version, rows, seed, longest_block_ms,
        [RevisionLine(e.revision.title, str(e.revision.file), round(e.took_s, 3), list(e.tables)) for e in done],
        finding_lines(waived), [] if options.only else waived.told,
    )  # fmt: skip
    return _told(out, measured, as_json=as_json)


def _named(history: History, only: str | None) -> frozenset[str]:
    """The revisions that were asked for; UsageError for one that is not there."""
    wanted = frozenset(name.strip() for name in (only or "").split(",") if name.strip())
    known = {name for each in history.revisions for name in (each.id, each.title)}
    for name in sorted(wanted - known):
        last = ", ".join(each.title for each in history.revisions[-3:])
        raise UsageError(f"--only {name}: there is no such revision; the last ones are {last}")
    return wanted


class _Lines:
    """A table that grows: its columns are as wide for the first revision as for the last."""

    def __init__(self, out: Console) -> None:
        self.out = out
        self.headed = False

    def add(self, done: Locked) -> None:
        """A revision, and a line for each table that it touched."""
        grid = Grid(box=None, show_header=not self.headed, pad_edge=False, padding=(0, _BETWEEN, 0, 0))
        for title, width, side in _COLUMNS:
            grid.add_column(title, min_width=width, justify="right" if side == "right" else "left", overflow="fold")
        self.headed = True
        style = "bold red" if done.findings else "bold green"
        took = text.duration(done.took_s * 1000)
        grid.add_row(done.revision.title, "" if done.tables else "-", "", took, "", "", "", style=style)
        for each in done.tables:
            grid.add_row(
                f"  {each.name}", each.mode, "yes" if each.rewritten else "no", "", _waited(each.reads),
                _waited(each.writes), str(each.reads.requests + each.writes.requests),
            )  # fmt: skip
        self.out.print(grid, width=_WIDTH, crop=False, soft_wrap=False)
        for each in done.tables:
            if each.short:
                self.out.print(f"    {each.name} has {text.count(each.rows, 'row')} only: {text.safe(each.short)}")
            self._unhappy(each)

    def _unhappy(self, table: Table) -> None:
        for way, waits in (("reads", table.reads), ("writes", table.writes)):
            if waits.broken:
                said = text.safe(waits.broken_by)
                self.out.print(f"    {waits.broken} {way} of {table.name} no longer fit it: {said}", style="yellow")
            if waits.failed:
                self.out.print(f"    {waits.failed} {way} of {table.name} had no answer in time", style="yellow")


def _waited(waits: Waits) -> str:
    """The longest, and in brackets what it is when no revision runs."""
    if not waits.requests:
        return "-"
    return f"{text.duration(waits.longest)} ({text.duration(waits.usual)})"


def _told(out: Console, measured: Measured, *, as_json: bool) -> int:
    if measured.findings:
        out.print("")
        show_findings(out, measured.findings)
    for said in measured.waivers:
        out.print(said, style="yellow")
    counting = sum(each.waived_by is None for each in measured.findings)
    met = sum(bool(each.tables) for each in measured.revisions)
    words = f"{text.count(met, 'revision')} on tables with rows, {text.count(counting, 'finding')}"
    if not met:
        words += "; no revision touches a table that was there before it"
    out.print(f"{words}; in brackets the longest without a revision", style="bold red" if counting else "bold")
    if as_json:
        sys.stdout.write(msgspec.json.encode(measured).decode() + "\n")
    if counting:
        return Exit.BLOCKED
    return Exit.RELEASE if met else Exit.NOTHING_RAN
