"""Generated rows for any table as it stands, with every constraint kept: by PostgreSQL's own judgement, not by ours.

Values are made in SQL, set by set: candidates are numbered, foreign keys pick from the parents' rows, checks are read
as far as they can be and candidates repaired towards them (rows_repairs), PostgreSQL evaluates every check on every
candidate, and what conflicts with a unique index is left out. That goes on until a table has its rows or nothing more
comes, and then what stands in the way is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

from fixtures.exits import CommandError
from suites.migrations.catalog.schema import settings
from suites.migrations.rows.candidates import Candidates
from suites.migrations.rows.keys import KeyStore, counted
from suites.migrations.rows.order import Pass, order
from suites.migrations.rows.refusals import by_row, refusal
from suites.migrations.rows.tables import quoted, shapes
from suites.migrations.rows.values import Maker, NoValues

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from suites.migrations.rows.tables import Key, Shape

_BATCH_MAX = 200_000
_TRIED_MAX = 40  # candidates per row that is wanted
_DRY_MAX = 3  # rounds without a single row
_ROOTS = 5  # one row of so many of a table that refers to itself refers to none
_WRITTEN = """
    SELECT relid FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relid IN
    (SELECT c.oid FROM pg_class c WHERE c.relpersistence <> 't')
"""  # in this transaction
_FIXED = {
    "jit": "off",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
}


class Filled(dict[str, int]):
    """How many rows each table has now. short: tables that have fewer than was asked for, and what is in the way.

    written: numbers (oid) of all tables to which something was written, also by triggers.
    """

    def __init__(self) -> None:
        super().__init__()
        self.short: dict[str, str] = {}
        self.written: frozenset[int] = frozenset()


def fill(
    connection: psycopg.Connection[Any],
    table_names: Collection[str],
    rows_per_table: int,
    seed: int,
    now: datetime,
    *,
    known: Mapping[str, Shape] | None = None,
) -> Filled:
    """Bring tables to so many rows each; rows that are there stay. The tables may refer to others that are not named.

    Names are the catalog's ("wallet", "billing.invoice"); for a partition its whole table is filled. The same seed,
    schema and rows give the same rows. now: times lie before and after it. All in one transaction or savepoint.
    known: what `shapes` gave, if it was asked; with keys that come later (rows.later), rows of other tables that will
    refer to these are made to do so. Raises CommandError for a table that is not there.
    """
    if not table_names:
        return Filled()
    with settings(connection, **_FIXED):
        found = shapes(connection) if known is None else known
        missing = sorted(set(table_names) - found.keys())
        if missing:
            raise CommandError(f"There is no table {', '.join(missing)} to fill; a view or a sequence has no rows.")
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # A partition gets its rows through the table that it is a part of.
        roots = [found[name].root for name in table_names if found[name].root]
        return _Filling(connection, found, dict.fromkeys([*roots, *table_names], rows_per_table), seed, now).run()


@dataclass
class _Filling:
    """One run."""

    connection: psycopg.Connection[Any]
    shapes: Mapping[str, Shape]
    wanted: Mapping[str, int]
    seed: int
    now: datetime

    def run(self) -> Filled:
        self.store = KeyStore(self.connection, self.shapes, self.seed)
        self.filled = Filled()
        privilege = "SELECT has_parameter_privilege('session_replication_role', 'SET')"
        self.quick = self.connection.execute(privilege).fetchone() == (True,)
        passes = order([self.shapes[name] for name in self.wanted if not self.shapes[name].partition])
        for each in passes:
            self.table(each)
        for each in passes:
            for key in each.closing:
                self.close(each.shape, key)
        if any(each.closing for each in passes):
            self.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self.close_later_ones()
        for name, wanted in self.wanted.items():
            self.filled[name] = counted(self.connection, self.shapes[name].sql)
            if self.filled[name] >= wanted:
                self.filled.short.pop(name, None)
            elif name not in self.filled.short and not self.shapes[name].partition:
                self.filled.short[name] = "no more candidates"
        rows = self.connection.execute(_WRITTEN).fetchall()
        self.filled.written = frozenset(int(oid) for (oid,) in rows)
        return self.filled

    def table(self, each: Pass) -> None:
        """One pass over a table."""
        shape, target = each.shape, self.wanted[each.shape.name]
        target = max(target // 2, 1) if each.half else target
        for key in each.closing:
            if key.later:
                continue
            space = shape.sql.split(".", maxsplit=1)[0]
            self.connection.execute(f"SET CONSTRAINTS {space}.{quoted(key.name)} DEFERRED".encode())
        try:
            reason = _Rounds(self, each, target).run()
        except NoValues as unknown:
            reason = f"{unknown}: no values are known for it"
        if reason and not each.half:
            self.filled.short[shape.name] = each.reason or reason
        self.store.forget(shape.name)

    def keys(self, each: Pass, single: Collection[str]) -> dict[str, Any]:
        """The parents' keys as they are now."""
        found = {}
        for key in each.shape.keys:
            if key.name in each.later:
                continue
            keys = self.store.of(key, each.shape, unused=key.name in single)
            if keys is not None:
                found[key.name] = keys
        return found

    def close_later_ones(self) -> None:
        """Rows from before the tables of this run, which will refer to them: they do so from now on."""
        for shape in self.shapes.values():
            if shape.name not in self.wanted and not shape.partition:
                for key in shape.keys:
                    if key.later and key.parent in self.wanted:
                        self.close(shape, key)

    def close(self, shape: Shape, key: Key) -> None:
        """Let rows refer to parents that came after them."""
        keys = self.store.of(key, shape)
        if keys is None:
            return
        names = ", ".join(quoted(name) for name in shape.primary) or "ctid"
        pairs = zip(key.columns, key.parent_columns, strict=True)
        sets = ", ".join(f"{quoted(own)} = k.{quoted(theirs)}" for own, theirs in pairs)
        numbered = f"SELECT ctid AS place, row_number() OVER (ORDER BY {names}) - 1 AS n FROM {shape.sql}"
        rows = f'({numbered}) r JOIN {keys.table} k ON k."cityos k" = r.n % {keys.count}'
        try:
            with self.connection.transaction():
                self.connection.execute(f"UPDATE {shape.sql} t SET {sets} FROM {rows} WHERE t.ctid = r.place".encode())
        except psycopg.Error as error:
            if key.later:
                return  # unique, or checked, or a trigger objects: it stays as it is
            said = str(error).partition("\n")[0]
            raise CommandError(f"{shape.name}: the circle that {key.name} closes could not be filled: {said}") from None
        self.store.forget(shape.name)


