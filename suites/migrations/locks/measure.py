"""`cityos migrations locks`: each revision applied to large tables that are in use, and who had to wait for it.

A first run, over few rows, tells which tables that are there already each revision locks. Then the history runs once
more on a database that stays: before a revision the tables that it touches get their rows, programs begin to read and
write them (traffic), the revision runs, and what they met is compared with what they met without it.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from suites.migrations.catalog import schema as catalog
from suites.migrations.histories.base import Finding, HistoryError
from suites.migrations.histories.executed import MODES
from suites.migrations.lint.placing import Places
from suites.migrations.locks.remedies import remedy
from suites.migrations.locks.traffic import READ, WRITE, Limits, Traffic, Waits
from suites.migrations.refusals import explained
from suites.migrations.rows.fill import fill
from suites.migrations.rows.keys import counted
from suites.migrations.rows.requests import sampled
from suites.migrations.rows.tables import shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from fixtures.postgres import PostgresServer
    from suites.migrations.histories.base import History, Revision
    from suites.migrations.rows.tables import Key, Shape

ROWS = 1_000_000
LONGEST_BLOCK_MS = 500
_FEW = 40  # rows of each table in the first run: enough that a batch is one
_PARENTS = 10_000  # rows of tables that others only refer to, while that is enough
_BRIEF = 200  # characters of a statement that is quoted
_READS_ONLY = MODES[0]


@dataclass(frozen=True, kw_only=True)
class Options:
    """rows: of each table that a revision touches. only: titles of revisions, none for all. now: as rows have it."""

    now: datetime
    rows: int = ROWS
    only: Collection[str] = ()
    longest_block_ms: float = LONGEST_BLOCK_MS
    seed: int = 0
    revision_s: float = 3_600.0  # then a revision is ended, and so is the first run
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Table:
    """One table under one revision. rows: that it had. mode: the strongest lock, as PostgreSQL calls it.

    rewritten: it lies in another file now. short: why it has fewer rows than were wanted.
    """

    name: str
    rows: int
    mode: str
    rewritten: bool
    reads: Waits
    writes: Waits
    short: str = ""


@dataclass(frozen=True)
class Locked:
    """A revision that ran under traffic; without tables when it touches none that was there before."""

    revision: Revision
    took_s: float
    tables: Sequence[Table] = ()
    findings: Sequence[Finding] = ()

    @property
    def stopped(self) -> bool:
        """Whether PostgreSQL refused it."""
        return any(each.rule not in _BLOCKS.values() for each in self.findings)


def measure(
    history: History,
    server: PostgresServer,
    options: Options,
    told: Callable[[Locked], None] | None = None,
    doing: Callable[[str], None] | None = None,
) -> list[Locked]:
    """Apply each revision, or those that `options` name, under traffic. told: of each as it comes; doing: what runs.

    A revision that PostgreSQL refuses has that as its finding, and is the last one.
    """
    doing = doing or _nobody
    told = told or _nobody
    wanted = [each for each in history.revisions if not options.only or {each.id, each.title} & set(options.only)]
    with server.fresh("locks_few") as url:
        doing("finding out which tables each revision touches")
        touched, refused = _touched(history, url, wanted, options)
    done: list[Locked] = []
    with server.fresh("locks") as url, psycopg.connect(url, autocommit=True) as connection:
        measured = _Measured(history, url, connection, options, doing)
        for revision in history.revisions:
            if len(done) == len(wanted) or (refused is not None and revision.title not in touched):
                break
            one = (
                measured.locked(revision, touched[revision.title]) if revision in wanted else measured.passed(revision)
            )
            if one is None:
                continue
            done.append(one)
            told(one)
            if one.stopped:
                return done
    if refused is not None:
        done.append(refused)
        told(refused)
    return done


def _touched(
    history: History, url: str, wanted: Sequence[Revision], options: Options
) -> tuple[dict[str, list[str]], Locked | None]:
    """By revision the tables that it does more to than read; the revision that did not run, if one did not."""
    found: dict[str, list[str]] = {}
    left = {each.title for each in wanted}
    filled: set[str] = set()
    with psycopg.connect(url, autocommit=True) as connection, _bounded(url, connection, options):
        for revision in history.revisions:
            try:
                locks = getattr(history.up(url, revision), "locks", ())
            except HistoryError as stopped:
                return found, Locked(revision, 0.0, (), [explained(stopped, with_rows=True)])
            found[revision.title] = [table for table, mode in locks if mode != _READS_ONLY]
            left.discard(revision.title)
            if not left:
                break
            tables = catalog.read(connection, history.ours).tables
            new = [name for name, table in tables.items() if name not in filled and table.kind == "table"]
            fill(connection, new, _FEW, options.seed, options.now)
            filled.update(tables)
    return found, None


@contextlib.contextmanager
def _bounded(url: str, connection: psycopg.Connection[Any], options: Options) -> Iterator[None]:
    """What takes too long in the block is ended."""
    limits = Limits(revision_s=options.revision_s)
    traffic = Traffic(url, options.clock, limits, [connection.info.backend_pid])
    with traffic.running(), traffic.during():
        yield


@dataclass
class _Measured:
    """The database that stays."""

    history: History
    url: str
    connection: psycopg.Connection[Any]
    options: Options
    doing: Callable[[str], None]
    grown: dict[int, str] = field(default_factory=dict)  # by oid, which a rename leaves; why there are too few rows

    def passed(self, revision: Revision) -> Locked | None:
        """Apply a revision that nothing is asked about; what was wrong if it can't be."""
        try:
            self.history.up(self.url, revision)
        except HistoryError as stopped:
            return Locked(revision, 0.0, (), [explained(stopped, with_rows=True)])
        return None

    def locked(self, revision: Revision, touched: Sequence[str]) -> Locked:
        """Grow what a revision touches, and apply it under traffic."""
        known = shapes(self.connection)
        tables = [known[name] for name in touched if name in known]
        # A table of partitions stands for all of them: they are read and written through it.
        tables = [each for each in tables if not (each.root and each.root in touched)]
        self.grow(revision, tables, known)
        counts = {each.name: counted(self.connection, each.sql) for each in tables}
        files = {each.name: self.files(each) for each in tables}
        limits = Limits(seed=self.options.seed, revision_s=self.options.revision_s)
        traffic = Traffic(self.url, self.options.clock, limits, [self.connection.info.backend_pid])
        for each in tables:
            keys = sampled(self.connection, each, self.options.seed)
            if keys:
                traffic.add(each, keys)
        self.doing(f"{revision.title}: applying it")
        took_s, locks = 0.0, {}
        with traffic.running():
            try:
                with traffic.during():
                    began = self.options.clock()
                    try:
                        locks = dict(getattr(self.history.up(self.url, revision), "locks", ()))
                    finally:
                        took_s = self.options.clock() - began
            except HistoryError as stopped:
                return Locked(revision, took_s, (), [explained(stopped, with_rows=True)])
        met = {(each.table, each.way): each.waits for each in traffic.streams}
        done = [
            Table(
                each.name, counts[each.name], locks.get(each.name, ""), self.files(each) != files[each.name],
                met.get((each.name, READ), Waits()), met.get((each.name, WRITE), Waits()),
                self.grown.get(each.oid, ""),
            )
            for each in tables
        ]  # fmt: skip
        return Locked(revision, took_s, done, findings(revision, done, self.options.longest_block_ms))

    def grow(self, revision: Revision, tables: Sequence[Shape], known: Mapping[str, Shape]) -> None:
        """Rows for tables that have none yet; what they refer to gets few, and as many where that is not enough."""
        new = [each for each in tables if each.oid not in self.grown]
        if not new:
            return
        names = [each.name for each in new]
        self.doing(f"{revision.title}: {self.options.rows} rows for {', '.join(names)}")
        above = _above(new, known, _any)
        short: Mapping[str, str] = {}
        fill(self.connection, above, min(_PARENTS, self.options.rows), self.options.seed, self.options.now)
        for asks in (_alone, _partly, _any):
            many = _above(new, known, asks)
            fill(self.connection, many, self.options.rows, self.options.seed, self.options.now)
            short = fill(self.connection, names, self.options.rows, self.options.seed, self.options.now).short
            if not short:
                break
        for each in new:
            self.grown[each.oid] = short.get(each.name, "")
        self.rest([known[name] for name in [*above, *names]])

    def rest(self, tables: Sequence[Shape]) -> None:
        """Have tables as they are after a while, and let nobody but the revision work on them."""
        for each in tables:
            self.connection.execute(f"VACUUM (ANALYZE) {each.sql}".encode())
            leaves = self.connection.execute(
                "SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf"
                " UNION SELECT %s WHERE NOT EXISTS (SELECT FROM pg_partition_tree(%s::regclass))",
                [each.sql] * 3,
            ).fetchall()
            for (name,) in leaves:
                self.connection.execute(f"ALTER TABLE {name} SET (autovacuum_enabled = off)".encode())

    def files(self, table: Shape) -> list[Any]:
        """Which files its rows lie in."""
        query = (
            "SELECT oid::bigint, relfilenode::bigint FROM pg_class WHERE oid = %(oid)s OR oid IN"
            " (SELECT relid FROM pg_partition_tree(%(oid)s::regclass)) ORDER BY 1"
        )
        return self.connection.execute(query, {"oid": table.oid}).fetchall()


