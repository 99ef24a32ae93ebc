"""How many rows a step wrote, and which tables it wrote anew as a whole: from PostgreSQL's own counters.

Each server process adds what it did to the counters when it ends, or when it is told to (`FLUSH`, PostgreSQL 15). So
who asks waits until the processes of the step are gone; one that stays for longer (a pool of the project's) is not
waited for again, and what it counted may come a step late.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from suites.migrations.catalog.schema import KEPT, qualified

if TYPE_CHECKING:
    import psycopg

FLUSH = "select pg_stat_force_next_flush()"
"""For a connection that stays open between steps: what it did is counted when this statement ends."""
_DEADLINE_S = 1.0
_OTHERS = """
    select pid from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
"""
_COUNTERS = """
    select c.oid::bigint, n.nspname, c.relname, c.relfilenode::bigint, pg_stat_get_tuples_inserted(c.oid)
           + pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', %s)
"""


@dataclass(frozen=True)
class Written:
    """touched: rows inserted, updated and deleted in tables that are still there. rewritten: tables in other files."""

    touched: int
    rewritten: tuple[str, ...]


@dataclass
class Counters:
    """What was counted last, by table."""

    connection: psycopg.Connection[Any]
    without: frozenset[str] = frozenset()
    staying: set[int] = field(default_factory=set)
    counted: dict[int, tuple[int, int]] = field(default_factory=dict)  # its file, and rows

    def begin(self) -> None:
        """From here on it counts; connections that are open now may stay."""
        self.staying |= self._others()
        self.connection.execute(FLUSH)
        self.counted = {oid: (file, rows) for oid, _, file, rows in self._read()}

    def since(self) -> Written:
        """What was written since `begin`."""
        deadline = time.monotonic() + _DEADLINE_S
        while (left := self._others() - self.staying) and time.monotonic() < deadline:
            time.sleep(0.001)
        self.staying |= left
        touched, rewritten = 0, []
        for oid, name, file, rows in self._read():
            old_file, old_rows = self.counted.get(oid, (file, 0))
            touched += rows - old_rows
            if file != old_file:
                rewritten.append(name)
        return Written(touched, tuple(sorted(rewritten)))

    def _others(self) -> set[int]:
        return {int(pid) for (pid,) in self.connection.execute(_OTHERS)}

    def _read(self) -> list[tuple[int, str, int, int]]:
        found = [
            (oid, qualified(space, name), file, rows)
            for oid, space, name, file, rows in self.connection.execute(_COUNTERS, [KEPT])
        ]
        return [each for each in found if each[1] not in self.without]