class _Rounds:
    """A table's rounds: candidates, insert, and again with other numbers until it has its rows or none come."""

    def __init__(self, filling: _Filling, each: Pass, target: int) -> None:
        self.filling = filling
        self.each = each
        self.shape = each.shape
        self.connection = filling.connection
        self.target = target
        self.maker = Maker(filling.seed, each.shape.name, filling.now, target)
        self.own = [key for key in each.shape.keys if key.parent == each.shape.name]
        self.single: set[str] = set()
        self.one_by_one = False

    def run(self) -> str | None:
        """What stands in the way, or None when nothing does."""
        have = counted(self.connection, self.shape.sql)
        first, tried, dry, share = have, 0, 0, 1.0
        candidates = self.candidates()
        while have < self.target:
            need = self.target - have
            batch = min(int(need / share * 1.05) + 20, _BATCH_MAX)
            limit = need if have or not self.own else max(need // _ROOTS, 1)
            inserted = self.insert(candidates, first, first + batch - 1, limit)
            have, first, tried = have + inserted, first + batch, tried + batch
            dry = 0 if inserted else dry + 1
            if dry >= _DRY_MAX or tried > _TRIED_MAX * self.target + _BATCH_MAX:
                return refusal(self.connection, self.filling.shapes, candidates, first, one_by_one=self.one_by_one)
            if inserted < limit:
                share = max(min(inserted / batch, share), share / 8, 0.01)
            if self.own or self.single:
                self.filling.store.forget(self.shape.name)
                candidates = self.candidates()
        return None

    def candidates(self) -> Candidates:
        made = Candidates(self.shape, self.maker, self.filling.keys(self.each, self.single), self.each.later)
        if made.plan.single - self.single:  # known only now: these take parents that have no row yet
            self.single |= made.plan.single
            made = Candidates(self.shape, self.maker, self.filling.keys(self.each, self.single), self.each.later)
        return made

    def insert(self, candidates: Candidates, first: int, last: int, limit: int) -> int:
        turns = 2 if candidates.rest else 0
        if not self.one_by_one:
            try:
                with self.connection.transaction():
                    return self.at_once(candidates.insert(first, last, turns, limit))
            except psycopg.Error:
                # A trigger that objects, a check that divides by zero, a constraint that ON CONFLICT can't have:
                # each row by itself tells which of them can be.
                self.one_by_one = True
        return by_row(self.connection, candidates, first, last, limit)

    def at_once(self, statement: str) -> int:
        """Insert a set of rows; how many went in.

        PostgreSQL looks up each foreign key of each row by itself, which takes most of the time. The keys were picked
        from the parents by a join; where no trigger but those has to run, the same is looked at for the whole set.
        """
        if (
            not self.filling.quick
            or self.shape.triggers
            or self.each.closing
            or any(key.full and not key.later for key in self.shape.keys)
        ):
            return self.connection.execute(statement.encode()).rowcount
        with settings(self.connection, session_replication_role="replica"):
            inserted = self.connection.execute(statement.encode()).rowcount
        for key in (each for each in self.shape.keys if not each.later):
            pairs = list(zip(key.columns, key.parent_columns, strict=True))
            same = " AND ".join(f"p.{quoted(theirs)} = c.{quoted(own)}" for own, theirs in pairs)
            there = " AND ".join(f"c.{quoted(own)} IS NOT NULL" for own, _ in pairs)
            parent = self.filling.shapes[key.parent].sql
            orphan = (
                f"SELECT FROM {self.shape.sql} c WHERE {there} AND NOT EXISTS (SELECT FROM {parent} p WHERE {same})"
            )
            if self.connection.execute(f"{orphan} LIMIT 1".encode()).fetchone() is not None:
                raise psycopg.errors.ForeignKeyViolation(key.name)
        return inserted
