"""``cityos migrations lint``: squawk and rules of our own, over what each revision executed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from fixtures.exits import Exit
from fixtures.terminal import console
from suites.gate.reporters import text
from suites.migrations import waivers
from suites.migrations.commands.replay import load_waivers, show_findings
from suites.migrations.commands.sources import Source, opened, server
from suites.migrations.histories.base import HistoryError
from suites.migrations.report import FindingLine, finding_lines

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from suites.migrations.histories.base import Finding


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What was asked for on the command line."""

    source: Source
    database_url: str | None = None
    major: int | None = None
    waivers: Path
    as_json: bool = False


class Linted(msgspec.Struct, frozen=True):
    """What is told: the history, how many revisions it has, and each finding."""

    history: str
    revisions: int
    findings: list[FindingLine]
    waivers: list[str]


def run(wanted: Wanted) -> int:
    """Lint and print; exit code 1 for a finding that nobody has waived. Raises UsageError, CommandError."""
    out = console(stderr=wanted.as_json)
    known = load_waivers(wanted.waivers, "lint")
    name, revisions, findings = _linted(wanted, out)
    waived = waivers.apply(findings, known, name, datetime.now(UTC).date())
    linted = Linted(name, revisions, finding_lines(waived), waived.told)
    show_findings(out, linted.findings)
    for said in linted.waivers:
        out.print(said, style="yellow")
    counting = len(waived.counting)
    words = f"{text.count(revisions, 'revision')}, {text.count(counting, 'finding')}, {len(waived.waived)} waived"
    out.print(words, style="bold red" if counting else "bold green")
    if wanted.as_json:
        sys.stdout.write(msgspec.json.encode(linted).decode() + "\n")
    return Exit.BLOCKED if counting else Exit.RELEASE


def _linted(wanted: Wanted, out: Console) -> tuple[str, int, list[Finding]]:
    from suites.migrations.lint.lint import lint

    try:
        history = opened(wanted.source)
    except HistoryError as problem:
        return str(problem.finding.file), 0, [problem.finding]
    out.print(f"linting {history.name}: {text.count(len(history.revisions), 'revision')}")
    with server(wanted.database_url, wanted.major) as postgres, postgres.fresh("lint") as url:
        return history.name, len(history.revisions), lint(history, url)
