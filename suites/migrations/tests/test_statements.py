"""What a statement does, read from its text."""

from __future__ import annotations

import pytest

from suites.migrations.statements.read import Lock, read, read_all

TABLES = [
    ("CREATE TABLE wallet (id text)", "create table", {"creates": {"wallet"}}),
    ("CREATE TABLE public.wallet (id text)", "create table", {"creates": {"wallet"}}),
    ("CREATE TABLE IF NOT EXISTS app.wallet (id text)", "create table", {"creates": {"app.wallet"}}),
    ('CREATE TABLE "Wallet" (id text)', "create table", {"creates": {"Wallet"}}),
    ("CREATE TABLE محفظة (id text)", "create table", {"creates": {"محفظة"}}),
    (
        "CREATE TABLE a (b text REFERENCES x (y), FOREIGN KEY (b) REFERENCES z)",
        "create table",
        {"creates": {"a"}, "refers": {"x", "z"}},
    ),
    ("CREATE TABLE a (LIKE b)", "create table", {"creates": {"a"}, "reads": {"b"}}),
    ("CREATE TABLE p PARTITION OF t FOR VALUES IN (1)", "create table", {"creates": {"p"}, "alters": {"t"}}),
    ("CREATE FOREIGN TABLE f (a int) SERVER s", "create foreign table", {"creates": {"f"}}),
    ("CREATE TABLE a AS SELECT * FROM b", "create table as", {"creates": {"a"}, "reads": {"b"}}),
    ("SELECT * INTO a FROM b", "create table as", {"creates": {"a"}, "reads": {"b"}}),
    ("CREATE TEMP TABLE a AS SELECT * FROM b", "create table as", {"reads": {"b"}}),
    ("CREATE MATERIALIZED VIEW m AS SELECT * FROM b", "create table as", {"reads": {"b"}}),
    ("CREATE VIEW v AS SELECT * FROM b", "create view", {"reads": {"b"}}),
    ("DROP TABLE IF EXISTS a.b, public.c CASCADE", "drop table", {"drops": {"a.b", "c"}}),
    ("DROP SCHEMA app CASCADE", "drop schema", {"drops": {"app.*"}}),
    ("DROP INDEX i", "drop index", {}),
    ("DROP TRIGGER t ON s.a", "drop trigger", {"alters": {"s.a"}}),
    ("ALTER TABLE a ADD COLUMN b int REFERENCES q (id)", "alter table", {"alters": {"a"}, "refers": {"q"}}),
    ("ALTER TABLE a RENAME TO b", "rename table", {"alters": {"a"}, "renames": {"a": "b"}}),
    ("ALTER TABLE a RENAME COLUMN b TO c", "rename column", {"alters": {"a"}}),
    ("ALTER TABLE a RENAME CONSTRAINT b TO c", "rename constraint", {"alters": {"a"}}),
    ("ALTER VIEW v RENAME TO w", "rename view", {}),
    ("ALTER VIEW v RENAME COLUMN a TO b", "rename column", {}),
    ("ALTER TABLE a SET SCHEMA q", "alter object schema", {"alters": {"a"}, "renames": {"a": "q.a"}}),
    ("CREATE INDEX i ON ONLY a (b)", "create index", {"alters": {"a"}}),
    ("CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()", "create trigger", {"alters": {"a"}}),
    ("COMMENT ON COLUMN s.a.b IS 'x'", "comment", {"alters": {"s.a"}}),
    ("INSERT INTO a SELECT * FROM b", "insert", {"writes": {"a"}, "reads": {"b"}}),
    ("UPDATE a SET b = c.b FROM c WHERE a.id IN (SELECT id FROM d)", "update", {"writes": {"a"}, "reads": {"c", "d"}}),
    ("DELETE FROM a USING b WHERE a.id = b.id", "delete", {"writes": {"a"}, "reads": {"b"}}),
    ("MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN DELETE", "merge", {"writes": {"a"}, "reads": {"b"}}),
    (
        "WITH a AS (SELECT 1 FROM b) INSERT INTO c SELECT * FROM a, s.d",
        "insert",
        {"writes": {"c"}, "reads": {"b", "s.d"}},
    ),
    ("WITH a AS (SELECT * FROM a) SELECT * FROM a", "select", {"reads": {"a"}}),
    ("WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone", "insert", {"writes": {"a", "b"}}),
    ("SELECT 1 FROM a AS w FOR UPDATE OF w", "select", {"reads": {"a"}}),
    ("SELECT 1 FROM pg_class, information_schema.tables", "select", {}),
    ("TRUNCATE a, b", "truncate", {"writes": {"a", "b"}}),
    ("COPY a FROM STDIN", "copy", {"writes": {"a"}}),
    ("CREATE TYPE e AS ENUM ('a')", "create type", {}),
    ("SET LOCAL lock_timeout = '5s'", "set", {}),
]


