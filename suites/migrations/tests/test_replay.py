"""The replayer: bad histories are found out, each by its own rule, and good ones are left alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from suites.migrations.histories.base import HistoryError
from suites.migrations.histories.sql import SqlHistory
from suites.migrations.replay import DOWN, UP, Options, replay
from suites.migrations.tests.bad import CARD_KEY, CARDS, DROP_CARD_KEY, GOOD, HISTORIES, Bad, second

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.postgres import PostgresServer
    from suites.migrations.histories.base import Finding
    from suites.migrations.replay import Replay

OPTIONS = Options(datetime(2026, 11, 22, tzinfo=UTC), rows=60)


def judged(folder: Path, postgres: PostgresServer) -> list[Finding]:
    try:
        return replay(SqlHistory(folder), postgres, OPTIONS).findings
    except HistoryError as unreadable:
        return [unreadable.finding]


def good(tmp_path: Path, postgres: PostgresServer, files: dict[str, str]) -> Replay:
    for name, text in {**GOOD, **files}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return replay(SqlHistory(tmp_path), postgres, OPTIONS)


@pytest.mark.parametrize("bad", HISTORIES, ids=lambda bad: bad.name)
def test_a_bad_history(bad: Bad, tmp_path: Path, postgres: PostgresServer) -> None:
    """The fault is found, with its rule, its file and what happened, and a remedy stands beside it."""
    found = judged(bad.write(tmp_path), postgres)
    mine = [each for each in found if (each.rule, each.file.name) == (bad.rule, bad.file) and bad.says in each.says]
    assert mine, found
    assert all(each.remedy for each in found)


def test_a_good_history(tmp_path: Path, postgres: PostgresServer) -> None:
    """Nothing is found, and every revision went up and down with rows in every table."""
    next_up = "ALTER TABLE wallet ADD COLUMN version int NOT NULL DEFAULT 0;"
    seen = good(tmp_path, postgres, second(next_up, "ALTER TABLE wallet DROP COLUMN version;"))
    assert seen.findings == []
    assert seen.complete
    assert seen.filled == {"wallet": OPTIONS.rows}
    assert [(step.revision.id, step.way) for step in seen.steps] == [
        ("0001_wallet", UP), ("0002_next", UP), ("0002_next", DOWN), ("0001_wallet", DOWN),
    ]  # fmt: skip
    assert list(seen.steps[1].statements) == [next_up.rstrip(";")]


@pytest.mark.parametrize(
    ("line", "statement"),
    [
        ("may change wallet.owner: names are compared in lower case", "UPDATE wallet SET owner = lower(owner);"),
        ("may remove rows of wallet: those without a note", "DELETE FROM wallet WHERE note IS NULL;"),
        ("may drop wallet.note: unused since release 3", "ALTER TABLE wallet DROP COLUMN note;"),
    ],
)
def test_what_a_revision_says_that_it_does(line: str, statement: str, tmp_path: Path, postgres: PostgresServer) -> None:
    """A change of data for which the file has a reason is no finding."""
    down = "ALTER TABLE wallet ADD COLUMN IF NOT EXISTS note text;"
    seen = good(tmp_path, postgres, second(f"-- replay: {line}\n{statement}", down))
    assert seen.findings == []


def test_a_reason_is_for_what_it_names(tmp_path: Path, postgres: PostgresServer) -> None:
    """A reason to change one column is none to change another."""
    up = "-- replay: may change wallet.note: trimmed\nUPDATE wallet SET owner = lower(owner);"
    assert [each.rule for each in good(tmp_path, postgres, second(up)).findings] == ["data-changed"]


CLEANED = "DELETE FROM card WHERE wallet_id NOT IN (SELECT id FROM wallet);\n"


@pytest.mark.parametrize(
    "up",
    [
        "-- replay: may remove rows of card: their wallet is gone\n" + CLEANED,
        "-- replay: no orphans in card.wallet_id: wallets are closed, never deleted\n",
    ],
)
def test_a_foreign_key_that_comes_later(up: str, tmp_path: Path, postgres: PostgresServer) -> None:
    """A few rows refer to nothing while no key says so: a revision cleans them up, or says that there are none."""
    files = {**CARDS, "0004_key.up.sql": up + CARD_KEY, "0004_key.down.sql": DROP_CARD_KEY}
    seen = good(tmp_path, postgres, files)
    assert seen.findings == []
    assert seen.complete


@pytest.mark.parametrize("null", ["NULL", "NOT NULL"])
def test_a_foreign_key_to_a_table_that_comes_later(null: str, tmp_path: Path, postgres: PostgresServer) -> None:
    """What is older than the table that it refers to has lost no row of it."""
    files = {
        "0002_card.up.sql": f"CREATE TABLE card (id int PRIMARY KEY, customer_id int {null});",
        "0002_card.down.sql": "DROP TABLE card;",
        "0003_customer.up.sql": "CREATE TABLE customer (id int PRIMARY KEY);",
        "0003_customer.down.sql": "DROP TABLE customer;",
        "0004_key.up.sql": "ALTER TABLE card ADD FOREIGN KEY (customer_id) REFERENCES customer (id);",
        "0004_key.down.sql": "ALTER TABLE card DROP CONSTRAINT card_customer_id_fkey;",
        "0005_used.up.sql": "DO $$BEGIN ASSERT (SELECT count(*) = 0 OR count(customer_id) > 40 FROM card); END$$;",
        "0005_used.down.sql": "SELECT 1;",
    }
    assert good(tmp_path, postgres, files).findings == []


def test_what_a_step_did(tmp_path: Path, postgres: PostgresServer) -> None:
    """Each step tells how many rows it wrote, what it locked, and which tables lie in other files now."""
    up = (
        "-- replay: may change wallet.note: noted\n"
        "UPDATE wallet SET note = 'x' WHERE id <= 20; ALTER TABLE wallet ADD COLUMN at timestamptz;"
        " CREATE TABLE mark (id int); INSERT INTO mark VALUES (1), (2);"
    )
    down = "ALTER TABLE wallet DROP COLUMN at; DROP TABLE mark; CLUSTER wallet USING wallet_pkey;"
    steps = good(tmp_path, postgres, second(up, down)).steps
    assert [step.touched for step in steps] == [0, 22, 0, 0]
    assert [list(step.rewritten) for step in steps] == [[], [], ["wallet"], []]
    assert ("wallet", "AccessExclusiveLock") in list(steps[1].locks)


def test_the_same_seed_gives_the_same_words(tmp_path: Path, postgres: PostgresServer) -> None:
    """A finding shows the same values each time."""
    bad = next(each for each in HISTORIES if each.rule == "data-changed")
    folder = bad.write(tmp_path)
    assert judged(folder, postgres) == judged(folder, postgres)


def test_a_history_that_does_not_begin(tmp_path: Path, postgres: PostgresServer) -> None:
    """Where no step can be taken, that is all that is told."""
    seen = good(tmp_path, postgres, {"0001_wallet.up.sql": "CREATE TABEL wallet (id int);"})
    assert [each.rule for each in seen.findings] == ["no-sql"]
    assert not seen.steps
    assert not seen.complete


def test_nothing_is_left_on_the_server(tmp_path: Path, postgres: PostgresServer) -> None:
    """The databases of a replay are gone behind it, also behind one that was stopped."""
    import psycopg

    bad = next(each for each in HISTORIES if each.rule == "not-null-over-rows")
    judged(bad.write(tmp_path), postgres)
    with psycopg.connect(postgres.url()) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%replay%'").fetchall()
    assert names == []
