"""``cityos migrations replay``: a history with rows in every table."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from fixtures.exits import CommandError, UsageError
from fixtures.tables import TableError
from fixtures.terminal import console
from suites.gate.reporters import text, write
from suites.migrations import report as reports
from suites.migrations import waivers
from suites.migrations.commands.sources import Source, opened, server
from suites.migrations.histories.base import HistoryError
from suites.migrations.replay import Options, Replay, replay

if TYPE_CHECKING:
    from rich.console import Console

    from fixtures.postgres import PostgresServer
    from suites.migrations.histories.base import History
    from suites.migrations.report import FindingLine, Report

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
"""What counts as now in generated rows: the same seed gives the same rows on any day."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was asked for on the command line."""

    source: Source
    all_orders: int = 0
    rows: int = 10_000
    seed: int = 0
    database_url: str | None = None
    major: int | None = None
    waivers: Path
    report_dir: Path = Path("reports")
    as_json: bool = False


def run(wanted: Wanted) -> int:
    """Replay, print findings, and write the reports; the exit code of the report. Raises UsageError, CommandError."""
    out = console(stderr=wanted.as_json)
    known = load_waivers(wanted.waivers, "")
    if wanted.all_orders and wanted.source.mikro_orm is None:
        raise UsageError("--all-orders is about the modules of a MikroORM history: name it by --mikro-orm DIR")
    began = time.monotonic()
    seen, major, orders = _replayed(wanted, out)
    today = datetime.now(UTC).date()
    waived = waivers.apply(seen.findings, known, seen.history, today)
    report = reports.Report(
        history=seen.history, revisions=seen.revisions, complete=seen.complete, postgres=major, seed=wanted.seed,
        rows=wanted.rows, orders=orders, took_s=round(time.monotonic() - began, 3),
        findings=reports.finding_lines(waived), steps=[reports.step_line(each) for each in seen.steps],
        filled=seen.filled, unfilled=seen.unfilled, waivers=waived.told,
    )  # fmt: skip
    files = _write(wanted.report_dir, seen, report)
    show_findings(out, report.findings)
    _sum_up(out, report, files)
    if wanted.as_json:
        sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    return report.exit_code


def load_waivers(path: Path, kind: str) -> list[waivers.MigrationWaiver]:
    """Of a file those of one command, by how its rules begin ("lint"); UsageError for a file that cannot be read."""
    try:
        return [each for each in waivers.load(path) if each.rule.rpartition("/")[0] == kind]
    except TableError as error:
        raise UsageError(str(error)) from error


def show_findings(out: Console, findings: list[FindingLine]) -> None:
    """Each with its place, what happened, and what to do."""
    for each in findings:
        place = f"{each.file}:{each.line}" if each.line else each.file
        waived = f" (waived by {each.waived_by})" if each.waived_by else ""
        out.print(f"{each.rule}{waived}: {place}: {each.revision}", style=None if each.waived_by else "bold red")
        out.print(f"  {text.safe(each.says)}")
        out.print(f"  → {text.safe(each.remedy)}")


def _replayed(wanted: Wanted, out: Console) -> tuple[Replay, int, int]:
    """What was seen, on which major version, and how many more orders were tried."""
    try:
        history = opened(wanted.source)
    except HistoryError as problem:
        return Replay(str(problem.finding.file), 0, findings=[problem.finding]), 0, 0
    out.print(f"replaying {history.name}: {text.count(len(history.revisions), 'revision')}, seed {wanted.seed}")
    with server(wanted.database_url, wanted.major) as postgres:
        options = Options(now=MOMENT, rows=wanted.rows, seed=wanted.seed)
        seen = replay(history, postgres, options, told=lambda line: out.print(f"  {line}"))
        orders = _other_orders(wanted, history, seen, postgres) if wanted.all_orders else 0
        return seen, postgres.version, orders


def _other_orders(wanted: Wanted, history: History, seen: Replay, postgres: PostgresServer) -> int:
    from suites.migrations.mikro.history import MikroHistory
    from suites.migrations.orders import compared

    assert isinstance(history, MikroHistory), "--all-orders was refused for others"
    seen.findings += compared(history, postgres, wanted.all_orders, wanted.seed)
    return wanted.all_orders


def _write(folder: Path, seen: Replay, report: Report) -> list[Path]:
    files = {
        folder / "migrations.json": msgspec.json.format(msgspec.json.encode(report)),
        folder / "migrations.html": reports.html(report, reports.pictures(seen, report)),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            write(path, content)
    except OSError as error:
        raise CommandError(f"the reports could not be written: {error}") from error
    return list(files)


def _sum_up(out: Console, report: Report, files: list[Path]) -> None:
    for said in report.waivers:
        out.print(said, style="yellow")
    for name in report.empty:
        out.print(f"{name} stayed empty: {report.unfilled[name]}", style="yellow")
    counting, waived = len(report.counting), len(report.findings) - len(report.counting)
    words = [text.count(report.revisions, "revision"), f"{sum(report.filled.values())} rows"]
    words += [text.count(counting, "finding")] + ([f"{waived} waived"] if waived else [])
    words += [] if report.complete else ["not complete"]
    out.print(f"{', '.join(words)}; {report.took_s:.1f} s", style="bold red" if report.exit_code else "bold green")
    out.print(f"reports: {', '.join(map(str, files))}")
