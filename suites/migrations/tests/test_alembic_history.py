"""A history that Alembic runs: any project's env.py, what it executes, and what goes wrong."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import psycopg
import pytest

from suites.migrations.catalog import schema as catalog
from suites.migrations.histories.alembic import AlembicHistory
from suites.migrations.histories.base import HistoryError
from suites.migrations.histories.executed import Executed
from suites.migrations.lint.lint import lint

if TYPE_CHECKING:
    from pathlib import Path

    from suites.migrations.catalog.schema import Schema

pytest_plugins = ["fixtures.testing"]

ENV = """
    from alembic import context
    from sqlalchemy import MetaData, Table, Column, Text, create_engine, engine_from_config, pool
    config = context.config
    models = MetaData()
    Table("wallet", models, Column("id", Text, primary_key=True))
"""
BY_OPTION = "engine = engine_from_config(config.get_section(config.config_ini_section, {}), poolclass=pool.NullPool)"
BY_ATTRIBUTE = 'engine = create_engine(config.attributes["url"], poolclass=pool.NullPool)'
REST = """
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=models)
        with context.begin_transaction():
            context.run_migrations()
"""
FIRST = """
    op.create_table("wallet", sa.Column("id", sa.Text, primary_key=True))
    op.bulk_insert(sa.table("wallet", sa.column("id")), [{"id": "5%"}])
"""
DROP = '    op.drop_table("wallet")'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop" / "migrations"
    (made / "versions").mkdir(parents=True)
    env(made, BY_OPTION)
    return made


def env(folder: Path, engine: str) -> None:
    (folder / "env.py").write_text(dedent(ENV) + engine + "\n" + dedent(REST), encoding="utf-8")


def revision(folder: Path, name: str, after: str | None, up: str, down: str = "    pass") -> None:
    text = [
        "import sqlalchemy as sa",
        "from alembic import op",
        f"revision, down_revision = {name!r}, {after!r}",
        "def upgrade():",
        up.strip("\n"),
        "def downgrade():",
        down.strip("\n"),
    ]
    (folder / "versions" / f"{name}.py").write_text("\n".join(text) + "\n", encoding="utf-8")


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        )
        return {name for (name,) in rows}


def schema(url: str) -> Schema:
    with psycopg.connect(url) as connection:
        return catalog.read(connection)


@pytest.mark.parametrize("engine", [BY_OPTION, BY_ATTRIBUTE], ids=["option", "attribute"])
def test_up_and_down(folder: Path, database: str, engine: str) -> None:
    """Revisions run in their order, one at a time, both ways, with an env.py that takes the address in either way."""
    env(folder, engine)
    revision(folder, "b", None, FIRST, DROP)
    revision(
        folder, "a", "b", '    op.execute("ALTER TABLE wallet ADD COLUMN c text")', '    op.drop_column("wallet", "c")'
    )
    history = AlembicHistory(folder)
    first, second = history.revisions
    assert [first.id, second.id] == ["b", "a"]
    assert "INSERT INTO wallet (id) VALUES (%(id)s)" in " ".join(history.up(database, first)[1].split())
    assert history.up(database, second) == ("ALTER TABLE wallet ADD COLUMN c text",)
    assert history.again(database) == ()
    assert history.down(database, second) == ("ALTER TABLE wallet DROP COLUMN c",)
    assert history.down(database, first) == ("DROP TABLE wallet",)
    assert tables(database) == history.ours == {"alembic_version"}


def test_transactions_are_told(folder: Path, database: str) -> None:
    """An autocommit block's statements ran in no transaction, and what comes behind it in another one than before."""
    up = """
    op.execute("CREATE TABLE a (b int)")
    with op.get_context().autocommit_block():
        op.create_index("ix_a_b", "a", ["b"], postgresql_concurrently=True)
    op.execute("INSERT INTO a VALUES (1)")
    """
    revision(folder, "a", None, up)
    history = AlembicHistory(folder)
    ran = history.up(database, history.revisions[0])
    assert isinstance(ran, Executed)
    before, alone, behind = ran.transactions
    assert alone is None
    assert before != behind