@pytest.mark.parametrize(("text", "kind", "does"), TABLES, ids=[text[:48] for text, *_ in TABLES])
def test_tables(text: str, kind: str, does: dict[str, object]) -> None:
    """A statement's kind, and the tables that it makes, drops, alters, reads, writes, refers to and renames."""
    (statement,) = read(text)
    names = ("creates", "drops", "alters", "reads", "writes", "refers", "renames")
    assert statement.kind == kind
    assert {name: getattr(statement, name) for name in names if getattr(statement, name)} == does
    assert not statement.not_read


LOCKS = [
    ("ALTER TABLE a ADD COLUMN b int", {"a": Lock.ACCESS_EXCLUSIVE}),
    ("ALTER TABLE a VALIDATE CONSTRAINT c", {"a": Lock.SHARE_UPDATE_EXCLUSIVE}),
    ("ALTER TABLE a VALIDATE CONSTRAINT c, DROP COLUMN d", {"a": Lock.ACCESS_EXCLUSIVE}),
    (
        "ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d NOT VALID",
        {"a": Lock.SHARE_ROW_EXCLUSIVE, "d": Lock.SHARE_ROW_EXCLUSIVE},
    ),
    ("ALTER TABLE a DISABLE TRIGGER ALL", {"a": Lock.SHARE_ROW_EXCLUSIVE}),
    ("CREATE TABLE a (b text REFERENCES d)", {"d": Lock.SHARE_ROW_EXCLUSIVE}),
    ("CREATE INDEX i ON a (b)", {"a": Lock.SHARE}),
    ("CREATE INDEX CONCURRENTLY i ON a (b)", {"a": Lock.SHARE_UPDATE_EXCLUSIVE}),
    ("DROP TABLE a", {"a": Lock.ACCESS_EXCLUSIVE}),
    ("TRUNCATE a", {"a": Lock.ACCESS_EXCLUSIVE}),
    ("VACUUM FULL a", {"a": Lock.ACCESS_EXCLUSIVE}),
    ("ANALYZE a", {"a": Lock.SHARE_UPDATE_EXCLUSIVE}),
    ("LOCK TABLE a IN SHARE MODE", {"a": Lock.SHARE}),
    ("UPDATE a SET b = 1 FROM c", {"a": Lock.ROW_EXCLUSIVE, "c": Lock.ACCESS_SHARE}),
]


@pytest.mark.parametrize(("text", "locks"), LOCKS, ids=[text[:48] for text, _ in LOCKS])
def test_locks(text: str, locks: dict[str, Lock]) -> None:
    """The strongest lock that a statement takes on each table."""
    assert read(text)[0].locks == locks


@pytest.mark.parametrize(
    ("text", "outside"),
    [
        ("CREATE INDEX CONCURRENTLY i ON a (b)", True),
        ("CREATE INDEX i ON a (b) -- not CONCURRENTLY", False),
        ("DROP INDEX CONCURRENTLY i", True),
        ("REINDEX TABLE CONCURRENTLY a", True),
        ("REINDEX SCHEMA s", True),
        ("REINDEX INDEX i", False),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", True),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY m", False),
        ("VACUUM a", True),
        ("ANALYZE a", False),
        ("ALTER TYPE e ADD VALUE 'x'", False),
        ("CREATE DATABASE d", True),
    ],
)
def test_outside(text: str, outside: bool) -> None:
    """Whether PostgreSQL refuses a statement in a transaction."""
    assert read(text)[0].outside is outside


def test_block_is_read_as_far_as_it_is_written_out() -> None:
    """Of a DO block its statements count, also a constant EXECUTE; one put together is named as not read."""
    (block,) = read(
        "DO $$ DECLARE r record; BEGIN IF true THEN ALTER TABLE a ADD COLUMN b int; END IF;"
        " EXECUTE 'DROP TABLE c'; FOR r IN SELECT * FROM d LOOP EXECUTE format('DROP TABLE %I', r.x); END LOOP; END $$"
    )
    assert block.kind == "do"
    assert [*block.alters, *block.drops, *block.reads] == ["a", "c", "d"]
    assert block.not_read == "EXECUTE format('DROP TABLE %I', r.x)"
    assert [each.kind for each in block.flat] == ["alter table", "drop table", "select", "do"]


@pytest.mark.parametrize("text", ["CALL fill()", "DO LANGUAGE plperl $$ 1 $$", "DO $$ no plpgsql $$", "no SQL"])
def test_what_cannot_be_read_is_named(text: str) -> None:
    """A procedure, another language, and what the parser refuses say why they are not read."""
    (statement,) = read(text)
    assert statement.not_read
    assert not statement.touches


def test_parameters_of_the_driver() -> None:
    """A statement with psycopg's parameters is read, and keeps its text."""
    (statement,) = read("INSERT INTO a (b, c) VALUES (%(b)s::VARCHAR, %s)")
    assert statement.writes == {"a"}
    assert "%(b)s" in statement.text


def test_several_statements_in_one_text() -> None:
    """Each has its own part of the text, also behind letters of more than one byte."""
    first, second, third = read_all(["SELECT 'é'; DROP TABLE ü;", "-- note\nDROP TABLE b"])
    assert (first.text, second.text) == ("SELECT 'é'", "DROP TABLE ü")
    assert third.drops == {"b"}
