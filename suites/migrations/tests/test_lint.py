"""Lint: of each rule a statement that breaks it and one that does not, on a table of an earlier revision."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures.exits import UsageError
from fixtures.tables import TableError
from suites.gate.waivers import WaiverState
from suites.migrations import waivers
from suites.migrations.histories.alembic import AlembicHistory
from suites.migrations.histories.base import Finding
from suites.migrations.histories.sql import SqlHistory
from suites.migrations.lint.lint import lint
from suites.migrations.lint.placing import Places

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.postgres import PostgresServer

    Linted = Callable[..., list[Finding]]

pytest_plugins = ["fixtures.testing"]

OLD = """
CREATE TABLE customer (id text PRIMARY KEY);
CREATE TABLE wallet (
    id text PRIMARY KEY, customer_id text, name varchar(10), note text, amount integer,
    given text NOT NULL,
    CONSTRAINT ck_note CHECK (note IS NOT NULL), CONSTRAINT ck_amount CHECK (amount > 0)
);
CREATE INDEX ix_wallet_name ON wallet (name);
CREATE VIEW wallets AS SELECT id FROM wallet;
"""
LIMIT = "SET lock_timeout = '5s';\n"

# rule → what breaks it, what does not
PAIRS = {
    "require-concurrent-index-creation": (
        "CREATE INDEX ix ON wallet (amount);",
        "CREATE TABLE n (a text); CREATE INDEX ix ON n (a);",
    ),
    "require-concurrent-index-deletion": (
        "DROP INDEX ix_wallet_name;",
        "DROP INDEX CONCURRENTLY IF EXISTS ix_wallet_name;",
    ),
    "adding-required-field": (
        "ALTER TABLE wallet ADD COLUMN b text NOT NULL;",
        "ALTER TABLE wallet ADD COLUMN b text NOT NULL DEFAULT '';",
    ),
    "adding-field-with-default": (
        "ALTER TABLE wallet ADD COLUMN b uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE wallet ADD COLUMN b boolean DEFAULT false;",
    ),
    "adding-not-nullable-field": (
        "ALTER TABLE wallet ALTER COLUMN amount SET NOT NULL;",
        "ALTER TABLE wallet ALTER COLUMN note SET NOT NULL;",  # a validated check says so
    ),
    "adding-foreign-key-constraint": (
        "ALTER TABLE wallet ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customer (id);",
        "ALTER TABLE wallet ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customer (id) NOT VALID;",
    ),
    "constraint-missing-not-valid": (
        "ALTER TABLE wallet ADD CONSTRAINT ck CHECK (amount > 1);",
        "ALTER TABLE wallet ADD CONSTRAINT ck CHECK (amount > 1) NOT VALID;",
    ),
    "disallowed-unique-constraint": (
        "ALTER TABLE wallet ADD CONSTRAINT uq UNIQUE (name);",
        "CREATE TABLE n (a text); ALTER TABLE n ADD CONSTRAINT uq UNIQUE (a);",
    ),
    "changing-column-type": (
        "ALTER TABLE wallet ALTER COLUMN amount TYPE numeric;",
        "ALTER TABLE wallet ALTER COLUMN name TYPE text;",  # PostgreSQL writes nothing anew
    ),
    "ban-drop-column": (
        "ALTER TABLE wallet DROP COLUMN amount;",
        "-- replay: may drop wallet.amount: unused since release 3\nALTER TABLE wallet DROP COLUMN amount;",
    ),
    "ban-drop-table": (
        "DROP TABLE wallet CASCADE;",
        "-- replay: may drop wallet: unused since release 3\nDROP TABLE wallet CASCADE;",
    ),
    "ban-drop-view": ("DROP VIEW wallets;", "-- replay: may drop wallets: unused since release 3\nDROP VIEW wallets;"),
    "ban-drop-not-null": (
        "ALTER TABLE wallet ALTER COLUMN given DROP NOT NULL;",
        "CREATE TABLE n (a text NOT NULL); ALTER TABLE n ALTER COLUMN a DROP NOT NULL;",
    ),
    "ban-drop-constraint": (
        "ALTER TABLE wallet DROP CONSTRAINT ck_amount;",
        "ALTER TABLE wallet DROP CONSTRAINT ck_amount, ADD CONSTRAINT ck_amount CHECK (amount > -1) NOT VALID;",
    ),
    "renaming-column": (
        "ALTER TABLE wallet RENAME COLUMN amount TO balance;",
        "CREATE TABLE n (a text); ALTER TABLE n RENAME COLUMN a TO b;",
    ),
    "renaming-table": (
        "ALTER TABLE wallet RENAME TO purse;",
        "ALTER TABLE wallet RENAME TO purse; CREATE VIEW wallet AS SELECT * FROM purse;",
    ),
    "prefer-bigint-over-int": (
        "CREATE TABLE n (id integer PRIMARY KEY);",
        "CREATE TABLE n (id bigint PRIMARY KEY, attempts integer);",
    ),
    "prefer-identity": ("CREATE TABLE n (id bigserial);", "CREATE TABLE n (id bigint GENERATED ALWAYS AS IDENTITY);"),
    "prefer-timestamp-tz": ("CREATE TABLE n (a timestamp);", "CREATE TABLE n (a timestamptz);"),
    "ban-char-field": ("CREATE TABLE n (a char(3));", "CREATE TABLE n (a text);"),
    "prefer-robust-stmts": (
        "CREATE INDEX CONCURRENTLY ix ON wallet (amount);",
        "DROP INDEX CONCURRENTLY IF EXISTS ix; CREATE INDEX CONCURRENTLY ix ON wallet (amount);",
    ),
    "table-rewritten": (
        "ALTER TABLE wallet SET UNLOGGED;",
        "DROP INDEX CONCURRENTLY IF EXISTS ix_wallet_name; CREATE INDEX CONCURRENTLY ix_wallet_name ON wallet (name);",
    ),
    "every-row-at-once": ("UPDATE wallet SET note = name;", "UPDATE wallet SET note = name WHERE note IS NULL;"),
    "rows-under-lock": (
        "ALTER TABLE wallet ADD COLUMN b text; UPDATE wallet SET b = name WHERE b IS NULL;",
        "UPDATE wallet SET note = name WHERE note IS NULL; ALTER TABLE wallet ADD COLUMN b text;",
    ),
    "not-read": ("DO $$ BEGIN EXECUTE 'SELECT ' || 1; END $$;", "DO $$ BEGIN EXECUTE 'SELECT 1'; END $$;"),
}


@pytest.fixture
def linted(postgres: PostgresServer, tmp_path: Path) -> Linted:
    """A history of SQL files, by their texts, and what lint finds in it."""

    def run(*texts: str) -> list[Finding]:
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for number, text in enumerate(texts, start=1):
            (folder / f"{number:04}_step.up.sql").write_text(text, encoding="utf-8")
        with postgres.fresh() as url:
            return lint(SqlHistory(folder), url)

    return run


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule.removeprefix("lint/") for finding in findings}


@pytest.mark.parametrize("rule", PAIRS)
def test_rule(linted: Linted, rule: str) -> None:
    """The bad form is found in its file and line, with a remedy; the good form is not."""
    bad, good = PAIRS[rule]
    found = [each for each in linted(OLD, LIMIT + bad) if each.rule == f"lint/{rule}"]
    assert [(each.revision, each.line) for each in found[:1]] == [("0002_step", 2)]
    assert found[0].file.name == "0002_step.up.sql"
    assert found[0].remedy
    assert rule not in rules(linted(OLD, LIMIT + good))


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("", True),
        ("SET lock_timeout = '5s';", False),
        ("SET LOCAL lock_timeout = 5000;", False),
        ("SELECT set_config('lock_timeout', '5s', true);", False),
        ("SET lock_timeout = 0;", True),
        ("SET lock_timeout = '5s'; RESET lock_timeout;", True),
        ("SET statement_timeout = '5s';", True),
    ],
)
def test_lock_timeout(linted: Linted, before: str, found: bool) -> None:
    """A lock on an old table that stops writers needs a limit to the time of waiting."""
    said = linted(OLD, f"{before}\nALTER TABLE wallet ADD COLUMN b text;")
    assert ("require-lock-timeout" in rules(said)) is found


def test_reference_to_an_old_table_locks_it(linted: Linted) -> None:
    """A new table whose foreign key refers to an old one waits for that one's writers."""
    (finding,) = linted(OLD, "\nCREATE TABLE n (id text REFERENCES wallet (id));")
    assert finding.says.startswith("it waits without end for SHARE ROW EXCLUSIVE on wallet")
    assert finding.line == 2


