"""Two releases of the reference on each other's schema: what a rolling deployment, or one that is taken back, meets.

The database of the release before is made and seeded by its own code, then migrated by today's, so today's schema has
rows in it that were carried over. On it runs the server of the release before and is judged by its own smoke checks; if
that is well, both releases run side by side. Today's server runs on the schema before. Where a check fails that passes
at home, on its own schema, the schema is to blame; a revision may say that this has to be so (`releases.Notes`).
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from fixtures import targets
from fixtures.exits import CommandError
from fixtures.processes import spawn, temporary_directory
from fixtures.reference import ReferenceFailed, Site
from fixtures.senders import fresh_secrets, variables
from suites.migrations.catalog import schema as catalog
from suites.migrations.catalog.difference import differences
from suites.migrations.compat.releases import Notes, Release, between, notes
from suites.migrations.histories.base import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fixtures.postgres import PostgresServer

SEED = 1  # what the checks choose by the dice is the same in each run
BEFORE_ON_NOW, NOW_ON_BEFORE, BESIDE = "compat/before-on-now", "compat/now-on-before", "compat/side-by-side"
REWRITTEN, GONE, NOT_CARRIED = "compat/history-rewritten", "compat/revision-gone", "compat/not-carried"
_COMMAND_DEADLINE_S = 120.0
_SMOKE_DEADLINE_S = 600.0
_BACKLOG = 1024
_KEPT_BY_ALEMBIC = frozenset({"alembic_version"})
_UPGRADE = "import sys; from reference_impl.migrations import upgrade; upgrade(sys.argv[1], sys.argv[2])"
_WHERE = """
import importlib.util
for name in ("reference_impl", "suites"):
    print(importlib.util.find_spec(name).submodule_search_locations[0])