def test_statement_without_text_in_the_file_is_linted_at_its_name(folder: Path, database: str) -> None:
    """What an operation of Alembic's made up is found at the line that names its subject."""
    revision(folder, "a", None, FIRST)
    revision(
        folder,
        "b",
        "a",
        '    op.execute("SET lock_timeout = \'5s\'")\n    op.create_index("ix_wallet", "wallet", ["id"])',
    )
    (finding,) = lint(AlembicHistory(folder), database)
    assert (finding.rule, finding.line) == ("lint/require-concurrent-index-creation", 6)


@pytest.mark.parametrize(
    ("up", "says", "line", "sqlstate"),
    [
        (
            '    op.execute("SELECT 1")\n    op.execute("DROP TABLE nobody")',
            "does not exist; at: DROP TABLE nobody",
            6,
            "42P01",
        ),
        ('    raise ValueError("12 wallets are doubled")', "ValueError: 12 wallets are doubled", 5, None),
    ],
)
def test_refused(folder: Path, database: str, up: str, says: str, line: int, sqlstate: str | None) -> None:
    """What PostgreSQL or the revision's own check refuses is told with file and line, and nothing of it stays."""
    revision(folder, "a", None, up)
    history = AlembicHistory(folder)
    with pytest.raises(HistoryError) as refused:
        history.up(database, history.revisions[0])
    assert says in refused.value.finding.says
    assert (refused.value.finding.line, refused.value.sqlstate) == (line, sqlstate)
    assert tables(database) <= {"alembic_version"}


def test_no_way_down(folder: Path, database: str) -> None:
    """A downgrade that is not written says so."""
    revision(folder, "a", None, FIRST, "    raise NotImplementedError")
    history = AlembicHistory(folder)
    history.up(database, history.revisions[0])
    with pytest.raises(HistoryError, match="there is no way down"):
        history.down(database, history.revisions[0])


def test_models_and_database(folder: Path, database: str) -> None:
    """What autogenerate would write is a finding of the last revision; nothing when the models are the database."""
    revision(folder, "a", None, FIRST)
    history = AlembicHistory(folder)
    history.up(database, history.revisions[0])
    assert history.differences(database, schema(database)) == []
    with psycopg.connect(database) as connection:
        connection.execute("ALTER TABLE wallet ADD COLUMN strange text")
    (finding,) = history.differences(database, schema(database))
    assert (finding.rule, finding.revision) == ("models-differ", "a")
    assert "strange" in finding.says


@pytest.mark.parametrize(
    ("chain", "rule"),
    [
        ([], "no-history"),
        ([("a", None), ("b", "a"), ("c", "a")], "two-heads"),
        ([("a", "nobody")], "broken-chain"),
        ([("a", "b"), ("b", "a")], "broken-chain"),
    ],
)
def test_chains_that_are_no_history(folder: Path, chain: list[tuple[str, str | None]], rule: str) -> None:
    """Nothing, two heads, a missing revision and a circle are refused, with the rule."""
    for name, after in chain:
        revision(folder, name, after, "    pass")
    with pytest.raises(HistoryError) as refused:
        AlembicHistory(folder)
    assert refused.value.finding.rule == rule
    assert refused.value.finding.remedy


@pytest.mark.parametrize("text", ["import nobody_has_this", "this is no Python", "1 / 0"])
def test_revision_that_cannot_be_read(folder: Path, text: str) -> None:
    """A revision whose module fails is told as that."""
    (folder / "versions" / "a.py").write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError) as refused:
        AlembicHistory(folder)
    assert refused.value.finding.rule == "broken-chain"


def test_no_env(tmp_path: Path) -> None:
    """A folder without env.py is none of Alembic's."""
    with pytest.raises(HistoryError, match=r"there is no env\.py"):
        AlembicHistory(tmp_path)