def test_new_tables_block_nobody(linted: Linted) -> None:
    """What a revision does to tables of its own is no finding, under whatever name it does it."""
    own = (
        "CREATE TABLE a (x text); ALTER TABLE a RENAME TO b; CREATE INDEX i ON b (x);"
        " ALTER TABLE b ALTER x SET NOT NULL;"
        " CREATE TABLE c AS SELECT 1 AS x; UPDATE c SET x = 2; ALTER TABLE c ALTER x TYPE text; DROP TABLE c;"
    )
    assert linted(OLD, own) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("ADD COLUMN b text REFERENCES customer (id)", False),
        ("ADD COLUMN IF NOT EXISTS b text CONSTRAINT fk REFERENCES customer, ADD COLUMN c text", False),
        ("ADD COLUMN b text DEFAULT 'x' REFERENCES customer (id)", True),
        ("ADD COLUMN b text REFERENCES customer (id), ADD COLUMN c text DEFAULT 'x'", True),
        ("ADD COLUMN b text, ADD CONSTRAINT fk FOREIGN KEY (b) REFERENCES customer (id)", True),
    ],
)
def test_key_of_a_column_without_values(linted: Linted, change: str, found: bool) -> None:
    """A column that comes empty refers to nothing, so its foreign key reads no row, unless others come with values."""
    said = linted(OLD, LIMIT + f"ALTER TABLE wallet {change};")
    assert ("adding-foreign-key-constraint" in rules(said)) is found


