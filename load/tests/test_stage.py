"""The databases of a run: statements are counted, the money is checked, a server that is not durable is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import psycopg
import pytest

from fixtures.postgres import PostgresError, open_server
from load import stage
from load.fire import Volley
from load.statement import pgbench_script, wallet_id

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.postgres import PostgresServer

TABLES = """
CREATE TABLE tenant (id text, slug text);
INSERT INTO tenant VALUES ('tnt_1', 'dakkah');
CREATE TABLE customer (id text, tenant_id text, email text, created_at timestamptz, updated_at timestamptz);
CREATE TABLE wallet (id text, tenant_id text, customer_id text, currency text, balance numeric,
                     created_at timestamptz, updated_at timestamptz);
CREATE TABLE wallet_transaction (wallet_id text, amount numeric);
CREATE TABLE outbox (type text)
"""
LOG = b"""2026-03-01 12:00:00.000 UTC [10] LOG:  statement: BEGIN;
2026-03-01 12:00:00.001 UTC [10] LOG:  execute __asyncpg_stmt_1__: WITH moved AS (
\tUPDATE wallet SET balance = 1)
\tSELECT 'LOG:  text'
2026-03-01 12:00:00.001 UTC [10] DETAIL:  Parameters: $1 = 'statement: '
2026-03-01 12:00:00.002 UTC [10] LOG:  execute <unnamed>: COMMIT
2026-03-01 12:00:00.003 UTC [11] LOG:  checkpoint starting: time
"""


@pytest.fixture
def filled(database: str) -> str:
    """The URL of a database with three wallets."""
    with psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(TABLES)
    assert stage.fill(database, "dakkah", 3) == "tnt_1"
    return database


def _move(url: str, *, row: str = "-0.01", balance: str = "-0.01", events: int = 1) -> None:
    with psycopg.connect(url) as connection:
        wallet = wallet_id(1)
        connection.execute("INSERT INTO wallet_transaction VALUES (%s, %s)", [wallet, Decimal(row)])
        connection.execute("UPDATE wallet SET balance = balance + %s WHERE id = %s", [Decimal(balance), wallet])
        connection.execute("INSERT INTO outbox SELECT 'wallet.debited' FROM generate_series(1, %s)", [events])


def test_counts_each_statement_once(tmp_path: Path) -> None:
    """BEGIN, COMMIT and a statement of many lines are three; parameters, texts and checkpoints are none."""
    log = tmp_path / "log"
    log.write_bytes(LOG)
    assert stage._count_executed(log, 0) == 3
    assert stage._count_executed(log, LOG.index(b"2026-03-01 12:00:00.002")) == 1


def test_the_money_is_right(filled: str) -> None:
    """A debit with its row and its event leaves the money right."""
    _move(filled)
    audit = stage.audit(filled, accepted=1)
    assert (audit.wrong_wallets, audit.ledger_rows, audit.events) == (0, 1, 1)
    assert audit.is_right


@pytest.mark.parametrize("wrong", [{"balance": "-0.02"}, {"row": "-0.02"}, {"events": 0}])
def test_the_money_is_wrong(filled: str, wrong: dict[str, str]) -> None:
    """A balance that is not its ledger, or a debit without its event, is found."""
    _move(filled, **wrong)  # type: ignore[arg-type]
    assert not stage.audit(filled, accepted=1).is_right


def test_a_missing_debit_is_found(filled: str) -> None:
    """A debit that was accepted and is in no ledger is found."""
    assert not stage.audit(filled, accepted=1).is_right


def test_an_unknown_tenant_is_an_error(database: str) -> None:
    """Wallets can't be made for a tenant that is not there."""
    with psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(TABLES)
    with pytest.raises(stage.HarnessFailed, match="no tenant riyadh"):
        stage.fill(database, "riyadh", 1)


def test_only_a_durable_server_will_do(postgres: PostgresServer) -> None:
    """A server that acknowledges commits before they are safe is refused, and the setting is named."""
    with pytest.raises(PostgresError, match="fsync off"):
        stage.check_durable(postgres)


def test_the_embedded_server_will_do() -> None:
    """The server that a run starts for itself is durable and shows statements in full."""
    with open_server(durable=True, settings=stage.SETTINGS) as server:
        stage.check_durable(server)


def test_refused_debits_can_not_be_counted() -> None:
    """When a debit is refused while its statements are counted, the run ends with what the server said."""
    with pytest.raises(stage.HarnessFailed, match=r"Of 2 debits 1 were accepted, 0 unanswered: HTTP/1.1 400"):
        stage._expect_accepted(Volley(1.0, {200: 1, 400: 1}, [], 0.1, refusal="HTTP/1.1 400 Bad Request"), 2)


def test_every_parameter_becomes_an_expression() -> None:
    """For pgbench no numbered parameter is left, casts stay, and text is quoted."""
    script = pgbench_script("SELECT $1, $10, $2::text, $3::numeric", "it's", 100)
    assert script.startswith("\\set wallet random(0, 99)\n")
    assert "SELECT ('wal_' || lpad(:wallet, 26, '0')), NULL::text, 'it''s'::text, (-0.01)::numeric;" in script