"""
_RAISED = re.compile(r"[\w.]+: ")
_REMEDIES = {
    BEFORE_ON_NOW: "expand and contract: leave what the release before uses until it is gone, or say in the revision's"
    " file `replay: releases before REVISION can't run on it: why`",
    NOW_ON_BEFORE: "let the code do without it until the release after, or say in the revision's file"
    " `replay: its release needs REVISION: why`",
    BESIDE: "let both write what the other reads, or say in the revision's file"
    " `replay: releases before REVISION can't run on it: why`",
}


@dataclass(frozen=True)
class Failed:
    """A check that did not pass: its id, its sentence, and what it saw."""

    check: str
    title: str
    reason: str


@dataclass(frozen=True)
class Smoke:
    """One run of smoke checks. stopped: why there is no result."""

    passed: int = 0
    failed: tuple[Failed, ...] = ()
    stopped: str | None = None

    @property
    def good(self) -> bool:
        """Whether all that ran has passed, and something ran."""
        return self.passed > 0 and not self.failed and self.stopped is None


@dataclass
class Pairing:
    """Code of one release on the schema of another. notes: why revisions say that it need not run.

    at_home: checks that fail on the code's own schema too, for which this pairing is not to blame.
    """

    rule: str
    code: str
    schema: str
    smoke: Smoke
    notes: tuple[str, ...]
    at_home: frozenset[str] = frozenset()

    @property
    def blamed(self) -> list[Failed]:
        """What fails here and not at home."""
        return [each for each in self.smoke.failed if each.check not in self.at_home]

    @property
    def good(self) -> bool:
        """Whether it ran, and nothing failed that passes at home."""
        return self.smoke.passed > 0 and not self.blamed and self.smoke.stopped is None


@dataclass
class Compat:
    """What was seen. new: the revisions between. carried: whether the rows went over from the schema before."""

    before: str
    heads: tuple[str, str]
    new: list[str]
    carried: bool = True
    pairings: list[Pairing] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def compare(
    before: Release, now: Release, server: PostgresServer, told: Callable[[str], None], reports: Path | None = None
) -> Compat:
    """Run two releases on each other's schema. told: of each step. reports: a folder that keeps those of the checks.

    Raises CommandError when one of them does not run at home, UsageError for a note that means nothing.
    """
    known = notes(before, now)
    with temporary_directory("cityos-compat-") as folder:
        return _Comparison(before, now, server, known, told, folder, reports or folder / "reports").all()


@dataclass
class _Comparison:
    before: Release
    now: Release
    server: PostgresServer
    notes: Notes
    told: Callable[[str], None]
    folder: Path
    reports: Path
    homes: dict[str, Smoke] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.webhooks = fresh_secrets()
        self.jwt = secrets.token_hex(32)

    def all(self) -> Compat:
        new = between(self.before, self.now)
        self.seen = Compat(self.before.name, (self.before.head, self.now.head), new)
        for release in (self.before, self.now):
            self.is_itself(release)
        with self.server.fresh("compat_before") as old, contextlib.ExitStack() as stack:
            self.told(f"{self.before.name} migrates and seeds a database of its own, to {self.before.head}")
            self.command(self.before, ["-m", "reference_impl", "migrate"], old)
            self.seed = self.command(self.before, ["-m", "reference_impl", "seed"], old)
            self.rewritten(old)
            current = self.migrated(stack, old)
            if current is not None:
                with self.copy(current) as url:
                    smoke = self.judged(self.before, url, BEFORE_ON_NOW)
                    self.paired(BEFORE_ON_NOW, self.before, self.now.head, smoke, self.notes.before_on_now)
                if self.seen.pairings[-1].good:  # else nothing new can be learned
                    with self.copy(current) as url:
                        self.side_by_side(url)
            with self.copy(old) as url:
                smoke = self.judged(self.now, url, NOW_ON_BEFORE)
                self.paired(NOW_ON_BEFORE, self.now, self.before.head, smoke, self.notes.now_on_before)
        return self.seen

    def is_itself(self, release: Release) -> None:
        """See that its processes find its own packages, not another's. Raises CommandError."""
        for found in self.command(release, ["-c", _WHERE]).splitlines():
            if Path(found).parent.resolve() != release.root.resolve():
                raise CommandError(f"{release.name} would run {found}, which is not its own: unset PYTHONPATH")

    def rewritten(self, old: str) -> None:
        """Whether a database of the release before is what today's history takes it for."""
        head = self.before.head
        if head not in self.now.revisions:
            says = f"{self.before.name} ends with {head}, and today's history has no such revision"
            remedy = "bring it back: a database that has it can't be migrated any more"
            self.seen.findings.append(Finding(GONE, head, self.before.revisions[head], says, remedy))
            self.seen.carried = False
            return
        with self.server.fresh("compat_then") as then:
            self.command(self.now, ["-c", _UPGRADE, then, head], then)
            words = [each.says for each in differences(_schema(old), _schema(then))]
        if words:
            more = f", and {len(words) - 3} more" if len(words) > 3 else ""
            says = f"up to it today's history makes another schema than {self.before.name} did; from that to this: "
            says += "; ".join(words[:3]) + more
            remedy = "leave revisions that have run as they are, and change what they made in a new one"
            self.seen.findings.append(Finding(REWRITTEN, head, self.now.revisions[head], says, remedy))
            self.seen.carried = False

    def migrated(self, stack: contextlib.ExitStack, old: str) -> str | None:
        """Today's schema with rows: carried over where today's history goes on from there, else seeded on it."""
        if self.seen.carried:
            self.told(f"today's code migrates a copy of it, to {self.now.head}")
            url = stack.enter_context(self.copy(old))
            try:
                self.command(self.now, ["-m", "reference_impl", "migrate"], url)
            except CommandError as refused:
                says = f"a database of {self.before.name} can't be migrated from {self.before.head}: {refused}"
                self.blame(NOT_CARRIED, says, "let the revision carry the rows that are there")
                self.seen.carried = False
            else:
                return url
        self.told(f"today's code makes a database from nothing, to {self.now.head}, and {self.before.name} seeds it")
        url = stack.enter_context(self.server.fresh("compat_now"))
        self.command(self.now, ["-m", "reference_impl", "migrate"], url)
        try:
            self.seed = self.command(self.before, ["-m", "reference_impl", "seed"], url)
        except CommandError as refused:
            smoke = Smoke(stopped=str(refused))
            self.paired(BEFORE_ON_NOW, self.before, self.now.head, smoke, self.notes.before_on_now)
            return None
        return url

    def side_by_side(self, url: str) -> None:
        """Both servers at work on one database, each judged by its own checks at the same time."""
        self.told(f"both releases side by side on {self.now.head}")
        both = (self.before, self.now)
        with ThreadPoolExecutor(len(both)) as threads:
            ran = list(threads.map(lambda release: self.judged(release, url, BESIDE, quiet=True), both))
        for release, smoke in zip(both, ran, strict=True):
            self.paired(BESIDE, release, self.now.head, smoke, self.notes.before_on_now)

    def paired(self, rule: str, code: Release, schema: str, smoke: Smoke, why_not: Sequence[str]) -> None:
        """Keep what came of it, and what is to blame for what failed."""
        pairing = Pairing(rule, code.name, schema, smoke, tuple(why_not))
        if not smoke.good:
            home = self.home(code)
            pairing.at_home = frozenset(each.check for each in home.failed)
        self.seen.pairings.append(pairing)
        if pairing.good or pairing.notes:
            return
        between_them = ", ".join(self.seen.new) or "none"
        where = f"{code.name} on the schema of {schema}" + (", beside the other release" if rule == BESIDE else "")
        said = [f"{each.check}: {each.reason}" for each in pairing.blamed]
        for says in said or [smoke.stopped or "no check has run"]:
            words = f"{where}: {says} (revisions between: {between_them})"
            self.blame(rule, words, _REMEDIES[rule])

    def blame(self, rule: str, says: str, remedy: str) -> None:
        """A finding about all that came in between, at the newest revision."""
        head = self.now.head
        self.seen.findings.append(Finding(rule, head, self.now.revisions[head], says, remedy))

    def home(self, code: Release) -> Smoke:
        """The same checks on the code's own schema. Raises CommandError when they come to nothing there either."""
        if code.name not in self.homes:
            self.told(f"{code.name} on its own schema, to tell whose fault it is")
            with self.server.fresh("compat_home") as url:
                self.command(code, ["-m", "reference_impl", "migrate"], url)
                seed = self.command(code, ["-m", "reference_impl", "seed"], url)
                self.homes[code.name] = self.judged(code, url, "at-home", seed=seed, quiet=True)
        smoke = self.homes[code.name]
        if smoke.stopped is not None or smoke.passed == 0:
            raise CommandError(f"{code.name} does not run on its own schema either: {smoke.stopped or 'no check ran'}")
        return smoke

    @contextlib.contextmanager
    def copy(self, url: str) -> Iterator[str]:
        """A database that is the same, for the length of the block."""
        with self.server.fresh("compat", template=url.rpartition("/")[2]) as copied:
            yield copied

    def judged(self, code: Release, url: str, title: str, *, seed: str | None = None, quiet: bool = False) -> Smoke:
        """Start a release's server on a database and let its own smoke checks judge it."""
        if not quiet:
            self.told(f"{code.name} on the schema of {_head(url)}")
        work = self.folder / f"{title.rpartition('/')[2]}-{'now' if code is self.now else 'before'}"
        work.mkdir()
        with contextlib.closing(socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)) as listener:
            environment, log = self.environment(code, url), work / "server.log"
            site = Site("reference_impl", None, url, seed or self.seed, self.webhooks, listener, environment, log)
            try:
                with site.serve():
                    return self.smoke(code, site, work)
            except ReferenceFailed as failed:
                return Smoke(stopped=f"its server does not start: {_last(failed.said or str(failed))}")

    def smoke(self, code: Release, site: Site, work: Path) -> Smoke:
        target = targets.from_seed(site.base_url, site.seed, webhooks=self.webhooks)
        file = work / "target.toml"
        file.touch(mode=0o600)
        file.write_text(targets.to_toml(target), "utf-8")
        kept = self.reports / work.name
        (kept / "smoke.json").unlink(missing_ok=True)  # an earlier run's must not pass for this one's
        argv: list[str | Path] = [sys.executable, "-P", "-m", "suites.cli", "smoke", "--target", file]
        argv += ["--report-dir", kept, "--seed", str(SEED)]
        with spawn(argv, env=self.environment(code), log=work / "smoke.log", cwd=code.root) as child:
            try:
                child.wait(_SMOKE_DEADLINE_S)
            except TimeoutError:
                return Smoke(stopped=f"its smoke checks took longer than {_SMOKE_DEADLINE_S:g} s")
            return _read(kept / "smoke.json", child.tail(5))

    def command(self, code: Release, arguments: Sequence[str], url: str | None = None) -> str:
        """Run a command of a release to its end; its standard output. Raises CommandError with its last words."""
        output = self.folder / "output.txt"
        log = self.folder / "commands.log"
        environment = self.environment(code, url)
        with (
            output.open("wb") as sink,
            spawn([sys.executable, "-P", *arguments], env=environment, log=log, cwd=code.root, output=sink) as child,
        ):
            try:
                status: int | str = child.wait(_COMMAND_DEADLINE_S)
            except TimeoutError:
                status = f"no end after {_COMMAND_DEADLINE_S:g} s"
        if status != 0:
            what = arguments[-1] if arguments[0] == "-m" else arguments[1].strip()
            raise CommandError(f"`{what}` of {code.name} failed ({status}): {_last(child.tail(40))}")
        return output.read_text("utf-8")

    def environment(self, code: Release, url: str | None = None) -> dict[str, str]:
        """What a process of a release sees: its own packages first, and the settings that both have in common."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CITYOS_"))}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # without byte code each start takes seconds longer
        path = os.pathsep.join(part for part in (str(code.root), os.environ.get("PYTHONPATH", "")) if part)
        ours = {"PYTHONPATH": path, "CITYOS_ENVIRONMENT": "development", "CITYOS_JWT_SECRET": self.jwt}
        return {**inherited, **ours, **variables(self.webhooks), **({"CITYOS_DATABASE_URL": url} if url else {})}


def _read(report: Path, said: str) -> Smoke:
    """What a report of `cityos smoke` says, of any release; what it says otherwise is left alone."""
    try:
        data: Any = msgspec.json.decode(report.read_bytes())
    except (OSError, msgspec.DecodeError):
        return Smoke(stopped=f"its smoke checks came to no result: {_last(said)}")
    found: dict[str, dict[str, Any]] = {each["check"]: each for each in _results(data.get("tree"))}
    outcomes = [each["outcome"] for each in found.values()]
    bad = [each for each in found.values() if each["outcome"] in ("fail", "error", "inconclusive")]
    failed = tuple(Failed(each["check"], str(each.get("title")), _reason(each)) for each in bad)
    return Smoke(outcomes.count("pass"), failed, None if outcomes else f"no check has run: {_last(said)}")


def _results(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("check"), str) and "outcome" in node:
            yield node
        else:
            for each in node.values():
                yield from _results(each)
    elif isinstance(node, list):
        for each in node:
            yield from _results(each)


def _reason(result: Mapping[str, Any]) -> str:
    evidence = result.get("evidence") or {}
    return " ".join(str(result.get("reason") or evidence.get("difference") or "it gave no reason").split())


def _last(said: str) -> str:
    """The last line that names an error, else the last one that says anything."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    raised = [line for line in lines if _RAISED.match(line)]
    return (raised or lines or ["nothing was said"])[-1]


def _schema(url: str) -> catalog.Schema:
    with psycopg.connect(url, autocommit=True) as connection:
        return catalog.read(connection, _KEPT_BY_ALEMBIC)


def _head(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else "nothing"
