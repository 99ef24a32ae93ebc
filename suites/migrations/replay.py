"""A history replayed: on an empty database, with rows in every table, once more, down to nothing, and up again.

The *empty* database shows whether the steps fit each other at all, and what the schema is around each of them. The
*full* one gets rows into every table as soon as there is one: each step then has to carry them, and what it changes
about them is compared with what it says that it changes (`allowances`). Beside it run small ones (`twins`). What goes
wrong is told once: a step that comes too early is tried again behind the later ones, and one that cannot run is left
out of the rest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg.sql

from suites.migrations.allowances import Allowances
from suites.migrations.catalog import schema as catalog
from suites.migrations.catalog.difference import differences
from suites.migrations.catalog.dump import dump
from suites.migrations.catalog.written import Counters
from suites.migrations.histories.base import Finding, HistoryError
from suites.migrations.ownership import Owners
from suites.migrations.refusals import TOO_LATE, explained
from suites.migrations.rows.fill import fill
from suites.migrations.rows.kept import Copies
from suites.migrations.rows.later import Later
from suites.migrations.rows.tables import shapes
from suites.migrations.twins import Twins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from fixtures.postgres import PostgresServer
    from suites.migrations.catalog.schema import Schema
    from suites.migrations.histories.base import History, Revision
    from suites.migrations.rows.tables import Shape

ROWS = 10_000
UP, DOWN = "up", "down"


@dataclass(frozen=True)
class Options:
    """rows: per table. seed: of their values. now: what counts as the present in them."""

    now: datetime
    rows: int = ROWS
    seed: int = 0


@dataclass(frozen=True)
class Step:
    """One revision one way, on the full database. rows: in all tables as it began. changes: of the schema, in words.

    touched: rows that it wrote, in tables that are still there. locks: the strongest on each table that was there.
    rewritten: tables that lie in other files now.
    """

    revision: Revision
    way: str
    took_s: float
    statements: Sequence[str]
    changes: Sequence[str]
    rows: int
    touched: int = 0
    locks: Sequence[tuple[str, str]] = ()
    rewritten: Sequence[str] = ()


@dataclass
class Replay:
    """What was seen. A history is good when there is no finding and every revision was replayed (`complete`).

    order: in which the revisions ran; around: the schema before and behind each, by title, without rows.
    """

    history: str
    revisions: int
    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    order: list[Revision] = field(default_factory=list)
    around: dict[str, tuple[Schema, Schema]] = field(default_factory=dict)
    filled: dict[str, int] = field(default_factory=dict)
    unfilled: dict[str, str] = field(default_factory=dict)  # tables without all their rows, and what stands in the way

    @property
    def complete(self) -> bool:
        """Whether every revision went up and down with rows in it."""
        return len(self.steps) == 2 * self.revisions > 0


def replay(
    history: History, server: PostgresServer, options: Options, told: Callable[[str], None] | None = None
) -> Replay:
    """Replay a history. What stops it is a finding; what comes behind that is not judged. told: of each step."""
    seen = Replay(history.name, len(history.revisions), findings=list(history.findings))
    empty = _Empty(history, server, seen)
    with _ended(seen, with_rows=False):
        empty.up()
    if not seen.order:
        return seen
    turn, stopped = threading.Lock(), threading.Event()
    twins = Twins(history, seen.order, server, empty.later, options.seed, options.now, turn, stopped)
    full = _Full(history, server, seen, options, empty.later, turn, told or _nobody)
    with ThreadPoolExecutor(1, "twins") as pool:
        differing = pool.submit(twins.compared)
        try:
            with _ended(seen, with_rows=True):
                full.all()
            with _ended(seen, with_rows=True):
                seen.findings += differing.result()
        finally:
            stopped.set()
    return seen


@contextlib.contextmanager
def _ended(seen: Replay, *, with_rows: bool) -> Iterator[None]:
    try:
        yield
    except HistoryError as stopped:
        finding = explained(stopped, with_rows=with_rows)
        known = {(each.rule, each.revision) for each in seen.findings}
        if (finding.rule, finding.revision) not in known:  # twins are stopped by what stops the full one
            seen.findings.append(finding)


@dataclass
class _Empty:
    """Without rows: the steps alone, and the schema around each. later: the foreign keys that there ever are."""

    history: History
    server: PostgresServer
    seen: Replay
    owners: Owners = field(default_factory=Owners)
    later: Later = field(default_factory=Later)

    def up(self) -> None:
        waiting: list[Revision] = []
        with _opened(self.history, self.server, "replay_empty") as (self.url, self.connection):
            self.schema = catalog.read(self.connection, self.history.ours)
            for revision in self.history.revisions:
                problem = self.step(revision)
                if problem is not None:
                    self.seen.findings.append(problem)
                    waiting += [revision] if problem.rule == TOO_LATE else []
                else:
                    waiting = [each for each in waiting if self.step(each) is not None]

    def step(self, revision: Revision) -> Finding | None:
        """Take one step up; what is wrong, if it cannot be taken."""
        before = self.schema
        try:
            statements = self.history.up(self.url, revision)
        except HistoryError as refused:
            self.schema = catalog.read(self.connection, self.history.ours)  # a part of it may have been committed
            return explained(refused, with_rows=False)
        after = self.schema = catalog.read(self.connection, self.history.ours)
        self.seen.order.append(revision)
        self.seen.around[revision.title] = (before, after)
        self.seen.findings += self.owners.up(revision, statements, after)
        self.seen.findings += _invalid(revision, before, after)
        self.later.add(shapes(self.connection), Allowances.of(revision.file).certain)
        return None


def _invalid(revision: Revision, before: Schema, after: Schema) -> Iterator[Finding]:
    """Indexes that this revision left invalid."""
    known = {name for table in before.tables.values() for name, index in table.indexes.items() if not index.valid}
    for table in after.tables.values():
        for index in table.indexes.values():
            if not index.valid and index.name not in known:
                says = f"index {index.name} of {table.name} is invalid: nothing uses it, and every write keeps it up"
                yield Finding("index-invalid", revision.title, revision.file, says, "drop it, and make it again")


@dataclass
class _Full:
    """With rows."""

    history: History
    server: PostgresServer
    seen: Replay
    options: Options
    later: Later
    turn: threading.Lock
    told: Callable[[str], None]

    def all(self) -> None:
        with _opened(self.history, self.server, "replay_full") as (self.url, self.connection):
            self.copies = Copies(self.connection)
            self.counters = Counters(self.connection, self.history.ours)
            self.look()
            nothing = self.schema
            for revision in self.seen.order:
                self.up(revision)
            self.seen.findings += self.models()
            first = dump(self.url, without=self.history.ours)
            self.again()
            found = len(self.seen.findings)
            for revision in reversed(self.seen.order):
                self.down(revision)
            left = differences(nothing, self.schema)
            if left and len(self.seen.findings) == found:
                self.blame(self.seen.order[0], "down-leaves", f"all the way down, something is left: {left[0].says}")
            if len(self.seen.findings) > found:
                return  # what was left would stand in the way of going up again
            for revision in self.seen.order:
                with self.turn:
                    self.history.up(self.url, revision)
            self.compare_dumps(first, dump(self.url, without=self.history.ours))

    def look(self) -> None:
        """Read the schema."""
        self.schema = catalog.read(self.connection, self.history.ours)

    def tables(self) -> dict[str, Shape]:
        """What tables demand, with the keys that they will have; but for the tool's own."""
        known = {name: shape for name, shape in shapes(self.connection).items() if name not in self.history.ours}
        return self.later.expected(known)

    def up(self, revision: Revision) -> None:
        took_s = self.step(revision, UP, self.history.up)
        known = self.tables()
        changed = self.copies.compare(known)
        self.seen.findings += Allowances.of(revision.file).judge(revision, changed)
        self.fill(known)
        self.copies.keep(known.values())
        self.told(f"{revision.title} up: {took_s:.2f} s, tables: {len(self.schema.tables)}")

    def step(self, revision: Revision, way: str, run: Callable[[str, Revision], Sequence[str]]) -> float:
        """Take a step, and note what it did; how long it took."""
        before = self.schema
        rows = sum(self.seen.filled.get(name, 0) for name in before.tables)
        self.counters.begin()
        with self.turn:
            began = time.monotonic()
            statements = run(self.url, revision)
            took_s = time.monotonic() - began
        written = self.counters.since()
        self.look()
        words = [each.says for each in differences(before, self.schema)]
        locks = getattr(statements, "locks", ())
        done = Step(revision, way, took_s, statements, words, rows, written.touched, locks, written.rewritten)
        self.seen.steps.append(done)
        return took_s

    def fill(self, known: Mapping[str, Shape]) -> None:
        """Rows into the tables that have none yet."""
        wanted = [name for name, shape in known.items() if name not in self.seen.filled and not shape.partitioned]
        if wanted:
            options = self.options
            made = fill(self.connection, wanted, options.rows, options.seed, options.now, known=known)
            self.seen.filled.update(made)
            self.seen.unfilled.update(made.short)
            self.copies.forget(made.written)

    def models(self) -> list[Finding]:
        """What the project's models say otherwise than the database at the end."""
        if len(self.seen.order) < self.seen.revisions:
            return []  # it is not at its end
        with self.turn:
            return self.history.differences(self.url, self.schema)

    def again(self) -> None:
        """Brought to the end once more, nothing may change: neither the schema nor a row."""
        before, last = self.schema, self.seen.order[-1]
        rows = {copy.table: copy.rows for copy in self.copies.kept.values()}
        with self.turn:
            self.history.again(self.url)
        self.look()
        words = [each.says for each in differences(before, self.schema)]
        words += [each.says for each in self.copies.compare(shapes(self.connection))]
        written = rows.keys() - {copy.table for copy in self.copies.kept.values()}
        for table in sorted(written & self.schema.tables.keys()):
            more = self.count(table) - rows[table]
            words += [f"{table} has {more} more rows"] if more > 0 else []
        self.seen.findings += [
            Finding("not-repeatable", last.title, last.file, f"run once more at the end: {said}", _REPEAT)
            for said in words
        ]

    def count(self, table: str) -> int:
        name = psycopg.sql.Identifier(*table.split("."))
        row = self.connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
        assert row is not None, "a count is one row"
        return int(row[0])

    def down(self, revision: Revision) -> None:
        """Take a revision back: what its way up touched is as it was before, and nothing else was touched."""
        before = self.schema
        try:
            took_s = self.step(revision, DOWN, self.history.down)
        except HistoryError as refused:
            self.look()
            self.refused(explained(refused, with_rows=True))
            return
        after = self.schema
        was, then = self.seen.around[revision.title]
        mine = {each.name for each in differences(was, then)}
        for each in differences(was, after):
            if each.name in mine and each.kind != "moved":
                rule = "down-leaves" if each.kind == "new" else "down-not-inverse"
                self.blame(revision, rule, f"after its way down it is not as it was before its way up: {each.says}")
        for each in differences(before, after):
            if each.name not in mine and each.kind != "moved":
                self.blame(revision, "down-drops-other", f"its way down touches what its way up did not: {each.says}")
        self.told(f"{revision.title} down: {took_s:.2f} s")

    def refused(self, finding: Finding) -> None:
        """A way down that cannot be taken: told, unless paper or the one that dropped too much has told it already."""
        if finding.rule == TOO_LATE:  # on the way down nothing comes later: it is gone
            if any(each.rule == "down-drops-other" for each in self.seen.findings):
                return
            finding = dataclasses.replace(finding, rule="refused", remedy="take back only what is there")
        if finding not in self.seen.findings:
            self.seen.findings.append(finding)

    def blame(self, revision: Revision, rule: str, says: str) -> None:
        file = revision.down or revision.file
        self.seen.findings.append(Finding(rule, revision.title, file, says, _DOWN[rule]))

    def compare_dumps(self, first: str, second: str) -> None:
        if first == second:
            return
        pairs = zip(first.splitlines(), second.splitlines(), strict=False)
        at = next((line for line, other in pairs if line != other), "its length")
        last = self.seen.order[-1]
        says = f"up, down and up again gives another schema; the first difference is at: {at}"
        self.seen.findings.append(Finding("not-the-same-again", last.title, last.file, says, "make the way down whole"))


_REPEAT = "what runs at each start must find its work done: IF NOT EXISTS, ON CONFLICT, or a condition"
_DOWN: Mapping[str, str] = {
    "down-leaves": "take back in the way down all that the way up makes",
    "down-drops-other": "drop in the way down only what the way up made",
    "down-not-inverse": "let the way down undo the way up, or say in the file why it can't",
}


def _nobody(line: str) -> None:
    """Who listens when nobody does."""


@contextlib.contextmanager
def _opened(history: History, server: PostgresServer, label: str) -> Iterator[tuple[str, psycopg.Connection[Any]]]:
    """A database of one's own, and a connection of ours beside the one that the history may keep to it."""
    with (
        server.fresh(label) as url,
        psycopg.connect(url, autocommit=True) as connection,
        history.connected(url),
    ):
        connection.execute("SET jit = off")  # for queries that run once it takes longer than it saves
        yield url, connection
