"""`cityos migrations compat`: the release before on today's schema, and today's on the schema before."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from fixtures.exits import Exit, UsageError
from fixtures.terminal import console
from suites.gate.options import ROOT
from suites.gate.reporters import text
from suites.migrations import waivers
from suites.migrations.commands.replay import load_waivers, show_findings
from suites.migrations.commands.sources import server
from suites.migrations.compat.compare import NOW_ON_BEFORE, compare
from suites.migrations.compat.releases import MIGRATIONS, checkout_of, release_before, taken_out, this_release
from suites.migrations.report import FindingLine, finding_lines

if TYPE_CHECKING:
    from rich.console import Console

    from suites.migrations.compat.compare import Compat, Pairing

WAIVERS = Path(waivers.__file__).with_name("waivers.toml")


class PairingLine(msgspec.Struct, frozen=True):
    """Code of one release on the schema of another: checks that passed, that failed, and why that may be."""

    rule: str
    code: str
    schema: str
    good: bool
    passed: int
    failed: dict[str, str]
    fails_at_home: list[str]
    stopped: str | None
    notes: list[str]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole comparison. carried: whether rows of the release before were migrated by today's code."""

    before: str
    head_before: str
    head: str
    new: list[str]
    carried: bool
    postgres: int
    pairings: list[PairingLine]
    findings: list[FindingLine]
    waivers: list[str]

    @property
    def exit_code(self) -> Exit:
        """1 for what is wrong and not waived, 5 when no check passed anywhere."""
        if any(each.waived_by is None for each in self.findings):
            return Exit.BLOCKED
        return Exit.RELEASE if any(each.passed for each in self.pairings) else Exit.NOTHING_RAN


def run(*, ref: str | None, database_url: str | None, as_json: bool, report_dir: Path, root: Path = ROOT) -> int:
    """Compare this release with the one before, say what came of it, keep it in a file; the exit code.

    ref: the release before; without it see `releases.release_before`. root: the tree of this one. Raises UsageError and
    CommandError.
    """
    out = console(stderr=as_json)
    known = load_waivers(WAIVERS, "compat")
    try:
        report_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--report-dir {report_dir}: cannot be written ({error.strerror}): name another one") from None
    now = this_release(root)
    checkout = checkout_of(root)
    name = ref if ref is not None else release_before(checkout, now)
    kept = report_dir.absolute() / "compat"
    with taken_out(checkout, name) as before, server(database_url) as at:
        seen = compare(before, now, at, out.print, kept)
        judged = waivers.apply(seen.findings, known, MIGRATIONS, dt.datetime.now(dt.UTC).date())
        report = _report(seen, at.version, finding_lines(judged), judged.told)
    file = report_dir / "compat.json"
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    _tell(out, report, seen)
    out.print(f"report   {file}")
    out.print(f"report   {report_dir / 'compat'}, what each run of the checks saw")
    if as_json:
        sys.stdout.write(file.read_text("utf-8"))
    return report.exit_code


def _report(seen: Compat, postgres: int, findings: list[FindingLine], told: list[str]) -> Report:
    return Report(
        before=seen.before, head_before=seen.heads[0], head=seen.heads[1], new=seen.new, carried=seen.carried,
        postgres=postgres, pairings=[_line(each) for each in seen.pairings], findings=findings, waivers=told,
    )  # fmt: skip


def _line(pairing: Pairing) -> PairingLine:
    failed = {each.check: each.reason for each in pairing.smoke.failed}
    home = sorted(pairing.at_home & failed.keys())
    return PairingLine(
        pairing.rule, pairing.code, pairing.schema, pairing.good, pairing.smoke.passed, failed, home,
        pairing.smoke.stopped, list(pairing.notes),
    )  # fmt: skip


def _tell(out: Console, report: Report, seen: Compat) -> None:
    if not report.new:
        out.print(f"\n{report.before} has the same newest revision, {report.head}: both run on one schema")
    else:
        out.print(f"\n{len(report.new)} revisions since {report.before}: {', '.join(report.new)}")
    if not report.carried:
        out.print("its rows can't be carried over, so today's schema was made from nothing", style="yellow")
    for each in seen.pairings:
        _tell_one(out, each)
    show_findings(out, report.findings)
    for words in report.waivers:
        out.print(words, style="yellow")
    counting = sum(each.waived_by is None for each in report.findings)
    out.print(f"\n{text.count(counting, 'finding')}", style="bold red" if counting else "bold green")


def _tell_one(out: Console, pairing: Pairing) -> None:
    where = f"{pairing.code} on {pairing.schema}" + (", side by side" if pairing.rule.endswith("side-by-side") else "")
    smoke = pairing.smoke
    word, style = ("pass", "green") if pairing.good else (("told", "yellow") if pairing.notes else ("fail", "red"))
    said = smoke.stopped or f"{text.count(smoke.passed, 'check')} passed, {len(smoke.failed)} failed"
    out.print(f"  {word}  ", style=style, end="")
    out.print(text.safe(f"{where}: {said}"))
    if not pairing.good and pairing.notes:
        verb = "needs more" if pairing.rule == NOW_ON_BEFORE else "can't run there"
        out.print(f"        it {verb}, as revisions say: {'; '.join(pairing.notes)}")
