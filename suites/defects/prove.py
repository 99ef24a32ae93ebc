"""Runs the kill matrix: every check on the clean reference implementation and on each defect that it should catch.

One run of pytest, its workers in parallel, one server per defect; see `suites.defects.plugin`.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from fixtures.exits import CommandError, Exit, UsageError
from fixtures.processes import temporary_directory
from fixtures.results import Broken, CheckFinished
from fixtures.targets import Target, Tenant, to_toml
from fixtures.terminal import console
from suites.defects import plan as plans
from suites.defects import registry
from suites.defects.proof import conclude
from suites.gate import runner
from suites.gate.options import ROOT, Profile, default_workers, new_run_id, random_seed
from suites.gate.plan import SUITES as SUITE_NAMES
from suites.gate.reporters import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from rich.console import Console

    from fixtures.results import CheckResult, Event
    from suites.defects.proof import Proof

SUITES = tuple(ROOT / "suites" / name for name in SUITE_NAMES)


@dataclass(frozen=True, kw_only=True)
class Options:
    """One run of the prover. Without `defects` and `checks`: the whole matrix, where every check must catch one."""

    defects: tuple[str, ...] = ()  # names of defects, or parts of names
    checks: str | None = None  # as `--cityos-only`: requirement ids, prefixes, parts of node ids
    every_pair: bool = False  # `--full`: all checks against all defects
    suites: tuple[Path, ...] = SUITES
    workers: int = field(default_factory=lambda: 2 * default_workers())  # mostly they wait for what does not happen
    seed: int = field(default_factory=random_seed)
    run: str = field(default_factory=new_run_id)
    database_url: str | None = None
    container: bool = False
    log: Path | None = None  # keep pytest's log there
    requirements: Path = ROOT / "suites" / "requirements.toml"
    json: bool = False


def run(options: Options) -> int:
    """Prove and show the matrix (as JSON: a list of {defect, requirement, caught_by}); returns the exit code."""
    out = console(stderr=options.json)
    started = time.monotonic()
    try:
        selected(options.defects)
        with terminal.Live(out) as live:
            live.say(f"proving on the reference implementation, seed {options.seed}")
            proof = prove(options, live.see, live.doing)
    except CommandError as error:
        console(stderr=True).print(f"cityos: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    show(out, proof, time.monotonic() - started)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(proof.catches)).decode())
    return proof.exit_code


def prove(
    options: Options,
    see: Callable[[Event], None] = lambda _: None,
    doing: Callable[[str], None] = lambda _: None,
) -> Proof:
    """The proof for these options. `see` gets every event as it comes, `doing` what goes on before the first.

    Raises UsageError for an unknown defect, CommandError when there is no database.
    """
    defects = selected(options.defects)
    results: list[CheckResult] = []
    broken: list[str] = []
    with contextlib.ExitStack() as stack:
        workspace = stack.enter_context(temporary_directory("cityos-prove-"))
        doing("starting the database")
        database_url = stack.enter_context(_database(options))
        plan = plans.Plan(defects, database_url, every_pair=options.every_pair, partial=bool(options.defects))
        plans.write(plan, workspace / "plan.json")
        events = runner.events(_job(options, workspace))
        for event in stack.enter_context(contextlib.closing(events)):
            match event:
                case CheckFinished(result=result):
                    results.append(result)
                case Broken(where=where, reason=reason):
                    broken.append(f"{where}: {reason}")
            see(event)
    known = selected(())
    return conclude(results, defects, known=known, all_checks=options.checks is None, broken=broken)


def selected(names: tuple[str, ...]) -> dict[str, list[str]]:
    """The defects with these names, or names that contain them; all for none. UsageError when one fits nothing."""
    known = registry.catalogue()
    found = dict.fromkeys(known) if not names else {}
    for name in names:
        fitting = [name] if name in known else [one for one in known if name in one]
        if not fitting:
            try:
                registry.find(name)
            except registry.UnknownDefect as error:
                raise UsageError(str(error)) from None
        found.update(dict.fromkeys(fitting))
    return {name: list(known[name].breaks) for name in found}


def show(out: Console, proof: Proof, seconds: float) -> None:
    """The matrix for a person, then each objection with what to do about it."""
    from rich.measure import Measurement
    from rich.table import Table

    table = Table("Defect", "Requirement", "Caught by", box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"  # a name that is cut off cannot be looked for
    for catch in proof.catches:
        names = [check.rpartition("::")[2] for check in catch.caught_by] or ["nothing"]
        style = None if catch.caught_by else "bold red"
        table.add_row(catch.defect, catch.requirement, "\n".join(names), style=style)
    if proof.catches:
        if not out.is_terminal:  # a file has no width
            out.width = max(out.width, Measurement.get(out, out.options.update(max_width=1000), table).maximum)
        out.print(table)
    headings: Mapping[str, list[object]] = {
        "Not caught": list(proof.uncaught),
        "Checks that catch nothing": list(proof.toothless),
        "Checks that do not pass on the clean reference": list(proof.unclean),
        "The harness had trouble": list(proof.harness),
    }
    for heading, troubles in headings.items():
        if troubles:
            out.print(f"\n{heading}:", style="bold red")
            for trouble in troubles:
                out.print(f"- {trouble}")
    out.print(_summary(proof, seconds), style="bold green" if proof.exit_code == 0 else "bold red")


def _summary(proof: Proof, seconds: float) -> str:
    if not proof.checks and not proof.harness:
        return "\nNothing was selected: no check, or no defect that a selected check is for."
    caught = len({catch.defect for catch in proof.catches} - {trouble.about.split()[0] for trouble in proof.uncaught})
    defects = len({catch.defect for catch in proof.catches})
    verdict = {0: "proved", 1: "NOT PROVED"}.get(proof.exit_code, "no proof")
    if not defects and not proof.harness:
        return f"\n{verdict}: the {len(proof.checks)} selected checks catch none of the defects; others may"
    return f"\n{verdict}: {caught} of {defects} defects caught by {len(proof.checks)} checks, in {seconds:.0f} s"


@contextlib.contextmanager
def _database(options: Options) -> Iterator[str]:
    from fixtures.postgres import PostgresError, open_server

    try:
        with open_server(options.database_url, container=options.container) as server:
            yield server.url()
    except PostgresError as error:
        if options.database_url is not None:
            raise UsageError(f"--database-url: {error}") from error
        raise CommandError(str(error)) from error


def _job(options: Options, workspace: Path) -> runner.Job:
    # fixtures.plugin wants a target file to be switched on; suites.defects.plugin then replaces what is in it.
    target = workspace / "target.toml"
    nowhere = Target(name="reference", base_url="http://127.0.0.1:9", tenants=(Tenant("none", "pk_none"),))
    target.write_text(to_toml(nowhere), encoding="utf-8")
    return runner.Job(
        suites=options.suites,
        target=target,
        requirements=options.requirements.absolute(),
        events=workspace / "events.ndjson",
        log=options.log or workspace / "pytest.log",
        ini=workspace / "pytest.ini",
        seed=options.seed,
        run=options.run,
        profile=Profile.MERGE,
        only=options.checks,
        workers=options.workers,
        arguments=(
            *("-p", "suites.defects.plugin", "--cityos-prove", str(workspace / "plan.json")),
            *(("--dist", "loadscope", "--no-loadscope-reorder") if options.workers > 1 else ()),
        ),
    )