_BLOCKS = {READ: "locks/blocks-reads", WRITE: "locks/blocks-writes"}


def findings(revision: Revision, tables: Sequence[Table], longest_ms: float) -> list[Finding]:
    """Who waited for the revision longer than that. A request that was slow and waited for no lock is not meant."""
    places = Places(revision.file.read_text(encoding="utf-8", errors="replace"))
    found = []
    for table in tables:
        for way, waits in ((READ, table.reads), (WRITE, table.writes)):
            if waits.blocked <= longest_ms:
                continue
            place = places.find(waits.held_by)
            statement = " ".join(waits.held_by.split())
            quote = statement if len(statement) <= _BRIEF else f"{statement[:_BRIEF]}…"
            says = (
                f"a {way} of {table.name} waited {waits.blocked:.0f} ms with {table.rows} rows in it"
                f" (otherwise {waits.usual:.0f} ms at most); what held it up: {quote}"
            )
            line = None if place is None else places.line(place, waits.held_by)
            cure = remedy(waits.held_by, rewritten=table.rewritten)
            found.append(Finding(_BLOCKS[way], revision.title, revision.file, says, cure, line))
    return found


def _above(tables: Sequence[Shape], known: Mapping[str, Shape], asks: Callable[[Shape, Key], bool]) -> list[str]:
    """What tables refer to by keys that are asked for, and so what that refers to, but for themselves."""
    found: set[str] = set()
    waiting = list(tables)
    while waiting:
        child = waiting.pop()
        for key in child.keys:
            if key.parent in known and key.parent not in found and asks(child, key):
                found.add(key.parent)
                waiting.append(known[key.parent])
    return sorted(found - {each.name for each in tables})


def _alone(child: Shape, key: Key) -> bool:
    """Whether each row needs a parent of its own."""
    return any(each.columns and set(each.columns) <= set(key.columns) for each in child.uniques)


def _partly(child: Shape, key: Key) -> bool:
    """Whether a parent has so many rows only that differ in something else."""
    return any(set(each.columns) & set(key.columns) for each in child.uniques)


def _any(_child: Shape, _key: Key) -> bool:
    return True


def _nobody(_: object) -> None:
    """Who listens when nobody does."""