def test_old_table_under_a_new_name(linted: Linted) -> None:
    """A table stays old when the revision renames it first."""
    said = linted(OLD, LIMIT + "ALTER TABLE wallet RENAME TO purse;\nCREATE INDEX i ON purse (amount);")
    assert ("lint/require-concurrent-index-creation", 3) in [(each.rule, each.line) for each in said]


def test_inside_of_a_block(linted: Linted) -> None:
    """What is written out in a DO block is linted like any other statement."""
    said = linted(OLD, LIMIT + "DO $$ BEGIN\n  CREATE INDEX i ON wallet (amount);\nEND $$;")
    assert [(each.rule, each.line) for each in said] == [("lint/require-concurrent-index-creation", 3)]


def test_line_of_a_part(linted: Linted) -> None:
    """A finding about a column names the column's line, behind letters of more than one byte too."""
    said = linted("-- ملاحظة\n/* é */ CREATE TABLE n (\n  é text,\n  b timestamp\n);")
    assert [(each.rule, each.line) for each in said] == [("lint/prefer-timestamp-tz", 4)]


def test_comments_of_squawk_waive_nothing(linted: Linted) -> None:
    """squawk's own comments do not count."""
    said = linted(OLD, LIMIT + "-- squawk-ignore ban-drop-column\nALTER TABLE wallet DROP COLUMN amount;")
    assert rules(said) == {"ban-drop-column"}


def test_refused_revision_ends_it(linted: Linted) -> None:
    """What PostgreSQL refuses is the last finding, after those of the revisions before."""
    said = linted("CREATE TABLE n (a timestamp);", "DROP TABLE nobody;", "DROP TABLE n;")
    assert [(each.rule, each.revision) for each in said] == [
        ("lint/prefer-timestamp-tz", "0001_step"),
        ("refused", "0002_step"),
    ]


