"""Revisions under traffic: who waits is told with what held it up, and nobody waits for the safe forms."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

import suites.migrations
from fixtures.exits import Exit, UsageError
from suites.migrations.commands.locks import run
from suites.migrations.commands.sources import Source
from suites.migrations.histories.sql import SqlHistory
from suites.migrations.locks.measure import Options, findings, measure
from suites.migrations.locks.remedies import remedy
from suites.migrations.rows.requests import reading, writing
from suites.migrations.rows.tables import shapes

if TYPE_CHECKING:
    from fixtures.postgres import PostgresServer
    from suites.migrations.locks.measure import Locked

EXAMPLES = Path(suites.migrations.__file__).parent / "examples" / "locks"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TABLES = """
CREATE TABLE customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE wallet (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL UNIQUE REFERENCES customer (id),
    balance numeric(14, 3) NOT NULL DEFAULT 0
);
"""
HELD = "SELECT pg_sleep(0.4)"  # what follows the lock in its transaction, however fast the machine


def measured(folder: Path, postgres: PostgresServer, *ups: str, rows: int = 30, **options: object) -> list[Locked]:
    for number, text in enumerate((TABLES, *ups), 1):
        (folder / f"{number:04}_step.up.sql").write_text(text, encoding="utf-8")
    return measure(SqlHistory(folder), postgres, Options(now=NOW, rows=rows, **options))  # type: ignore[arg-type]


def rules(done: Locked) -> list[str]:
    return [each.rule for each in done.findings]


def test_who_holds_a_lock_for_long(tmp_path: Path, postgres: PostgresServer) -> None:
    """Reads and writes that waited are findings with the table, the line and the statement that ran meanwhile."""
    up = f"\nALTER TABLE wallet ADD COLUMN note text;\n{HELD};"
    done = measured(tmp_path, postgres, up, longest_block_ms=150)[1]
    assert rules(done) == ["locks/blocks-reads", "locks/blocks-writes"]
    (table,) = done.tables
    assert (table.name, table.mode, table.rewritten, table.rows) == ("wallet", "AccessExclusiveLock", False, 30)
    assert min(table.reads.blocked, table.writes.blocked) > 150
    first = done.findings[0]
    assert (first.revision, first.file.name, first.line) == ("0002_step", "0002_step.up.sql", 3)
    assert "wallet" in first.says
    assert HELD in first.says
    assert first.remedy


def test_a_lock_that_stops_writers_only(tmp_path: Path, postgres: PostgresServer) -> None:
    """Reads go on while an index is made, and are no finding."""
    done = measured(tmp_path, postgres, f"CREATE INDEX ON wallet (balance); {HELD};", longest_block_ms=150)[1]
    assert rules(done) == ["locks/blocks-writes"]
    assert done.tables[0].mode == "ShareLock"
    assert done.tables[0].reads.blocked == 0


def test_the_same_without_a_lock(tmp_path: Path, postgres: PostgresServer) -> None:
    """However long a revision takes, nobody waits when it holds nothing."""
    up = f"CREATE INDEX CONCURRENTLY ON wallet (balance); {HELD};"
    done = measured(tmp_path, postgres, up, longest_block_ms=150)[1]
    assert not done.findings
    assert done.tables[0].mode == "ShareUpdateExclusiveLock"
    assert min(done.tables[0].reads.requests, done.tables[0].writes.requests) > 1


def test_blocking_forms_and_their_safe_ones(postgres: PostgresServer) -> None:
    """On one table in one run, nobody waits for a safe form a part of what all wait for the blocking one."""
    history = SqlHistory(EXAMPLES)
    done = {each.revision.id[5:]: each for each in measure(history, postgres, Options(now=NOW, rows=100_000))}
    for change, rewritten in (("amount", True), ("index", False), ("token", True)):
        blocking, safe = done[f"{change}_blocking"], done[f"{change}_safe"]
        assert [table.rewritten for table in (*blocking.tables, *safe.tables)] == [rewritten, False]
        limit = blocking.tables[0].writes.blocked * 0.75
        assert limit > 0, change
        assert "locks/blocks-writes" in [each.rule for each in findings(blocking.revision, blocking.tables, limit)]
        assert not findings(safe.revision, safe.tables, limit), safe.tables


def test_what_no_longer_fits_is_counted_apart(tmp_path: Path, postgres: PostgresServer) -> None:
    """A statement that names a column which is gone is neither hidden nor called blocked."""
    (table,) = measured(tmp_path, postgres, "ALTER TABLE wallet RENAME COLUMN balance TO amount;")[1].tables
    reads, writes = table.reads, table.writes
    assert "balance" in reads.broken_by
    assert reads.broken + writes.broken > 1
    assert reads.failed + writes.failed == 0


def test_only_some_revisions(tmp_path: Path, postgres: PostgresServer) -> None:
    """The others run too, but nothing is measured of them."""
    ups = [f"ALTER TABLE wallet ADD COLUMN c{number} int;" for number in range(3)]
    done = measured(tmp_path, postgres, *ups, only=["0003_step"])
    assert [each.revision.id for each in done] == ["0003_step"]


def test_a_revision_that_is_refused(tmp_path: Path, postgres: PostgresServer) -> None:
    """It is the last one, and its finding says what PostgreSQL said."""
    done = measured(tmp_path, postgres, "ALTER TABLE wallet ADD COLUMN v int NOT NULL;", "SELECT 1;")
    assert [rules(each) for each in done] == [[], ["not-null-over-rows"]]


def test_tables_of_keys_alone(tmp_path: Path, postgres: PostgresServer) -> None:
    """A table without a column that may be set is written too, and one without a key is read by place."""
    link = "CREATE TABLE link (one int, other int, PRIMARY KEY (one, other)); CREATE TABLE bare (a int);"
    lock = "LOCK TABLE link IN SHARE MODE; LOCK TABLE bare IN SHARE MODE;"
    done = measured(tmp_path, postgres, link, f"{lock} {HELD};", longest_block_ms=150)[2]
    assert rules(done) == ["locks/blocks-writes", "locks/blocks-writes"]
    assert [table.reads.failed + table.writes.failed + table.reads.broken for table in done.tables] == [0, 0]


def test_names_that_need_quotes(postgres: PostgresServer) -> None:
    """Requests name tables and columns as they are, with signs that mean something to the driver."""
    with postgres.fresh("names") as url, psycopg.connect(url) as connection:
        connection.execute('CREATE TABLE "or""der" ("100%" int PRIMARY KEY, "Mixed" text)')
        shape = shapes(connection)['or"der']
        for statement in (reading(shape), *writing(shape)):
            connection.execute(statement.encode(), ["1"])


def test_a_revision_that_never_ends_is_ended(tmp_path: Path, postgres: PostgresServer) -> None:
    """Behind its deadline its connection is closed, and that is its finding."""
    up = "LOCK TABLE wallet; SELECT pg_sleep(CASE WHEN count(*) > 50 THEN 600 ELSE 0 END) FROM wallet;"
    done = measured(tmp_path, postgres, up, rows=60, revision_s=1.0)[1:]
    assert [rules(each) for each in done] == [["refused"]]


def test_a_table_whose_rows_never_change(tmp_path: Path, postgres: PostgresServer) -> None:
    """Where a trigger forbids to change a row, one is written once more, in vain: it is not the revision's doing."""
    ledger = """
        CREATE TABLE ledger (id int PRIMARY KEY, amount int);
        CREATE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;
        CREATE TRIGGER never BEFORE UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION never();
    """
    up = f"LOCK TABLE ledger; {HELD};"
    (table,) = measured(tmp_path, postgres, ledger, up, longest_block_ms=150)[2].tables
    assert table.writes.blocked > 150
    assert (table.writes.broken, table.writes.failed) == (0, 0)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("CREATE INDEX i ON wallet (a)", "CONCURRENTLY"),
        ("ALTER TABLE wallet ALTER COLUMN a TYPE bigint", "in batches"),
        ("ALTER TABLE wallet ADD CONSTRAINT c CHECK (a > 0)", "NOT VALID"),
        ("ALTER TABLE wallet ALTER COLUMN a SET NOT NULL", "IS NOT NULL"),
        ("ALTER TABLE wallet ADD UNIQUE (a)", "USING INDEX"),
        ("UPDATE wallet SET a = 1", "batches"),
        ("SELECT pg_sleep(1)", "lock last"),
        ("cut off in its mid", "lock last"),
    ],
)
def test_remedies(statement: str, words: str) -> None:
    """Each kind of statement has the form that keeps nobody waiting."""
    assert words in remedy(statement, rewritten=False)


