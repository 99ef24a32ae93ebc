"""Whether a history means the same everywhere: small databases that differ in one thing see it side by side.

Two differ in the moment and in the place: the second has another time zone and another way to write dates. What comes
out differently there is looked at on a third, which differs from the first in the moment alone: if it differs too, it
comes from the clock, or from dice; else from the place.
"""

from __future__ import annotations

from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from suites.migrations.allowances import Allowances
from suites.migrations.histories.base import Finding
from suites.migrations.rows.digest import fingerprints
from suites.migrations.rows.fill import fill
from suites.migrations.rows.stamps import Stamp, stamped, unwritten
from suites.migrations.rows.tables import shapes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from threading import Event, Lock

    from fixtures.postgres import PostgresServer
    from suites.migrations.histories.base import History, Revision
    from suites.migrations.rows.later import Later
    from suites.migrations.rows.tables import Shape

ROWS = 60
ELSEWHERE = {"TimeZone": "Pacific/Kiritimati", "DateStyle": "SQL, DMY", "IntervalStyle": "sql_standard"}
_REMEDIES = {
    "depends-on-clock": "take a fixed moment, or one that stands in the rows; dice need a seed",
    "depends-on-locale": "name the time zone and the form: AT TIME ZONE 'UTC', to_char(…, 'YYYY-MM-DD')",
}

Digests = dict[tuple[str, str], int]


@dataclass(frozen=True)
class Twins:
    """What is run. turn: held while a step runs, since a tool's own state is the process's (Alembic's context is).

    stopped: set when nobody waits for it any more.
    """

    history: History
    order: Sequence[Revision]
    server: PostgresServer
    later: Later
    seed: int
    now: datetime
    turn: Lock
    stopped: Event

    def compared(self) -> list[Finding]:
        """A finding for each column that comes out differently, at its revision.

        A revision that says that it may change a column is believed for the clock: a time of now is what it means.
        Raises HistoryError.
        """
        with ThreadPoolExecutor(2, "twins") as pool:
            here, there = (pool.submit(self._run, place) for place in ({}, ELSEWHERE))
            first, elsewhere = here.result(), there.result()
        if first == elsewhere:
            return []
        second = self._run({})
        found: list[Finding] = []
        told: set[tuple[str, str]] = set()
        for number, revision in enumerate(self.order):
            digests = first[number], second[number], elsewhere[number]
            for at in sorted(set().union(*digests) - told):
                rule = _rule(*(each.get(at) for each in digests))
                if rule is None:
                    continue
                told.add(at)
                name = ".".join(at)
                if rule == "depends-on-clock" and ("data-changed", name) in Allowances.of(revision.file).names:
                    continue
                says = f"{name} has other values {_WHERE[rule]}, from the same rows"
                found.append(Finding(rule, revision.title, revision.file, says, _REMEDIES[rule]))
        return found

    def _run(self, place: Mapping[str, str]) -> list[Digests]:
        with self.server.fresh("replay_twin") as url, psycopg.connect(url, autocommit=True) as connection:
            for name, value in place.items():
                connection.execute(f"ALTER DATABASE {connection.info.dbname} SET {name} = '{value}'".encode())
            with self.history.connected(url):
                return _Twin(self, url, connection).run()


_WHERE = {
    "depends-on-clock": "when it runs a moment later",
    "depends-on-locale": f"where the time zone is {ELSEWHERE['TimeZone']} and dates are written day first",
}


def _rule(first: int | None, second: int | None, elsewhere: int | None) -> str | None:
    if first != second:
        return "depends-on-clock"
    return "depends-on-locale" if first != elsewhere else None


@dataclass(frozen=True)
class _Held:
    """What a table held when it was looked at last, by column."""

    stamp: Stamp
    columns: tuple[str, ...]
    digests: Mapping[str, int]


class _Twin:
    """One database. held: of the tables with generated rows."""

    def __init__(self, of: Twins, url: str, connection: psycopg.Connection[Any]) -> None:
        self.of = of
        self.url = url
        self.connection = connection
        self.held: dict[str, _Held] = {}

    def run(self) -> list[Digests]:
        """After each revision what every column holds; then rows go into the tables that have none."""
        found = []
        for revision in self.of.order:
            if self.of.stopped.is_set():
                raise CancelledError
            with self.of.turn:
                self.of.history.up(self.url, revision)
            known = {name: shape for name, shape in shapes(self.connection).items() if name not in self.of.history.ours}
            self.held = {name: held for name, held in self.held.items() if name in known}
            self.look([known[name] for name in self.held])
            found.append({(name, at): value for name, held in self.held.items() for at, value in held.digests.items()})
            new = [name for name, shape in known.items() if name not in self.held and not shape.partitioned]
            if new:
                expected = self.of.later.expected(known)
                fill(self.connection, new, ROWS, self.of.seed, self.of.now, known=expected)
                self.look([known[name] for name in [*self.held, *new]])
        return found

    def look(self, tables: Sequence[Shape]) -> None:
        """Read anew what somebody wrote to."""
        stamps = [held.stamp for held in self.held.values()]
        same = unwritten(self.connection, stamps, {shape.oid: shape for shape in tables})
        anew = []
        for shape in tables:
            held = self.held.get(shape.name)
            as_it_was = held is not None and held.stamp.oid == shape.oid and held.columns == tuple(shape.fields)
            if not as_it_was or shape.oid not in same:
                anew.append(shape)
        digests = fingerprints(self.connection, anew)
        for shape, stamp in zip(anew, stamped(self.connection, anew), strict=True):
            self.held[shape.name] = _Held(stamp, tuple(shape.fields), digests[shape.name])
