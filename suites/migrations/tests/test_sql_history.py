"""A history of SQL files: their names, their order, and how they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from suites.migrations.histories.base import HistoryError
from suites.migrations.histories.executed import Executed
from suites.migrations.histories.sql import SqlHistory

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["fixtures.testing"]


def history(folder: Path, files: dict[str, str]) -> SqlHistory:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return SqlHistory(folder)


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        return {name for (name,) in rows}


UP, DOWN = "CREATE TABLE a ();", "DROP TABLE a;"
FORMS = {
    "pairs": {"0001_a.up.sql": UP, "0001_a.down.sql": DOWN},
    "capitals": {"0001_a.Up.sql": UP, "0001_a.Down.sql": DOWN},
    "folders": {"0001_a/up.sql": UP, "0001_a/down.sql": DOWN},
    "flyway": {"V1__a.sql": UP, "U1__a.sql": DOWN},
    "dbmate": {"20250101_a.sql": f"-- migrate:up\n{UP}\n-- migrate:down\n{DOWN}\n"},
    "goose": {
        "20250101_a.sql": f"-- +goose Up\n{UP}\n-- +goose StatementBegin\nDO $$ BEGIN NULL; END $$;\n"
        f"-- +goose StatementEnd\n-- +goose Down\n{DOWN}\n"
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(tmp_path: Path, database: str, form: str) -> None:
    """Each known form of names goes up and down."""
    one = history(tmp_path, FORMS[form])
    (revision,) = one.revisions
    assert "CREATE TABLE a ()" in one.up(database, revision)
    assert tables(database) == {"a"}
    assert one.down(database, revision) == ("DROP TABLE a",)
    assert tables(database) == set()


def test_order_is_that_of_numbers(tmp_path: Path) -> None:
    """The tenth comes after the ninth, and 1.1 after 1."""
    one = history(tmp_path, {"10_a.up.sql": UP, "9_b.up.sql": UP, "V1.1__c.sql": UP, "V1__d.sql": UP})
    assert [revision.id for revision in one.revisions] == ["1__d", "1.1__c", "9_b", "10_a"]


def test_repeated_files_run_behind_the_last_and_each_time(tmp_path: Path, database: str) -> None:
    """What runs each time runs behind the last revision, and again with every deployment."""
    view = "CREATE OR REPLACE VIEW v AS SELECT 1 AS x"
    one = history(tmp_path, {"V1__a.sql": UP, "V2__b.sql": "SELECT 1", "R__v.sql": view})
    first, last = one.revisions
    assert view not in one.up(database, first)
    assert view in one.up(database, last)
    assert list(one.again(database)) == [view]


@pytest.mark.parametrize(
    ("statement", "together"),
    [
        ("CREATE INDEX i ON a ((1))", True),
        ("SELECT 'CONCURRENTLY'", True),
        ("CREATE INDEX CONCURRENTLY i ON a ((1))", False),
        ("ALTER TYPE e ADD VALUE 'b'", False),
        ("VACUUM a", False),
    ],
)
def test_transactions(tmp_path: Path, database: str, statement: str, together: bool) -> None:
    """A file runs in one transaction, so a failure leaves nothing of it, unless PostgreSQL runs a statement in none."""
    text = f"CREATE TABLE b ();\n{statement};\nDROP TABLE nobody;"
    one = history(tmp_path, {"1_a.up.sql": UP + "CREATE TYPE e AS ENUM ('a');", "2_b.up.sql": text})
    first, second = one.revisions
    one.up(database, first)
    with pytest.raises(HistoryError) as refused:
        one.up(database, second)
    assert (refused.value.finding.line, refused.value.sqlstate) == (3, "42P01")
    assert ("b" in tables(database)) is not together


@pytest.mark.parametrize(("statement", "transaction"), [("SELECT 1", 0), ("VACUUM", None)])
def test_transactions_are_told(tmp_path: Path, database: str, statement: str, transaction: int | None) -> None:
    """Each statement comes with its transaction, or with none."""
    one = history(tmp_path, {"1_a.up.sql": f"{UP}{statement};", "2_b.up.sql": "SELECT 1"})
    ran = one.up(database, one.revisions[0])
    assert isinstance(ran, Executed)
    assert ran.transactions == (transaction, transaction)


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ("\nDROP TABLE a;\n-- once more\nDROP TABLE a;", '"a" does not exist; at statement 2', 4),
        ("-- migrate:up\n\nDROP TABLE b;", '"b" does not exist; at statement 1', 3),
        ("INSERT INTO c VALUES (1, 2);\n", "violates foreign key constraint", 1),
        ("SELECT 1;\nCREATE TABL x ();", 'syntax error at or near "TABL"', 2),
    ],
)
def test_refused(tmp_path: Path, database: str, text: str, says: str, line: int) -> None:
    """What PostgreSQL refuses is told with its own words, the statement and its line, also when the end refuses it."""
    first = UP + "CREATE TABLE c (x int PRIMARY KEY, y int REFERENCES c DEFERRABLE INITIALLY DEFERRED);"
    name = "2_b.sql" if "migrate:up" in text else "2_b.up.sql"
    one = history(tmp_path, {"1_a.up.sql": first, name: text})
    one.up(database, one.revisions[0])
    with pytest.raises(HistoryError) as refused:
        one.up(database, one.revisions[1])
    assert says in refused.value.finding.says
    assert refused.value.finding.line == line


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({}, "no-history"),
        ({"readme.sql": UP}, "unknown-name"),
        ({"1_a.down.sql": DOWN, "2_b.up.sql": UP}, "down-alone"),
        ({"1_a.up.sql": UP, "x/1_a.up.sql": UP}, "two-ways"),
        ({"1_a.up.sql": UP, "01_b.up.sql": UP}, "two-heads"),
    ],
)
def test_folders_that_are_no_history(tmp_path: Path, files: dict[str, str], rule: str) -> None:
    """A folder whose names do not say what runs when is refused, with the rule."""
    with pytest.raises(HistoryError) as refused:
        history(tmp_path, files)
    assert refused.value.finding.rule == rule
    assert refused.value.finding.remedy


def test_no_utf8(tmp_path: Path) -> None:
    """A file in another encoding is named."""
    (tmp_path / "1_a.up.sql").write_bytes(b"SELECT '\xff'")
    with pytest.raises(HistoryError, match=r"1_a\.up\.sql: .*no UTF-8"):
        SqlHistory(tmp_path)


def test_no_way_down(tmp_path: Path, database: str) -> None:
    """A revision without a way down says so."""
    one = history(tmp_path, {"1_a.up.sql": UP})
    with pytest.raises(HistoryError, match="there is no way down"):
        one.down(database, one.revisions[0])