def asked(folder: Path, postgres: PostgresServer, *, only: str | None = None, longest_block_ms: int = 60_000) -> int:
    return run(
        Source(sql=folder), only=only, rows=50, longest_block_ms=longest_block_ms, seed=0,
        database_url=postgres.url(), major=None, waivers=folder / "waivers.toml", as_json=True,
    )  # fmt: skip


def test_the_command(tmp_path: Path, postgres: PostgresServer, capsys: pytest.CaptureFixture[str]) -> None:
    """It ends with 0 when nobody waited for long, with JSON alone on standard output."""
    (tmp_path / "1_a.up.sql").write_text(TABLES, encoding="utf-8")
    (tmp_path / "2_b.up.sql").write_text("ALTER TABLE wallet ADD COLUMN note text;", encoding="utf-8")
    assert asked(tmp_path, postgres) == Exit.RELEASE
    told = json.loads(capsys.readouterr().out)
    assert [len(each["tables"]) for each in told["revisions"]] == [0, 1]
    assert told["revisions"][1]["tables"][0]["mode"] == "AccessExclusiveLock"
    assert asked(tmp_path, postgres, only="1_a") == Exit.NOTHING_RAN


def test_the_command_has_a_finding(
    tmp_path: Path, postgres: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends with 1 when somebody waited for too long, and prints who and why; a waiver lets it be."""
    (tmp_path / "1_a.up.sql").write_text(TABLES, encoding="utf-8")
    (tmp_path / "2_b.up.sql").write_text(f"LOCK TABLE wallet; {HELD};", encoding="utf-8")
    assert asked(tmp_path, postgres, longest_block_ms=100) == Exit.BLOCKED
    said = capsys.readouterr()
    assert [each["rule"] for each in json.loads(said.out)["findings"]] == ["locks/blocks-reads", "locks/blocks-writes"]
    assert "AccessExclusiveLock" in said.err
    waiver = '[[waiver]]\nrule = "locks/blocks-{}"\nrevision = "2_b"\nowner = "w"\nreason = "r"\nexpires = 2999-01-01\n'
    (tmp_path / "waivers.toml").write_text(waiver.format("reads") + waiver.format("writes"), encoding="utf-8")
    assert asked(tmp_path, postgres, longest_block_ms=100) == Exit.RELEASE
    assert "waived by w" in capsys.readouterr().err


def test_a_revision_that_is_not_there(tmp_path: Path, postgres: PostgresServer) -> None:
    """The mistake is told with the names of the last ones."""
    (tmp_path / "1_a.up.sql").write_text(TABLES, encoding="utf-8")
    with pytest.raises(UsageError, match="no such revision; the last ones are 1_a"):
        asked(tmp_path, postgres, only="2_b")
