"""The databases of a run: the wallets, the statement that a debit is, how many it takes, and the money at the end."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fixtures.postgres import PostgresError
from load.debits import debits, log_in
from load.fire import UNANSWERED, Volley, fire
from load.statement import wallet_id

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.postgres import PostgresServer
    from fixtures.reference import Reference

START_BALANCE = 1_000_000
COUNTED = 200
"""Debits whose statements are counted, once spread over the wallets and once on a single one."""
_FIRST = 20  # after the first five on a connection PostgreSQL may choose a plan for good

SETTINGS = {
    "track_activity_query_size": "16384",  # bytes, so that the statement can be read in full
    # No checkpoint falls into the window of one arm alone.
    "checkpoint_timeout": "1h",
    "max_wal_size": "8GB",
}
"""What the embedded server is started with besides the defaults, which are durable."""

_EXECUTED = re.compile(rb"LOG:  (?:execute [^:\n]+|statement): ")  # what log_statement writes, once per statement

_FILL = """
INSERT INTO customer (id, tenant_id, email, created_at, updated_at)
SELECT 'cus_' || lpad(n::text, 26, '0'), tenant.id, 'load-' || n || '@example.com', now(), now()
FROM generate_series(0, %(wallets)s - 1) AS n, tenant WHERE tenant.slug = %(slug)s;
INSERT INTO wallet (id, tenant_id, customer_id, currency, balance, created_at, updated_at)
SELECT 'wal_' || lpad(n::text, 26, '0'), tenant.id, 'cus_' || lpad(n::text, 26, '0'), 'usd', %(balance)s, now(), now()
FROM generate_series(0, %(wallets)s - 1) AS n, tenant WHERE tenant.slug = %(slug)s;
CREATE TABLE balance_before AS SELECT id, balance FROM wallet;
ANALYZE customer; ANALYZE wallet
"""

_AUDIT = """
SELECT (SELECT count(*) FROM wallet LEFT JOIN balance_before AS before USING (id)
        LEFT JOIN (SELECT wallet_id AS id, sum(amount) AS moved FROM wallet_transaction GROUP BY 1) AS ledger USING (id)
        WHERE wallet.balance <> coalesce(before.balance, 0) + coalesce(ledger.moved, 0)),
       (SELECT count(*) FROM wallet_transaction),
       (SELECT count(*) FROM outbox WHERE type = 'wallet.debited')
"""


class HarnessFailed(Exception):
    """The benchmark can't measure; the message says why."""


@dataclass(frozen=True)
class Statement:
    """What a debit is, and how many statements PostgreSQL logged for one (None: its log is out of reach)."""

    sql: str
    tenant: str
    debits: int  # that were made to learn it
    spread: float | None
    hot: float | None


@dataclass(frozen=True)
class Audit:
    """The money of one database at the end. `accepted` were answered with success, `unanswered` not at all."""

    database: str
    wrong_wallets: int
    ledger_rows: int
    events: int
    accepted: int
    unanswered: int

    @property
    def is_right(self) -> bool:
        """Every balance is its start and its ledger, and there is one row and one event for each accepted debit."""
        answered_or_lost = self.accepted <= self.ledger_rows <= self.accepted + self.unanswered
        return self.wrong_wallets == 0 and answered_or_lost and self.events == self.ledger_rows


def name_of(url: str) -> str:
    """The name of the database in a URL."""
    return urlsplit(url).path.lstrip("/")


def check_durable(server: PostgresServer) -> None:
    """Raises PostgresError when a commit on this server would not survive a crash, or its statements can't be read."""
    with server.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            found = connection.execute("SELECT current_setting(%s)", [setting]).fetchone()
            if found != ("on",):
                raise PostgresError(f"The server has {setting} off; durable commits are to be measured: switch it on.")
        size = connection.execute(
            "SELECT setting::int FROM pg_settings WHERE name = 'track_activity_query_size'"
        ).fetchone()
    if size is None or size[0] < 4096:
        raise PostgresError("The server cuts off statements; set track_activity_query_size to 4096 or more.")


def log_statements(server: PostgresServer, database: str, on: bool) -> None:
    """Have PostgreSQL log every statement of new sessions of a database, or no longer."""
    from psycopg import sql

    change = sql.SQL("SET log_statement = 'all'" if on else "RESET log_statement")
    with server.connect() as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} ").format(sql.Identifier(database)) + change)


def fill(url: str, slug: str, wallets: int) -> str:
    """Make the wallets in the tenant `slug`, and remember their balances; the tenant's id."""
    import psycopg

    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(_FILL, {"wallets": wallets, "slug": slug, "balance": START_BALANCE})
        found = connection.execute("SELECT id FROM tenant WHERE slug = %s", [slug]).fetchone()
    if found is None:
        raise HarnessFailed(f"The reference implementation's seed has no tenant {slug}.")
    return str(found[0])


def learn(server: PostgresServer, reference: Reference, tenant: str, *, wallets: int, connections: int) -> Statement:
    """Send a few debits and read from PostgreSQL what they were; then count what 200 spread and 200 hot ones take.

    The reference implementation must run without its relay, on a database that logs its statements.
    """
    token = log_in(reference)
    port = urlsplit(reference.base_url).port or 0

    def send(count: int, over: int, label: str) -> None:
        requests = debits(port, token, [wallet_id(number) for number in range(over)], label)
        volley = fire(port, requests, connections=connections, seconds=60, requests_max=count)
        _expect_accepted(volley, count)

    send(_FIRST, wallets, "first")
    sql = _statement_of(server, name_of(reference.database_url))
    counts: list[float | None] = []
    for over, label in ((wallets, "counted"), (1, "counted-hot")):
        before = _log_size(server.log)
        send(COUNTED, over, label)
        counts.append(None if server.log is None else _count_executed(server.log, before) / COUNTED)
    return Statement(sql, tenant, _FIRST + 2 * COUNTED, *counts)


def audit(url: str, *, accepted: int, unanswered: int = 0) -> Audit:
    """Look at the money of one database; `accepted` debits were answered with success."""
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute(_AUDIT).fetchone()
    assert row is not None
    wrong, rows, events = row
    return Audit(name_of(url), wrong, rows, events, accepted, unanswered)


def _expect_accepted(volley: Volley, count: int) -> None:
    if volley.accepted != count:
        lost = volley.statuses.get(UNANSWERED, 0)
        raise HarnessFailed(f"Of {count} debits {volley.accepted} were accepted, {lost} unanswered: {volley.refusal}")


def _statement_of(server: PostgresServer, database: str) -> str:
    """The one statement about wallets that the reference implementation's sessions ran last."""
    query = (
        "SELECT DISTINCT query FROM pg_stat_activity "
        "WHERE datname = %s AND application_name = 'cityos' AND query ILIKE '%%wallet%%'"
    )
    with server.connect() as connection:
        found = [str(row[0]) for row in connection.execute(query, [database]).fetchall()]
    if len(found) != 1:
        raise HarnessFailed(f"A debit was expected to be one statement about wallets, PostgreSQL shows {found}")
    return found[0]


def _log_size(log: Path | None) -> int:
    return log.stat().st_size if log is not None else 0


def _count_executed(log: Path, start: int) -> int:
    """Statements that PostgreSQL logged from this byte on."""
    with contextlib.closing(log.open("rb")) as file:
        file.seek(start)
        return len(_EXECUTED.findall(file.read()))
