"""Migration classes read from TypeScript and from what it was compiled to."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from suites.migrations.mikro.source import read_migrations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from suites.migrations.mikro.source import MigrationClass

    Write = Callable[..., MigrationClass]

HEAD = 'import { Migration } from "@mikro-orm/migrations";\n'


@pytest.fixture
def up(tmp_path: Path) -> Write:
    """Writes a migration whose `up` has this body, with `before` above the class, and reads it."""

    def write(body: str, before: str = "", rest: str = "") -> MigrationClass:
        file = tmp_path / "Migration20250101000000.ts"
        inside = f"async up() {{\n{textwrap.dedent(body)}\n}}\n{rest}\n"
        file.write_text(f"{HEAD}{before}\nexport class M extends Migration {{\n{inside}}}\n")
        found, unread = read_migrations(file)
        assert not unread
        return found[0]

    return write


def sent(migration: MigrationClass) -> list[str]:
    assert not migration.all_unread
    return [statement.sql for statement in migration.up.statements]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("`create table \"a\" (b text default 'متجر');`", "create table \"a\" (b text default 'متجر');"),
        ('\'it\\\'s\' + " \\"so\\" " +\n  `\\`on\\` lines\\n`', 'it\'s "so" `on` lines\n'),
        ("'\\u0639\\x41\\u{1F600}\\uD83D\\uDE00' /* why */ + 'b'", "عA😀😀b"),
        ("`\n  select 1;\n  select 2;\n`", "\n  select 1;\n  select 2;\n"),
        ("'one \\\n line'", "one  line"),
        (
            "`drop table ${TABLE}_${2 + 1} -- ${NAMES.map((n) => `'${n}'`).join(', ')}`",
            "drop table wallet_3 -- 'a', 'b'",
        ),
        (
            "`${Status.OPEN} ${OPTIONS.deep['key']} ${NAMES[1]} ${Object.values(Status).join('|')}`",
            "open x b open|closed",
        ),
        ("('a' as string)!", "a"),
    ],
)
def test_what_is_written_out_is_known(up: Write, expression: str, says: str) -> None:
    """Templates, concatenation, escapes, comments and constants of the file give the statement, letter for letter."""
    before = """
        const TABLE = "wallet"; const NAMES = ["a", "b"];
        const OPTIONS = { deep: { key: "x" } } as const;
        enum Status { OPEN = "open", CLOSED = "closed" }
    """
    assert sent(up(f"this.addSql({expression});", before)) == [says]


def test_constants_come_through_imports(tmp_path: Path, up: Write) -> None:
    """A constant of another file of the project is followed through a re-export."""
    (tmp_path / "names.ts").write_text('export const TABLE = "wallet";\n')
    (tmp_path / "index.ts").write_text('export * from "./names";\n')
    assert sent(up("this.addSql(`drop table ${T}`);", 'import { TABLE as T } from ".";')) == ["drop table wallet"]


def test_functions_of_one_expression_are_followed(tmp_path: Path, up: Write) -> None:
    """A function that only puts a text together gives it, also from another file."""
    (tmp_path / "sql.ts").write_text("export function index(t: string, c: string) { return `index on ${t} (${c})`; }\n")
    before = 'import { index } from "./sql";\nconst drop = (t: string) => `drop ${t}`;'
    assert sent(up("this.addSql(index('a', 'b')); this.addSql(drop('a'));", before)) == ["index on a (b)", "drop a"]


def test_loops_over_what_is_written_out(up: Write) -> None:
    """`for … of` and `forEach` over literal lists give one statement for each member."""
    body = """
        for (const [table, column] of [["a", "x"], ["b", "y"]]) { this.addSql(`drop ${table}.${column}`); }
        TABLES.forEach((table) => { this.addSql(`drop ${table}`); });
        const sql = ["one", "two"];
        for (const each of sql) this.addSql(each);
    """
    migration = up(body, 'const TABLES = ["c", "d"];')
    assert sent(migration) == ["drop a.x", "drop b.y", "drop c", "drop d", "one", "two"]


def test_execute_runs_before_what_is_queued(up: Write) -> None:
    """What `execute` is given stands in front of what `addSql` queues, and each knows its line."""
    migration = up('this.addSql("later");\nawait this.execute("at once");\nconst rows = await this.execute("first");')
    assert sent(migration) == ["at once", "first", "later"]
    assert [statement.line for statement in migration.up.statements] == [6, 7, 5]


def test_helpers_are_followed(up: Write) -> None:
    """Methods of the class and functions of the file are followed, with what they are given."""
    body = """
        this.make("a");
        await outside.call(this, "b");
        drop(this);
        let text = "x"; text += "y"; this.addSql(text);
        const local = (t: string) => this.addSql(`local ${t}`); local("c");
        function nested(t: string) { if (t) { return } }
        nested("d");
        if (this.table === "wallet") { this.addSql(this.table); } else { this.addSql("never"); }
        console.log(`made ${new Date()}`);
        return;
        this.addSql("never");
    """
    before = """
        async function outside(this: Migration, name: string) { this.addSql(`outside ${name}`) }
        const drop = (migration: Migration) => { migration.addSql("drop") };
    """
    rest = 'private make(name: string) { this.addSql(`make ${name}`); }\nreadonly table = "wallet";'
    assert sent(up(body, before, rest)) == ["make a", "outside b", "drop", "xy", "local c", "wallet"]


@pytest.mark.parametrize(
    ("body", "expression"),
    [
        ("this.addSql(`default '${ulid()}'`);", "ulid()"),
        ("this.addSql(process.env.SQL);", "process"),
        ("this.addSql(makeSql(1));", "makeSql(1)"),
        ("this.addSql('select ?', [1]);", "this.addSql('select ?', [1])"),
        ("const knex = this.getKnex();\nawait knex.schema.dropTable('a');", "knex.schema.dropTable('a')"),
        (
            "const knex = this.getKnex();\nthis.addSql(knex('a').insert({}).toQuery());",
            "knex('a').insert({}).toQuery()",
        ),
        ("await this.getEntityManager().nativeDelete(A, {});", "this.getEntityManager().nativeDelete(A, {})"),
        ("const rows = await this.execute('select 1');\nif (rows.length) { this.addSql('a'); }", "(rows.length)"),
        ("for (const row of await this.execute('select 1')) { this.addSql(row); }", "await this.execute('select 1')"),
        ("for (let i = 0; i < 3; i++) { this.addSql('a'); }", "for (let i = 0; i < 3; i++) { this.addSql('a'); }"),
        ("try { this.addSql('a'); } catch {}", "try { this.addSql('a'); } catch {}"),
        ("await migrate(this);", "migrate(this)"),
        ("const x = await load();", "load()"),
        ("this.addSql(this.later);", "this.later"),
        ("this.addSql(endless(1));", "endless(1)"),
        ("this.addSql(elsewhere);", "elsewhere"),
        ("const f = () => f(); f();", "f()"),
        ("const q = this.getKnex().schema.table('a', (t) => {}); this.addSql(q.toQuery());", "q.toQuery()"),
        ("const q = sql`drop table a`; this.addSql(q);", "q"),
        ("while (more()) { this.addSql('a'); }", "while (more()) { this.addSql('a'); }"),
        ("later(() => this.addSql('a'));", "later(() => this.addSql('a'))"),
        ("this.again();", "this.again()"),
    ],
)
def test_what_only_a_running_program_knows_is_named(tmp_path: Path, up: Write, body: str, expression: str) -> None:
    """Calls, queries and conditions that can't be known are named by expression and line, and never guessed."""
    (tmp_path / "other.ts").write_text("// one\nexport const elsewhere = load();\n")
    before = "import { elsewhere } from './other'; const endless = (n) => `${endless(n)}`;"
    migration = up(body, before, "again() { this.again(); }\nlater = load();")
    assert [each.expression for each in migration.up.unread] == [expression]
    assert migration.up.unread[0].line >= 4