def test_without_squawk(linted: Linted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without squawk the user is told how to get it."""
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(UsageError, match="pip install squawk-cli"):
        linted(OLD)


def test_reference_history(database: str) -> None:
    """The reference's own history has no finding but those that somebody answers for, each with its line."""
    history = AlembicHistory(Path(__file__).parents[3] / "reference_impl" / "migrations")
    findings = lint(history, database)
    assert all(each.line and each.remedy for each in findings)
    known = waivers.load(Path(waivers.__file__).with_name("waivers.toml"))
    done = waivers.apply(findings, known, history.name, dt.datetime.now(dt.UTC).date())
    assert (done.counting, [each for each in done.told if "lint/" in each]) == ([], [])


PYTHON = '''"""A note on "wallet"."""
def upgrade():
    op.execute(
        "ALTER TABLE wallet "
        f"ADD COLUMN b text,\\n"
        "DROP COLUMN c"
    )
    op.add_column("wallet", Column("d"))
    op.execute(f"CREATE INDEX CONCURRENTLY {name} ON wallet (d)")
'''


@pytest.mark.parametrize(
    ("statement", "offset", "names", "line"),
    [
        ("ALTER TABLE wallet ADD COLUMN b text,\nDROP COLUMN c", 0, {"wallet"}, 4),
        ("ALTER TABLE wallet ADD COLUMN b text,\nDROP COLUMN c", 38, {"wallet"}, 6),
        ("ALTER TABLE wallet ADD COLUMN d text", 0, {"d"}, 8),
        ("CREATE INDEX CONCURRENTLY ix ON wallet (d)", 5, {"ix"}, 9),
        ("DROP VIEW v", 0, set(), 2),
    ],
)
def test_places(statement: str, offset: int, names: set[str], line: int) -> None:
    """A statement is found in the pieces of a string, by its names, by its beginning, or else at the way up."""
    places = Places(PYTHON)
    found = places.find(statement, names)
    assert found is not None
    assert places.line(found, statement, offset) == line


def test_equal_statements_have_their_own_lines() -> None:
    """Of two equal statements the second one is found second."""
    places = Places("DROP VIEW v;\nSELECT 1;\nDROP VIEW v;\n")
    lines = [places.line(found, "DROP VIEW v") for _ in "12" if (found := places.find("DROP VIEW v"))]
    assert lines == [1, 3]


def test_rewrite_by_the_likeliest_statement(linted: Linted) -> None:
    """Where several statements may have written a table anew, it is not the one that only adds a column."""
    found = linted(OLD, LIMIT + "ALTER TABLE wallet SET UNLOGGED;\nALTER TABLE wallet ADD COLUMN b int DEFAULT 1;")
    assert [each.line for each in found if each.rule == "lint/table-rewritten"] == [2]


# --- Waivers ---------------------------------------------------------------------------------------------------------

TODAY = dt.date(2026, 6, 1)
FINDING = Finding("lint/ban-drop-column", "0002_step", Path("f.sql"), "says", "remedy")


def waiver(**changed: str) -> str:
    entry = {"rule": "lint/ban-drop-column", "revision": "0002_step", "owner": "wallets", "reason": "release 3"}
    lines = [f'{key} = "{value}"' for key, value in {**entry, **changed}.items() if key != "expires"]
    return "\n".join(["[[waiver]]", *lines, f"expires = {changed.get('expires', '2026-06-01')}", ""])


@pytest.mark.parametrize(
    ("changed", "state", "counts", "told"),
    [
        ({}, WaiverState.USED, 0, ""),
        ({"expires": "2026-05-31"}, WaiverState.EXPIRED, 1, "it has expired"),
        ({"revision": "0003_step"}, WaiverState.UNUSED, 1, "nothing needs it any more"),
        ({"rule": "lint/ban-drop-table"}, WaiverState.UNUSED, 1, "nothing needs it any more"),
        ({"history": "shop/migrations"}, WaiverState.USED, 0, ""),
        ({"history": "op/migrations"}, WaiverState.ELSEWHERE, 1, ""),
    ],
)
def test_waiver(tmp_path: Path, changed: dict[str, str], state: WaiverState, counts: int, told: str) -> None:
    """A waiver holds to its last day, for one rule of one revision; one that is expired or unused is told."""
    file = tmp_path / "waivers.toml"
    file.write_text(waiver(**changed), encoding="utf-8")
    done = waivers.apply([FINDING], waivers.load(file), "SQL history /srv/shop/migrations", TODAY)
    assert (len(done.counting), len(done.waived)) == (counts, 1 - counts)
    assert [each for _, each in done.uses] == [state]
    assert told in " ".join(done.told)
    assert bool(done.told) is bool(told)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("[[waiver]]\nrule = 'x'", "'revision' is missing"),
        (waiver(rle="x"), "did you mean 'rule'"),
        ("[[migration]]", r"only \[\[waiver\]\]"),
    ],
)
def test_waivers_that_cannot_be_used(tmp_path: Path, text: str, match: str) -> None:
    """A mistake in the file is named with its remedy; no file is no waiver."""
    file = tmp_path / "waivers.toml"
    assert waivers.load(file) == []
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=match):
        waivers.load(file)
