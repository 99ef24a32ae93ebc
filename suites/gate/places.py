"""Where a run takes place: a target that somebody else runs, or one that is started for this run."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures import provenance, targets
from fixtures import requirements as ledgers
from fixtures.exits import CommandError, Unreachable, UsageError
from fixtures.tables import TableError
from suites.gate.options import MEDUSA, REFERENCE, STARTED, Options
from suites.gate.report import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.postgres import PostgresServer
    from fixtures.targets import Target
    from suites.gate.report import Stopwatch

TARGETS = Path("targets")
"""Where targets that are called by name stand: targets/NAME.toml, seen from the working directory."""


@dataclass(frozen=True)
class Place:
    """A target that answers. ``file`` is its target file, ``title`` what a person calls it."""

    target: Target
    file: Path
    build: str
    title: str


@contextlib.contextmanager
def open_place(
    options: Options, workspace: Path, log: Path | None, watch: Stopwatch, doing: Callable[[str], None]
) -> Iterator[Place]:
    """The place that the options name, for the length of the block.

    ``workspace`` is a private folder; ``log`` is where the output of a target goes that is started here.

    Raises UsageError for a target file or an option that cannot be used or a program that is missing, Unreachable when
    the target does not answer, and CommandError when a target that is started here does not start.
    """
    if options.target not in STARTED:
        file = target_file(options.target)
        target = load_target(file, options.requirements)
        yield _reached(target, file, target.name, watch, doing)
        return
    with _started(options, log, watch, doing) as target:
        file = workspace / "target.toml"
        file.touch(mode=0o600)
        file.write_text(targets.to_toml(target), encoding="utf-8")
        place = _reached(target, file, _title(options), watch, doing)
        yield place if options.target == REFERENCE else replace(place, build=_medusa_build())


def target_file(name: str, folder: Path = TARGETS) -> Path:
    """The file of a target that was given as a path or as a name; UsageError when there is none."""
    path = Path(name)
    if path.suffix == ".toml" or len(path.parts) > 1 or path.exists():
        return path.absolute()
    named = folder / f"{name}.toml"
    if named.exists():
        return named.absolute()
    known = sorted(found.stem for found in folder.glob("*.toml"))
    names = ", ".join([*STARTED, *known])
    raise UsageError(f"--target {name}: there is no {named}: give the path of a target file, or one of {names}")


def load_target(file: Path, ledger: Path) -> Target:
    """Read a target file, and see that the ledger knows what it promises; UsageError names file, key and remedy."""
    try:
        target = targets.load(file)
        complaints = ledgers.unknown_capabilities(sorted(target.capabilities or ()), ledgers.load(ledger))
    except (targets.TargetError, TableError) as error:
        raise UsageError(str(error)) from error
    if complaints:
        raise UsageError(f"{file}: {'; '.join(complaints)}")
    return target


def reach(target: Target) -> str:
    """Ask the target for its health; returns the build that it names, or "unknown". Unreachable without an answer."""
    from fixtures.client import Connection, NoAnswer

    connection = Connection(target)
    try:
        answer = connection.send("GET", "/health", None, {}, None)
        health = answer.json if answer.content else None
    except NoAnswer as error:
        words = " ".join(str(error).split())
        raise Unreachable(f"{target.name} does not answer at {target.base_url}: {words}") from error
    except AssertionError:  # an answer that is no JSON is an answer
        health = None
    finally:
        connection.close()
    return build_of(health)


def build_of(health: object) -> str:
    """What identifies a build in the answer of GET /health: its version, its commit, or both."""
    if not isinstance(health, dict):
        return UNKNOWN
    named = [health.get(key) for key in ("version", "commit")]
    said = [value.strip() for value in named if isinstance(value, str) and value.strip() not in ("", UNKNOWN)]
    return " ".join(dict.fromkeys(said)) or UNKNOWN


def check_defect(name: str | None) -> None:
    """Refuse a defect that does not exist, before anything is started for it."""
    if name is None:
        return
    from suites.defects import registry

    try:
        registry.find(name)
    except registry.UnknownDefect as error:
        raise UsageError(f"--defect: {error}") from error


def _title(options: Options) -> str:
    if options.target == MEDUSA:
        return "a plain Medusa core"
    return f"the reference implementation{f' with {options.defect}' if options.defect else ''}"


def _medusa_build() -> str:
    """What a core that is started here is; it does not say so itself."""
    from fixtures import medusa

    return f"@medusajs/medusa {medusa.version()}"


def _check_node() -> None:
    """Refuse a machine without Node.js, before anything is started."""
    from fixtures import npm

    try:
        npm.node_version()
    except npm.NodeMissing as error:
        raise UsageError(f"--target {MEDUSA}: {error}") from error


def _reached(target: Target, file: Path, title: str, watch: Stopwatch, doing: Callable[[str], None]) -> Place:
    doing(f"asking {target.base_url}")
    with watch.phase("probe"):
        return Place(target, file, reach(target), title)


@contextlib.contextmanager
def _started(options: Options, log: Path | None, watch: Stopwatch, doing: Callable[[str], None]) -> Iterator[Target]:
    """A target that is started here, on a database of its own."""
    from fixtures.postgres import PostgresError, open_server

    check_defect(options.defect)
    if options.target == MEDUSA:
        _check_node()
    with contextlib.ExitStack() as stack:
        try:
            doing("starting the database")
            with watch.phase("database"):
                server = stack.enter_context(open_server(options.database_url, container=options.container))
            if options.target == MEDUSA:
                doing("starting Medusa, which takes minutes where it is not installed yet")
                with watch.phase("medusa"):
                    target = stack.enter_context(_medusa(server, log))
            else:
                doing("starting the reference implementation")
                with watch.phase("reference"):
                    target = stack.enter_context(_reference(server, options.defect, log))
        except PostgresError as error:
            if options.database_url is not None:
                raise UsageError(str(error)) from error
            raise CommandError(str(error)) from error
        yield target


@contextlib.contextmanager
def _reference(server: PostgresServer, defect: str | None, log: Path | None) -> Iterator[Target]:
    from fixtures.reference import ReferenceFailed, start_reference

    commit = {"CITYOS_COMMIT": provenance.harness()}  # it stands in the same tree as the checks
    with contextlib.ExitStack() as stack:
        try:
            started = stack.enter_context(start_reference(server, defect=defect, log=log, env=commit))
        except ReferenceFailed as error:
            raise CommandError(str(error)) from error
        origin = targets.Origin(server.url(), defect)
        yield targets.from_seed(started.base_url, started.seed, origin=origin, webhooks=started.webhooks)


@contextlib.contextmanager
def _medusa(server: PostgresServer, log: Path | None) -> Iterator[Target]:
    from fixtures.medusa import MedusaFailed, start_medusa
    from fixtures.npm import NpmFailed

    with contextlib.ExitStack() as stack:
        try:
            target = stack.enter_context(start_medusa(server, log=log))
        except (NpmFailed, MedusaFailed) as error:
            raise CommandError(str(error)) from error
        yield target
