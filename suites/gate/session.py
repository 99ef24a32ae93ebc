"""A run from its options to its exit code: target → checks → tree → verdict → reports (DESIGN §3)."""

from __future__ import annotations

import contextlib
import datetime as dt
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from fixtures import provenance, requirements
from fixtures.exits import CommandError, Exit, UsageError
from fixtures.processes import temporary_directory
from fixtures.results import CheckFinished, Planned
from fixtures.tables import TableError
from fixtures.terminal import console
from suites.gate import plan, reporters, runner, tree, verdict, waivers
from suites.gate.options import ROOT, STARTED, Options
from suites.gate.places import Place, open_place
from suites.gate.report import About, Report, Stopwatch, timings
from suites.gate.reporters import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from fixtures.results import Event
    from suites.gate.plan import Plan
    from suites.gate.waivers import Waiver

_WORK_FILES = ("events.ndjson", "pytest.log", *(f"{target}.log" for target in STARTED))


def run(options: Options) -> int:
    """Judge a target and say so on the terminal and in the report files; returns the exit code."""
    out = console(stderr=options.json)
    try:
        return Session(options, out).run()
    except CommandError as error:
        console(stderr=True).print(f"cityos: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        console(stderr=True).print("cityos: interrupted")
        return Exit.INTERRUPTED


@dataclass
class Checked:
    """What the checks produced, whole or cut off."""

    recorder: tree.Recorder
    interrupted: bool = False


class Session:
    """One run. Everything that it starts ends with it."""

    def __init__(self, options: Options, out: Console) -> None:
        self._options = options
        self._out = out
        self._watch = Stopwatch()
        self._started = dt.datetime.now(dt.UTC)
        self._live = terminal.Live(out, steps=options.steps)

    def run(self) -> int:
        """Run it all; raises CommandError when there can be no verdict."""
        options = self._options
        self._prepare_folder()
        try:
            ledger = requirements.load(options.requirements).requirements
            known = waivers.load(options.waivers, ledger)
        except TableError as error:
            raise UsageError(str(error)) from error
        planned = plan.make(options, ledger)
        with contextlib.ExitStack() as stack:
            with self._live:
                workspace = stack.enter_context(temporary_directory("cityos-gate-"))
                place = stack.enter_context(self._place(workspace))
                self._live.say(f"{place.title} answers at {place.target.base_url}, seed {options.seed}")
                checked = self._check(planned, place, workspace)
            with self._watch.phase("stop"):
                stack.close()
        report = self._report(planned, known, place, checked)
        return self._publish(report)

    def _prepare_folder(self) -> None:
        """Make the report folder without an earlier run's files in it: an old report must not pass for this one."""
        folder, command = self._options.report_dir, self._options.command
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for old in [*reporters.paths(folder, command).values(), *(self._file(name) for name in _WORK_FILES)]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"--report-dir {folder}: cannot be written ({error.strerror}): name another one"
            ) from error

    def _file(self, name: str) -> Path:
        return self._options.report_dir.absolute() / f"{self._options.command}.{name}"

    def _place(self, workspace: Path) -> contextlib.AbstractContextManager[Place]:
        target = self._options.target
        log = self._file(f"{target}.log") if target in STARTED else None
        return open_place(self._options, workspace, log, self._watch, self._live.doing)

    def _check(self, planned: Plan, place: Place, workspace: Path) -> Checked:
        options = self._options
        job = runner.Job(
            suites=planned.suites, target=place.file, requirements=options.requirements.absolute(),
            events=self._file("events.ndjson"), log=self._file("pytest.log"), ini=workspace / "pytest.ini",
            seed=options.seed, run=options.run, profile=options.profile, only=options.only, workers=options.workers,
        )  # fmt: skip
        checked = Checked(tree.Recorder())
        try:
            with contextlib.closing(runner.events(job)) as events:
                self._follow(events, checked.recorder)
        except KeyboardInterrupt:
            checked.interrupted = True
        return checked

    def _follow(self, events: Iterator[Event], recorder: tree.Recorder) -> None:
        """Record the events as they come, and how long it took until the first check could start."""
        with contextlib.ExitStack() as phase:
            phase.enter_context(self._watch.phase("collect checks"))
            for event in map(self._with_defect, events):
                if isinstance(event, Planned):
                    phase.close()
                    phase.enter_context(self._watch.phase("run checks"))
                recorder.add(event)
                self._live.see(event)

    def _with_defect(self, event: Event) -> Event:
        """The event, naming the defect that is switched on: the command that repeats a check must switch it on too."""
        defect = self._options.defect
        if defect is None or not isinstance(event, CheckFinished):
            return event
        result = event.result
        evidence = result.evidence
        if evidence is not None:
            evidence = msgspec.structs.replace(evidence, repeat=f"{evidence.repeat} --defect {defect}")
        return CheckFinished(msgspec.structs.replace(result, evidence=evidence, defect=defect))

    def _report(self, planned: Plan, known: list[Waiver], place: Place, checked: Checked) -> Report:
        options = self._options
        today = self._started.date()
        found, uses = tree.build(
            checked.recorder, planned, known, place.target.name, today, interrupted=checked.interrupted
        )
        with self._watch.phase("git"):
            harness = provenance.harness(ROOT)
        about = About(
            run=options.run, command=options.command, profile=options.profile.value, seed=options.seed,
            target=place.target.name, base_url=place.target.base_url, build=place.build, harness=harness,
            started=self._started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            duration_s=round(self._watch.elapsed_s(), 3), python=platform.python_version(),
            suites=[folder.name for folder in planned.suites], selection=options.only, defect=options.defect,
        )  # fmt: skip
        decided = verdict.judge(found, offered=options.offered)
        return Report(about=about, verdict=decided, waivers=uses, timings=timings(self._watch, found), tree=found)

    def _publish(self, report: Report) -> int:
        try:
            with self._watch.phase("reports"):
                files = reporters.write_all(report, self._options.report_dir)
        except OSError as error:
            raise CommandError(f"the reports could not be written: {error}") from error
        report = msgspec.structs.replace(report, timings=timings(self._watch, report.tree))
        with contextlib.suppress(SystemExit):  # Rich's, when nobody reads on (`| head`): the verdict still stands
            terminal.show(self._out, report, files.values(), timings=self._options.timings)
        if self._options.json:
            print(files["json"].read_text(encoding="utf-8"), end="")
        return report.verdict.exit_code
