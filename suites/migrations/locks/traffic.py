"""A bounded stream of reads and writes on tables, and who made it wait.

Each table has a connection that reads rows by their keys, at random, and one that writes rows as they are. Columns are
named, as a program of the release before names them, so what no longer works for it shows. Every request is a
transaction of its own: a stream holds no lock that anybody could wait for longer than for one row.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from suites.migrations.histories.executed import ASKED
from suites.migrations.rows.requests import reading, writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from suites.migrations.rows.tables import Shape

READ, WRITE = "read", "write"
BEFORE, DURING, AFTER = "before", "during", "after"
_REQUESTS_PER_S = 400  # of all streams together: two cores serve them, and a lock of more than some ms meets one
_BASELINE = 200  # requests of all streams, before and once more after
_SETTLED_S = 60.0
_SAMPLED_S = 0.02
_GONE = ("0A", "22", "23", "42", "P0")
"""Classes of SQLSTATE that say that the statement no longer fits the schema, or the row no longer its rules."""

_WAITING = """
    SELECT pid, CASE WHEN wait_event_type = 'Lock' THEN pg_blocking_pids(pid) ELSE '{}' END, query
    FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> ALL (%s)
"""
# Who waits in a circle gives way first, so that it is never the revision that PostgreSQL ends.
_GIVES_WAY = (
    "SELECT set_config('deadlock_timeout', '100ms', false) WHERE has_parameter_privilege('deadlock_timeout', 'SET')"
)


@dataclass(frozen=True)
class Waits:
    """What requests of one kind met while a revision ran; times in milliseconds.

    longest: of any. blocked: the longest that was seen waiting for somebody's lock, and held_by what that one ran.
    usual: the longest before the revision began and after it ended. broken: the statement or row no longer fits, also
    behind the revision; failed: no answer for another reason.
    """

    requests: int = 0
    failed: int = 0
    broken: int = 0
    longest: float = 0.0
    blocked: float = 0.0
    usual: float = 0.0
    held_by: str = ""
    broken_by: str = ""


@dataclass(frozen=True)
class Limits:
    """seed: of which rows are asked for. request_s: longest wait of a request. revision_s: then a revision is ended."""

    seed: int = 0
    request_s: float = 300.0
    revision_s: float = 3_600.0


@dataclass
class Stream:
    """One connection's requests. Its counts are its own thread's until that has ended."""

    table: str
    way: str
    url: str
    statement: str
    keys: Sequence[tuple[str, ...]]
    traffic: Traffic
    requests: int = 0
    failed: int = 0
    broken: int = 0
    longest: float = 0.0
    blocked: float = 0.0
    usual: float = 0.0
    held_by: str = ""
    broken_by: str = ""
    pid: int = 0
    said: str = ""

    def __post_init__(self) -> None:
        self.connection = psycopg.connect(self.url, autocommit=True, prepare_threshold=None)
        self.pid = self.connection.info.backend_pid
        limit_ms = int(self.traffic.limits.request_s * 1000)
        self.connection.execute(f"SET statement_timeout = {limit_ms}".encode())
        self.connection.execute(_GIVES_WAY)
        self.thread = threading.Thread(target=self.run, name=f"{self.way} {self.table}", daemon=True)

    def run(self) -> None:
        """Ask until told to stop."""
        traffic, dice = self.traffic, random.Random(f"{self.traffic.limits.seed}/{self.table}/{self.way}")  # noqa: S311
        while not traffic.ended.wait(traffic.pause_s) and not self.connection.closed:
            phase, began = traffic.phase, traffic.clock()
            state = self.send(dice.choice(self.keys))
            took = (traffic.clock() - began) * 1000
            held_by = traffic.watcher.blame(self.pid)
            if phase != traffic.phase or phase == DURING:
                self.met(took, held_by)
            elif not state:
                self.usual = max(self.usual, took)
            if state and not traffic.ended.is_set():
                self.refused(state)
            traffic.one_more()

    def send(self, key: tuple[str, ...]) -> str:
        """One request; PostgreSQL's code of what was wrong with it, else nothing."""
        try:
            self.connection.execute(self.statement.encode(), key)
        except psycopg.Error as refused:
            self.said = str(refused).partition("\n")[0]
            return refused.sqlstate or "?"
        return ""

    def met(self, took: float, held_by: str) -> None:
        """A request beside which the revision ran."""
        self.requests += 1
        self.longest = max(self.longest, took)
        if held_by and took > self.blocked:
            self.blocked, self.held_by = took, held_by

    def refused(self, state: str) -> None:
        """A request without an answer, also behind the revision: what is broken then stays so."""
        if state.startswith(_GONE):
            self.broken += 1
            self.broken_by = self.broken_by or self.said
        else:
            self.failed += 1

    @property
    def waits(self) -> Waits:
        """What came of it."""
        return Waits(
            self.requests, self.failed, self.broken, round(self.longest, 1), round(self.blocked, 1),
            round(self.usual, 1), self.held_by, self.broken_by,
        )  # fmt: skip


