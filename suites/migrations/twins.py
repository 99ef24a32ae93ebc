"""Whether a history means the same everywhere: small databases that differ in one thing see it side by side.

Two are alike and differ in the moment alone: what differs between them comes from the clock, or from dice. A third has
another time zone and another way to write dates: what differs there, and not between the two, comes from the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg

from suites.migrations.catalog.schema import read
from suites.migrations.histories.base import Finding
from suites.migrations.rows.digest import fingerprint
from suites.migrations.rows.fill import fill
from suites.migrations.rows.tables import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from fixtures.postgres import PostgresServer
    from suites.migrations.allowances import Allowances
    from suites.migrations.histories.base import History, Revision

ROWS = 60
ELSEWHERE = {"TimeZone": "Pacific/Kiritimati", "DateStyle": "SQL, DMY", "IntervalStyle": "sql_standard"}
_REMEDIES = {
    "depends-on-clock": "take a fixed moment, or one that stands in the rows; dice need a seed",
    "depends-on-locale": "name the time zone and the form: AT TIME ZONE 'UTC', to_char(…, 'YYYY-MM-DD')",
}

Digests = dict[tuple[str, str], int]


def compared(
    history: History,
    order: Sequence[Revision],
    server: PostgresServer,
    allowances: dict[str, Allowances],
    seed: int,
    now: datetime,
) -> list[Finding]:
    """Run a history on three small databases; a finding for each column that comes out differently, at its revision.

    A revision that says that it may change a column is believed for the clock: a time of now is what it means. Raises
    HistoryError.
    """
    found: list[Finding] = []
    told: set[tuple[str, str]] = set()
    with server.fresh("replay_one") as one, server.fresh("replay_two") as two, server.fresh("replay_there") as there:
        with psycopg.connect(there, autocommit=True) as connection:
            for name, value in ELSEWHERE.items():
                connection.execute(f"ALTER DATABASE {connection.info.dbname} SET {name} = '{value}'".encode())
        runs = [_digests(history, order, url, seed, now) for url in (one, two, there)]
        for revision, first, second, elsewhere in zip(order, *runs, strict=True):
            for at in sorted(first.keys() - told):
                rule = _rule(first[at], second.get(at), elsewhere.get(at))
                if rule is None:
                    continue
                told.add(at)
                name = ".".join(at)
                if rule == "depends-on-clock" and ("data-changed", name) in allowances[revision.title].names:
                    continue
                says = f"{name} has other values {_WHERE[rule]}, from the same rows"
                found.append(Finding(rule, revision.title, revision.file, says, _REMEDIES[rule]))
    return found


_WHERE = {
    "depends-on-clock": "when it runs a moment later",
    "depends-on-locale": f"where the time zone is {ELSEWHERE['TimeZone']} and dates are written day first",
}


def _rule(first: int, second: int | None, elsewhere: int | None) -> str | None:
    if first != second:
        return "depends-on-clock"
    return "depends-on-locale" if first != elsewhere else None


def _digests(history: History, order: Sequence[Revision], url: str, seed: int, now: datetime) -> Iterator[Digests]:
    """After each revision what every column holds; then rows go into the tables that have none."""
    filled: set[str] = set()
    with psycopg.connect(url, autocommit=True) as connection:
        for revision in order:
            history.up(url, revision)
            schema = read(connection, history.ours)
            yield _held(connection, sorted(filled & schema.tables.keys()))
            new = [name for name, table in schema.tables.items() if name not in filled and table.kind == "table"]
            fill(connection, new, ROWS, seed, now)
            filled.update(new)


def _held(connection: psycopg.Connection[Any], tables: list[str]) -> Digests:
    known = shapes(connection)
    return {
        (table, column): value for table in tables for column, value in fingerprint(connection, table, known).items()
    }
