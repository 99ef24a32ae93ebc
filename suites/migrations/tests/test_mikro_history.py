"""Many modules run as MikroORM and Medusa run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from suites.migrations.histories.base import HistoryError
from suites.migrations.mikro.history import as_sent, interleavings, load
from suites.migrations.tests.mikro_tree import TREE, faulty

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.postgres import PostgresServer
    from suites.migrations.mikro.history import MikroHistory

pytest_plugins = ["fixtures.testing"]
DOWN = "async down() { this.addSql('select 1'); }"
_TABLES = "select table_name from information_schema.tables where table_schema = 'public'"


def write(folder: Path, module: str, name: str, up: str = "", down: str = DOWN) -> None:
    file = folder / "src" / "modules" / module / "migrations" / f"{name}.ts"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        'import { Migration } from "@mikro-orm/migrations";\n'
        f"export class {name} extends Migration {{\nasync up() {{\n{up}\n}}\n{down}\n}}\n"
    )


def titles(history: MikroHistory) -> list[str]:
    return [revision.title for revision in history.revisions]


def tables(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute(_TABLES)}


@pytest.fixture
def two(tmp_path: Path) -> Path:
    write(tmp_path, "a", "Migration20250101000000", "this.addSql('create table a (id int)');")
    write(tmp_path, "a", "Migration20250103000000")
    write(tmp_path, "b", "Migration20250102000000")
    write(tmp_path, "b", "Migration20250104000000")
    return tmp_path


def test_orders(two: Path) -> None:
    """Modules run by time, or one after the other as named; a module keeps its own order."""
    history = load(two)
    assert [title[:2] + title[-7] for title in titles(history)] == ["a/1", "b/2", "a/3", "b/4"]
    assert [revision.module for revision in history.by_modules(["b", "a"]).revisions] == ["b", "b", "a", "a"]
    assert [revision.module for revision in history.by_modules(["b"]).by_time().revisions] == ["b", "b"]
    with pytest.raises(ValueError, match=r"no module of .* is called c"):
        history.by_modules(["a", "c"])


def test_within_a_module_names_decide(tmp_path: Path) -> None:
    """Within a module the files run in the order of their names, as umzug sorts them, whatever their times say."""
    write(tmp_path, "a", "InitialSetup20250105000000")
    write(tmp_path, "a", "Migration20250101000000")
    write(tmp_path, "b", "Migration20250103000000")
    assert [title[:8] for title in titles(load(tmp_path))] == ["b/Migrat", "a/Initia", "a/Migrat"]


def test_interleavings_keep_each_modules_order(two: Path) -> None:
    """A seed gives the same random orders again, and in each of them every module keeps its own order."""
    history = load(two)
    mixed = [titles(each) for each in interleavings(history, 30, seed=4)]
    assert mixed == [titles(each) for each in interleavings(history, 30, seed=4)]
    assert len({tuple(each) for each in mixed}) == 6  # all that there are
    for module in "ab":
        assert {tuple(title for title in each if title[0] == module) for each in mixed} == {
            tuple(title for title in titles(history) if title[0] == module)
        }


def test_the_order_of_a_config(two: Path) -> None:
    """A medusa-config gives the order; what it leaves out, names in vain or hides in code is told."""
    write(two, "c", "Migration20250105000000")
    (two / "medusa-config.ts").write_text(
        'import { defineConfig } from "@medusajs/framework/utils"\nconst extra = [{ resolve: "./modules/a" }]\n'
        'module.exports = defineConfig({ projectConfig: {}, modules: [{ resolve: "./src/modules/b" }, ...extra,\n'
        '  { resolve: "@medusajs/cache" }, { resolve: `./src/modules/${process.env.X}` },\n'
        '  { resolve: "./src/modules/z" },\n'
        '  ...(process.env.C ? [{ resolve: "./src/modules/c" }] : []) ] })\n'
    )
    ordered = load(two).by_config(two / "medusa-config.ts")
    assert ordered.modules == ("b", "a")
    rules = sorted((finding.rule, finding.line) for finding in ordered.findings)
    assert rules == [("module-missing", None), ("module-not-configured", None), ("unread", 4), ("unread", 6)]


def test_up_and_down_are_kept_in_the_table(two: Path, database: str) -> None:
    """What ran is kept by its name; again it runs nothing, and what was taken back is gone from the table."""
    history = load(two)
    first = history.revisions[0]
    assert history.up(database, first) == ("create table a (id int)",)
    assert history.up(database, first) == ()
    with pytest.raises(HistoryError, match='relation "a" already exists'):
        history.rerun(database, first)
    with psycopg.connect(database) as connection:
        assert connection.execute("select name from mikro_orm_migrations").fetchall() == [(first.id,)]
    history.again(database)
    assert history.again(database) == ()
    assert history.down(database, first) == ("select 1",)
    assert history.down(database, first) == ()
    assert tables(database) == {"a", "mikro_orm_migrations"}


def test_a_refused_statement_is_told_and_undone(tmp_path: Path, database: str) -> None:
    """An error names the statement, its line and PostgreSQL's words, and nothing of the migration stays."""
    write(
        tmp_path,
        "a",
        "Migration20250101000000",
        "this.addSql('create table a (id int)');\nthis.addSql('drop table b');",
    )
    history = load(tmp_path)
    with pytest.raises(HistoryError) as refused:
        history.up(database, history.revisions[0])
    finding = refused.value.finding
    assert (finding.rule, finding.line, finding.revision) == ("refused", 5, "a/Migration20250101000000")
    assert refused.value.sqlstate == "42P01"
    assert finding.says == 'statement 2 of 2 is refused: table "b" does not exist (42P01)'
    assert tables(database) == {"mikro_orm_migrations"}


