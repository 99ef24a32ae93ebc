"""What a step locked: every kind of history tells it the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from suites.migrations.histories.alembic import AlembicHistory
from suites.migrations.histories.executed import Executed
from suites.migrations.histories.sql import SqlHistory
from suites.migrations.mikro.history import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fixtures.postgres import PostgresServer

TABLES = """
CREATE SCHEMA billing;
CREATE TABLE wallet (id int PRIMARY KEY, owner text);
CREATE TABLE billing.invoice (id int PRIMARY KEY, wallet_id int);
CREATE INDEX ix_wallet_owner ON wallet (owner);
INSERT INTO wallet VALUES (1, 'A');
"""
KEY = "ALTER TABLE billing.invoice ADD CONSTRAINT fk FOREIGN KEY (wallet_id) REFERENCES wallet (id)"
ENV = """
from alembic import context
from sqlalchemy import create_engine
engine = create_engine(context.config.attributes["url"].replace("postgresql://", "postgresql+psycopg://", 1))
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
"""
ALEMBIC = """
from alembic import op
revision, down_revision = "a", None
def upgrade():
    {}
"""


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[str]:
    with postgres.fresh("executed") as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TABLES.encode())
        yield url


def of_sql(folder: Path, url: str, text: str) -> Executed:
    (folder / "1_a.up.sql").write_text(text, encoding="utf-8")
    history = SqlHistory(folder)
    ran = history.up(url, history.revisions[0])
    assert isinstance(ran, Executed)
    return ran


def of_alembic(folder: Path, url: str, body: str) -> Executed:
    (folder / "versions").mkdir()
    (folder / "env.py").write_text(ENV, encoding="utf-8")
    (folder / "versions" / "a.py").write_text(ALEMBIC.format(body), encoding="utf-8")
    history = AlembicHistory(folder)
    ran = history.up(url, history.revisions[0])
    assert isinstance(ran, Executed)
    return ran


def of_mikro(folder: Path, url: str, text: str) -> Executed:
    migrations = folder / "src" / "modules" / "wallet" / "migrations"
    migrations.mkdir(parents=True)
    source = (
        "import { Migration } from '@mikro-orm/migrations'\nexport class Migration20250101000000 extends Migration {\n"
        f"  async up() {{ this.addSql(`{text}`) }}\n  async down() {{ this.addSql(`select 1`) }}\n}}\n"
    )
    (migrations / "Migration20250101000000.ts").write_text(source, encoding="utf-8")
    history = load(folder)
    ran = history.up(url, history.revisions[0])
    assert isinstance(ran, Executed)
    return ran


LOCKED = (("billing.invoice", "ShareRowExclusiveLock"), ("wallet", "ShareRowExclusiveLock"))


def test_a_transaction_tells_what_it_held_at_its_end(tmp_path: Path, database: str) -> None:
    """Tables of other schemas have their schema's name, and what a foreign key drags in is there too."""
    assert of_sql(tmp_path, database, f"CREATE TABLE own (id int); {KEY};").locks == LOCKED


def test_alembic_tells_the_same(tmp_path: Path, database: str) -> None:
    """The connection that Alembic migrates on is asked before it commits."""
    assert of_alembic(tmp_path, database, f"op.execute('{KEY}')").locks == LOCKED


def test_mikro_orm_tells_the_same(tmp_path: Path, database: str) -> None:
    """Its table of migrations is no table of anybody's."""
    assert of_mikro(tmp_path, database, KEY).locks == LOCKED


@pytest.mark.parametrize(
    ("statement", "mode"),
    [
        ("CREATE INDEX CONCURRENTLY ix_wallet_new ON wallet (owner)", "ShareUpdateExclusiveLock"),
        ("DROP INDEX CONCURRENTLY ix_wallet_owner", "ShareUpdateExclusiveLock"),
        ("REINDEX INDEX CONCURRENTLY ix_wallet_owner", "ShareUpdateExclusiveLock"),
        ("VACUUM FULL wallet", "AccessExclusiveLock"),
    ],
)
def test_outside_of_transactions_the_kind_of_statement_tells(
    statement: str, mode: str, tmp_path: Path, database: str
) -> None:
    """Of what PostgreSQL runs in no transaction the lock is known by its documentation."""
    assert of_sql(tmp_path, database, f"{statement};").locks == (("wallet", mode),)


def test_a_new_value_of_an_enum_locks_no_table(tmp_path: Path, database: str) -> None:
    """ALTER TYPE … ADD VALUE leaves tables alone."""
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('good'); ALTER TABLE wallet ADD COLUMN mood mood")
    assert of_sql(tmp_path, database, "ALTER TYPE mood ADD VALUE 'bad';").locks == ()


def test_transactions_that_alembic_is_told_in_words(tmp_path: Path, database: str) -> None:
    """Batches between BEGIN and COMMIT in an autocommit block are asked at their COMMIT: a trigger's table counts."""
    with psycopg.connect(database) as connection:
        connection.execute("""
            CREATE FUNCTION billed() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO billing.invoice VALUES (1, NEW.id); RETURN NEW; END $$;
            CREATE TRIGGER billed AFTER UPDATE ON wallet FOR EACH ROW EXECUTE FUNCTION billed();
        """)
    body = (
        "with op.get_context().autocommit_block():\n"
        "        for each in ('BEGIN', 'UPDATE wallet SET owner = NULL', 'COMMIT'): op.execute(each)"
    )
    ran = of_alembic(tmp_path, database, body)
    assert ran.locks == (("billing.invoice", "RowExclusiveLock"), ("wallet", "RowExclusiveLock"))
    assert set(ran.transactions) == {None}


@pytest.mark.parametrize("mark", ["-- migrate:up transaction:false", "-- +goose NO TRANSACTION\n-- +goose Up"])
def test_a_file_that_wants_no_transaction(mark: str, tmp_path: Path, database: str) -> None:
    """As dbmate and goose say it: each statement is committed by itself, and a block may commit in its middle."""
    text = f"{mark}\nDO $$ BEGIN UPDATE wallet SET owner = 'B'; COMMIT; END $$;\n"
    (tmp_path / "1_a.sql").write_text(text, encoding="utf-8")
    history = SqlHistory(tmp_path)
    ran = history.up(database, history.revisions[0])
    assert isinstance(ran, Executed)
    assert (ran.transactions, ran.locks) == ((None,), (("wallet", "RowExclusiveLock"),))


def test_parts_that_ran_one_after_the_other() -> None:
    """Each keeps its transactions apart from the others', and of two locks the stronger one stays."""
    first = Executed([("a", 0), ("b", None)], [("wallet", "AccessExclusiveLock"), ("customer", "ShareLock")])
    both = Executed.joined([first, Executed([("c", 0)], [("wallet", "RowExclusiveLock")])])
    assert (both, both.transactions) == (("a", "b", "c"), (0, None, 1))
    assert both.locks == (("customer", "ShareLock"), ("wallet", "AccessExclusiveLock"))