@dataclass
class Watcher:
    """Sees, some fifty times a second, which stream waits for a lock and what the one who has it runs."""

    url: str
    traffic: Traffic
    seen: dict[int, Counter[str]] = field(default_factory=dict)
    last: dict[int, str] = field(default_factory=dict)  # what each ran last that was not asked by ourselves
    began: float = 0.0
    ended_it: bool = False

    def __post_init__(self) -> None:
        self.connection = psycopg.connect(self.url, autocommit=True)
        self.thread = threading.Thread(target=self.run, name="watcher", daemon=True)

    def run(self) -> None:
        """Look until told to stop."""
        while not self.traffic.ended.wait(_SAMPLED_S):
            try:
                self.look()
            except psycopg.Error:
                if self.connection.closed:
                    return

    def look(self) -> None:
        """One look at everybody on this database."""
        rows = {pid: (list(blockers), query) for pid, blockers, query in self.connection.execute(_WAITING)}
        self.last |= {pid: query for pid, (_, query) in rows.items() if not query.startswith(ASKED)}
        for pid in self.traffic.pids & rows.keys():
            root = self._root(pid, rows)
            if root is not None:
                self.seen.setdefault(pid, Counter())[self.last.get(root, "COMMIT")] += 1
        over = self.traffic.phase == DURING and self.traffic.clock() - self.began > self.traffic.limits.revision_s
        if over and not self.ended_it:
            self.ended_it = True
            mine = [*self.traffic.pids, *self.traffic.spared, self.connection.info.backend_pid]
            self.connection.execute(_END_OTHERS, [mine])

    def _root(self, pid: int, rows: dict[int, tuple[list[int], str]]) -> int | None:
        """The first in the queue who is none of ours."""
        known, waiting = {pid}, list(rows[pid][0])
        while waiting:
            each = waiting.pop(0)
            if each in rows and each not in self.traffic.pids:
                return each
            if each in rows and each not in known:
                known.add(each)
                waiting += rows[each][0]
        return None

    def blame(self, pid: int) -> str:
        """What held a stream's last request up for longest, and forget about it."""
        found = self.seen.pop(pid, None)
        return found.most_common(1)[0][0] if found else ""


class Traffic:
    """All streams of some tables. spared: backends of ours that are not to be ended with a revision that is."""

    def __init__(self, url: str, clock: Callable[[], float], limits: Limits, spared: Sequence[int]) -> None:
        self.url, self.clock, self.limits = url, clock, limits
        self.spared = tuple(spared)
        self.phase = BEFORE
        self.ended = threading.Event()
        self.pids: set[int] = set()
        self.streams: list[Stream] = []
        self.watcher = Watcher(url, self)
        self._requests = 0
        self._told = threading.Condition()

    @property
    def pause_s(self) -> float:
        """Between two requests of a stream."""
        return max(len(self.streams), 1) / _REQUESTS_PER_S

    def add(self, shape: Shape, keys: Sequence[tuple[str, ...]]) -> None:
        """The streams of a table: of statements that work on it as it stands."""
        for way, statements in ((READ, [reading(shape)]), (WRITE, writing(shape))):
            working = next((each for each in statements if self._works(each, keys[0])), None)
            if working is not None:
                stream = Stream(shape.name, way, self.url, working, keys, self)
                self.streams.append(stream)
                self.pids.add(stream.pid)

    def _works(self, statement: str, key: tuple[str, ...]) -> bool:
        """Whether nothing, as a trigger that lets no row be changed, stands against it."""
        try:
            with self.watcher.connection.transaction(force_rollback=True):
                self.watcher.connection.execute(statement.encode(), key)
        except psycopg.Error:
            return False
        return True

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Streams for the length of the block; at its end each has its last answer, or is cut off."""
        threads = [*(each.thread for each in self.streams), self.watcher.thread]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.ended.set()
            for stream in self.streams:
                stream.connection.cancel_safe(timeout=10)
            for thread in threads:
                thread.join(timeout=30)
            for connection in (*(each.connection for each in self.streams), self.watcher.connection):
                connection.close()

    @contextlib.contextmanager
    def during(self) -> Iterator[None]:
        """The revision runs in the block. Some requests before it and some after it tell what is usual here."""
        self.settle()
        self.watcher.began = self.clock()
        self.phase = DURING
        try:
            yield
        finally:
            self.phase = AFTER
        self.settle()

    def settle(self) -> None:
        """Wait until so many more requests are through that it shows how long they take."""
        with self._told:
            enough = self._requests + _BASELINE
            self._told.wait_for(lambda: self._requests >= enough, timeout=_SETTLED_S if self.streams else 0)

    def one_more(self) -> None:
        """A stream had an answer."""
        with self._told:
            self._requests += 1
            self._told.notify_all()