def test_a_refusal_at_the_end_is_told(tmp_path: Path, database: str) -> None:
    """A deferred constraint that is refused when the migration is committed is told too."""
    up = """
        this.addSql('create table a (id int primary key)');
        this.addSql('create table b (a int references a deferrable initially deferred)');
        this.addSql('insert into b values (1)');
    """
    write(tmp_path, "a", "Migration20250101000000", up)
    history = load(tmp_path)
    with pytest.raises(HistoryError, match="what it does in the end is refused: insert or update on table"):
        history.up(database, history.revisions[0])


def test_outside_a_transaction(tmp_path: Path, database: str) -> None:
    """A migration that is not transactional may make an index concurrently."""
    outside = "isTransactional() { return false; }\n" + DOWN
    up = "this.addSql('create table a (id int)');\nthis.addSql('create index concurrently i on a (id)');"
    write(tmp_path, "a", "Migration20250101000000", up, outside)
    history = load(tmp_path)
    assert len(history.up(database, history.revisions[0])) == 2


def test_a_module_may_have_a_table_of_its_own(two: Path, database: str) -> None:
    """The table of migrations is the one that a module's mikro-orm.config names."""
    config = 'export default { migrations: { tableName: "b_migrations" } }\n'
    (two / "src" / "modules" / "b" / "mikro-orm.config.ts").write_text(config)
    history = load(two)
    assert history.ours == {"mikro_orm_migrations", "b_migrations"}
    for revision in history.revisions:
        history.up(database, revision)
    assert tables(database) == {"a", "mikro_orm_migrations", "b_migrations"}


def test_what_is_wrong_on_paper(tmp_path: Path, database: str) -> None:
    """A name that two modules share, a missing down, a second class, and what can't be read are told before a run."""
    write(tmp_path, "a", "Migration20250101000000", "this.addSql(later());")
    write(tmp_path, "b", "Migration20250101000000", down="")
    write(
        tmp_path, "b", "Migration20250102000000", down=DOWN + "}\nexport class Second extends Migration { async up() {}"
    )
    (tmp_path / "src" / "modules" / "b" / "migrations" / "helpers.ts").write_text("export const a = 1\n")
    history = load(tmp_path)
    told = sorted((finding.rule, finding.revision) for finding in history.findings)
    assert told == [
        ("class-never-runs", "b/Migration20250102000000"),
        ("missing-down", "b/Migration20250101000000"),
        ("no-migration", "b/helpers"),
        ("same-name", "b/Migration20250101000000"),
        ("unread", "a/Migration20250101000000"),
    ]
    with pytest.raises(HistoryError, match=r"`later\(\)` can't be read"):
        history.up(database, history.revisions[0])
    with pytest.raises(HistoryError, match="cannot be reverted"):
        history.down(database, history.revisions[1])


def test_nothing_to_run(tmp_path: Path) -> None:
    """A folder without migrations, or with none that can be read, is an error that says so."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(HistoryError, match="no folder `migrations` in it"):
            load(folder)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "a.ts").write_text("export class {{")
    with pytest.raises(HistoryError, match="this is not TypeScript"):
        load(tmp_path)


def test_question_marks_as_knex_sends_them() -> None:
    """An escaped question mark is an operator; a bare one is a parameter, which nobody gives."""
    assert as_sent(r"select data \? 'a', data \?| b, ?") == "select data ? 'a', data ?| b, $1"


def test_the_tree_runs_in_every_order(postgres: PostgresServer) -> None:
    """All modules of the tree go up and down by time, as configured and in random orders, and leave nothing."""
    history = load(TREE)
    assert history.findings == ()
    assert len(history.modules) == 34
    orders = [history, history.by_config(TREE / "medusa-config.ts"), *interleavings(history, 3, seed=1)]
    assert orders[1].findings == ()
    for order in orders:
        assert len(order.revisions) == 61
        with postgres.fresh("mikro") as url, order.connected(url):
            for revision in order.revisions:
                order.up(url, revision)
            assert len(tables(url) - order.ours) == 61
            for revision in reversed(order.revisions):
                order.down(url, revision)
            assert tables(url) == order.ours


def test_the_missing_down_of_the_faulty_tree(tmp_path: Path) -> None:
    """Of the five faults of the overlay, the missing down is told on paper, with its file."""
    (finding,) = load(faulty(tmp_path / "tree")).findings
    assert (finding.rule, finding.revision) == ("missing-down", "gift_card/Migration20251005090000")