def test_knex_raw_is_a_statement(up: Write) -> None:
    """`knex.raw("…")` of a text is sent as it stands."""
    migration = up("const knex = this.getKnex();\nthis.addSql(knex.raw('a'));\nthis.addSql(this.getKnex().raw(`b`));")
    assert sent(migration) == ["a", "b"]


@pytest.mark.parametrize(
    ("rest", "down"),
    [("", None), ("down() { throw new Error('no way back'); }", None), ("async down() {}", [])],
)
def test_a_missing_down_is_not_an_empty_one(up: Write, rest: str, down: list[str] | None) -> None:
    """No down, and one that only throws, is none; an empty one takes back nothing."""
    found = up("this.addSql('a');", rest=rest).down
    assert (None if found is None else [statement.sql for statement in found.statements]) == down


def test_a_migration_may_run_outside_a_transaction(up: Write) -> None:
    """`isTransactional` is believed where it is written out, and named where it is not."""
    assert up("", rest="isTransactional(): boolean { return false; }").transactional is False
    assert up("", rest="isTransactional() { return true; }").all_unread == ()
    assert up("", rest="isTransactional() { return later(); }").all_unread != ()


def test_classes_of_a_file(tmp_path: Path) -> None:
    """Several classes are all found in order, a base of the same file lends its methods, an unknown base is named."""
    file = tmp_path / "m.ts"
    file.write_text(
        HEAD + "abstract class Base extends Migration { async down() { this.addSql('base'); } }\n"
        "export class One extends Base { async up() {} }\n"
        "export default class extends Migration { up = async () => { this.addSql('two'); } }\n"
        "export class Three extends Elsewhere { async up() {} }\nclass Plain {}\n"
    )
    found, unread = read_migrations(file)
    assert [each.name for each in found] == ["One", "(default)"]
    assert found[0].down is not None
    assert [statement.sql for statement in found[0].down.statements] == ["base"]
    assert [statement.sql for statement in found[1].up.statements] == ["two"]
    assert [(each.line, each.expression) for each in unread] == [(5, "extends Elsewhere")]


def test_compiled_files_are_read(tmp_path: Path) -> None:
    """What TypeScript compiles a migration to says the same."""
    file = tmp_path / "Migration20250101000000.js"
    file.write_text(
        '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.M = void 0;\n'
        'const migrations_1 = require("@mikro-orm/migrations");\nconst names_1 = require("./names");\n'
        "class M extends migrations_1.Migration {\n  async up() {\n    this.addSql(`drop ${names_1.TABLE}`);\n  }\n}\n"
        "exports.M = M;\n//# sourceMappingURL=x.js.map\n"
    )
    (tmp_path / "names.js").write_text('"use strict";\nexports.TABLE = void 0;\nexports.TABLE = "wallet";\n')
    found, unread = read_migrations(file)
    assert not unread
    assert found[0].name == "M"
    assert sent(found[0]) == ["drop wallet"]


def test_what_is_no_typescript_is_named(tmp_path: Path) -> None:
    """A file that can't be parsed, or is no UTF-8, is named."""
    broken, other = tmp_path / "a.ts", tmp_path / "b.ts"
    broken.write_text("export class { {{ async up(")
    other.write_bytes(b"\xff\xfe\x00")
    assert read_migrations(broken)[1][0].why == "this is not TypeScript that can be parsed"
    assert read_migrations(other)[1][0].why == "this file is not UTF-8"
