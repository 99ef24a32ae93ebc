"""A history replayed: on an empty database, with rows in every table, once more, down to nothing, and up again.

Two databases see it. The *empty* one shows whether the steps fit each other at all, and what the schema is around each
of them. The *full* one gets rows into every table as soon as there is one: each step then has to carry them, and what
it changes about them is compared with what it says that it changes (`allowances`). What goes wrong is told once: a step
that comes too early is tried again behind the later ones, and one that cannot run is left out of the rest.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg.sql

from suites.migrations import twins
from suites.migrations.allowances import Allowances
from suites.migrations.catalog import schema as catalog
from suites.migrations.catalog.difference import differences
from suites.migrations.catalog.dump import dump
from suites.migrations.histories.base import Finding, HistoryError
from suites.migrations.ownership import Owners
from suites.migrations.refusals import TOO_LATE, explained
from suites.migrations.rows.fill import fill
from suites.migrations.rows.kept import compare, keep, let_go

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from fixtures.postgres import PostgresServer
    from suites.migrations.catalog.schema import Schema
    from suites.migrations.histories.base import History, Revision

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
    """One revision one way, on the full database. rows: in all tables as it began. changes: of the schema, in words."""

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
    seen = Replay(history.name, len(history.revisions))
    with server.fresh("replay_empty") as empty, server.fresh("replay_full") as full:
        with _ended(seen, with_rows=False):
            _Empty(history, empty, seen).up()
        with _ended(seen, with_rows=True):
            _Full(history, full, seen, options, told or _nobody).all()
    if seen.complete:
        allowances = {each.title: Allowances.of(each.file) for each in seen.order}
        seen.findings += twins.compared(history, seen.order, server, allowances, options.seed, options.now)
    return seen


@contextlib.contextmanager
def _ended(seen: Replay, *, with_rows: bool) -> Iterator[None]:
    try:
        yield
    except HistoryError as stopped:
        seen.findings.append(explained(stopped, with_rows=with_rows))


@dataclass
class _Empty:
    """Without rows: the steps alone, and the schema around each."""

    history: History
    url: str
    seen: Replay
    owners: Owners = field(default_factory=Owners)

    def up(self) -> None:
        waiting: list[Revision] = []
        with _connected(self.url) as self.connection:
            for revision in self.history.revisions:
                problem = self.step(revision)
                if problem is not None:
                    self.seen.findings.append(problem)
                    waiting += [revision] if problem.rule == TOO_LATE else []
                else:
                    waiting = [each for each in waiting if self.step(each) is not None]

    def step(self, revision: Revision) -> Finding | None:
        """Take one step up; what is wrong, if it cannot be taken."""
        before = catalog.read(self.connection, self.history.ours)
        try:
            statements = self.history.up(self.url, revision)
        except HistoryError as refused:
            return explained(refused, with_rows=False)
        after = catalog.read(self.connection, self.history.ours)
        self.seen.order.append(revision)
        self.seen.around[revision.title] = (before, after)
        self.seen.findings += self.owners.up(revision, statements, after)
        self.seen.findings += _invalid(revision, before, after)
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
    url: str
    seen: Replay
    options: Options
    told: Callable[[str], None]

    def all(self) -> None:
        with _connected(self.url) as self.connection:
            nothing = self.schema()
            for revision in self.seen.order:
                self.up(revision)
            self.seen.findings += self.models()
            first = dump(self.url, without=self.history.ours)
            self.again()
            found = len(self.seen.findings)
            for revision in reversed(self.seen.order):
                self.down(revision)
            if len(self.seen.findings) > found or differences(nothing, self.schema()):
                return  # what was left would stand in the way of going up again
            for revision in self.seen.order:
                self.history.up(self.url, revision)
            self.compare_dumps(first, dump(self.url, without=self.history.ours))

    def schema(self) -> Schema:
        return catalog.read(self.connection, self.history.ours)

    def up(self, revision: Revision) -> None:
        before = self.schema()
        kept = keep(self.connection, sorted(before.tables))
        began = time.monotonic()
        statements = self.history.up(self.url, revision)
        took_s = time.monotonic() - began
        after = self.schema()
        changed = compare(self.connection, kept)
        let_go(self.connection, kept)
        self.seen.findings += Allowances.of(revision.file).judge(revision, changed)
        self.step(revision, UP, took_s, statements, before, after)
        self.fill(after)
        self.told(f"{revision.title} up: {took_s:.2f} s, {len(after.tables)} tables")

    def step(
        self, revision: Revision, way: str, took_s: float, statements: Sequence[str], before: Schema, after: Schema
    ) -> None:
        words = [each.says for each in differences(before, after)]
        rows = sum(self.seen.filled.get(name, 0) for name in before.tables)
        self.seen.steps.append(Step(revision, way, took_s, statements, words, rows))

    def fill(self, schema: Schema) -> None:
        """Rows into the tables that have none yet."""
        tables = [name for name, table in schema.tables.items() if table.kind == "table"]
        wanted = [name for name in tables if name not in self.seen.filled]
        made = fill(self.connection, wanted, self.options.rows, self.options.seed, self.options.now)
        self.seen.filled.update(made)
        self.seen.unfilled.update(made.short)

    def models(self) -> list[Finding]:
        """What the project's models say otherwise than the database at the end."""
        if len(self.seen.order) < self.seen.revisions:
            return []  # it is not at its end
        return self.history.differences(self.url, self.schema())

    def again(self) -> None:
        """Brought to the end once more, nothing may change: neither the schema nor a row."""
        before, last = self.schema(), self.seen.order[-1]
        kept = keep(self.connection, sorted(before.tables))
        counts = {table: self.count(table) for table in before.tables}
        self.history.again(self.url)
        words = [each.says for each in differences(before, self.schema())]
        words += [each.says for each in compare(self.connection, kept)]
        words += [
            f"{table} has {now - then} more rows" for table, then in counts.items() if (now := self.count(table)) > then
        ]
        let_go(self.connection, kept)
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
        before = self.schema()
        began = time.monotonic()
        try:
            statements = self.history.down(self.url, revision)
        except HistoryError as refused:
            self.seen.findings.append(explained(refused, with_rows=True))
            return
        took_s = time.monotonic() - began
        after = self.schema()
        self.step(revision, DOWN, took_s, statements, before, after)
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


def _connected(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url, autocommit=True)
