r"""`--mikro-orm DIR`: the migrations of many modules, each in its own folder, run as MikroORM and Medusa v2 run them.

What they do, and where it says so (Medusa 2.11.3, MikroORM 6.4.16, umzug 3):
- A module's migrations are the files of its folder `migrations`, `.ts` or `.js` but no `.d.ts` (Configuration.js:
  `glob: '!(*.d).{js,ts,cjs}'`), sorted by path (umzug.js: `paths.sort()`) and known by the file's name without its
  ending (MigrationStorage.js `getMigrationName`), whatever the class in it is called.
- What ran is kept in a table `mikro_orm_migrations` (id, name, executed_at) unless `migrations.tableName` says
  otherwise (Configuration.js, MigrationStorage.js). Medusa does not (mikro-orm-create-connection.js): all its modules
  share that table, so of two migrations of one name in two modules the second is taken for done and never runs.
  A `mikro-orm.config.ts` beside the folder that names a table is heeded here.
- Of a file's exports only one runs (custom-db-migrator.js: `Object.values(migration)[0]`).
- Medusa runs one module after the other, each to its end, in the order of its own modules and then of the config
  (medusa-app.js: `applyMigration` over `Object.keys(allModules)`); modules are to know nothing of each other's tables,
  and what is added later runs later, so no order between modules may be relied upon.
- Each migration runs in a transaction (within one around all pending ones of its module) unless its
  `isTransactional()` answers false. knex sends `\?` as `?` and counts a bare `?` as a parameter (`positionBindings`).
- A migration without `down` throws "This migration cannot be reverted", and Medusa stops there (migrations/index.js).
"""

from __future__ import annotations

import contextlib
import random
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from suites.migrations.catalog.written import FLUSH
from suites.migrations.histories.base import Finding, HistoryError, Revision
from suites.migrations.histories.executed import Executed, Held
from suites.migrations.mikro.literals import value_of
from suites.migrations.mikro.medusa_config import modules_in_order, read_config
from suites.migrations.mikro.paper import no_down, not_read, not_read_of_config, on_paper, refused, same_names
from suites.migrations.mikro.source import MigrationClass, read_migrations
from suites.migrations.mikro.typescript import NotReadable, read, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import psycopg
    from psycopg.sql import Identifier

    from suites.migrations.catalog.schema import Schema
    from suites.migrations.mikro.method_reader import Method

TABLE = "mikro_orm_migrations"
_STAMP = re.compile(r"\d{14}")
_LOADED = (".ts", ".js", ".cjs")  # of a source and what it was compiled to, the source
_LEFT_OUT = frozenset({"node_modules", "__tests__", "integration-tests"})


@dataclass(frozen=True)
class MikroHistory:
    """Revisions of all modules in one order. tables: where each module keeps what ran.

    findings: what is wrong already on paper; a revision that has one of these may still run.
    """

    name: str
    root: Path
    revisions: tuple[Revision, ...]
    classes: Mapping[tuple[str, str], MigrationClass] = field(repr=False)  # by module and id
    tables: Mapping[str, str] = field(repr=False)
    findings: tuple[Finding, ...] = ()
    _shared: dict[str, psycopg.Connection] = field(default_factory=dict, repr=False, compare=False)

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules in the order in which their first revisions run."""
        return tuple(dict.fromkeys(revision.module for revision in self.revisions))

    @property
    def ours(self) -> frozenset[str]:
        """The tables of migrations."""
        return frozenset(self.tables.values())

    def of(self, revision: Revision) -> MigrationClass:
        """The class that was read for a revision."""
        return self.classes[revision.module, revision.id]

    def up(self, url: str, revision: Revision) -> Sequence[str]:
        """Run a migration that is not in its table yet, and put it there; () when it is. Raises HistoryError."""
        return self._run(url, revision, self.of(revision).up, going_up=True)

    def down(self, url: str, revision: Revision) -> Sequence[str]:
        """Take a migration back that is in its table; () when it is not. Raises HistoryError, also without a down."""
        method = self.of(revision).down
        if method is None:
            raise HistoryError(no_down(revision, self.of(revision)))
        return self._run(url, revision, method, going_up=False)

    def again(self, url: str) -> Sequence[str]:
        """Run what is pending, as every deployment does: () where all of it ran. Raises HistoryError."""
        with self.connected(url):
            return Executed.joined([self.up(url, revision) for revision in self.revisions])

    def rerun(self, url: str, revision: Revision) -> Sequence[str]:
        """Run the statements of an up whatever the table says: those that Medusa generates change nothing then."""
        return self._run(url, revision, self.of(revision).up, going_up=None)

    def differences(self, _url: str, schema: Schema) -> list[Finding]:
        """What the models in the source want and the database has otherwise."""
        from suites.migrations.mikro.dml_models import read_models
        from suites.migrations.mikro.expected_tables import differences

        return differences(read_models(self.root).tables, schema.tables, schema.enums)

    @contextlib.contextmanager
    def connected(self, url: str) -> Iterator[None]:
        """Steps on this database share one connection for the length of the block: many take a quarter of the time."""
        if url in self._shared:
            yield
            return
        with self._connection(url) as connection:
            self._shared[url] = connection
            try:
                yield
            finally:
                del self._shared[url]

    @contextlib.contextmanager
    def _connection(self, url: str) -> Iterator[psycopg.Connection]:
        import psycopg

        if url in self._shared:
            try:
                yield self._shared[url]
            finally:
                self._shared[url].execute(FLUSH)
        else:
            with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
                yield connection

    def by_time(self) -> MikroHistory:
        """All modules by time; within a module as MikroORM sorts them, also where times say otherwise."""
        latest: dict[str, str] = {}
        keys: list[tuple[str, str, int, Revision]] = []
        for index, revision in enumerate(self._by_module()):
            at = max(revision.order, latest.get(revision.module, ""))
            latest[revision.module] = at
            keys.append((at, revision.module, index, revision))
        return self._reordered([key[-1] for key in sorted(keys, key=lambda key: key[:3])], "by time")

    def by_modules(self, modules: Sequence[str]) -> MikroHistory:
        """One module after the other, in this order; modules that it does not name are left out.

        Raises ValueError for a name that no module has.
        """
        unknown = [name for name in modules if name not in self.tables]
        if unknown:
            raise ValueError(f"no module of {self.root} is called {', '.join(unknown)}")
        rank = {name: place for place, name in enumerate(dict.fromkeys(modules))}
        kept = [revision for revision in self._by_module() if revision.module in rank]
        return self._reordered(sorted(kept, key=lambda revision: rank[revision.module]), "by module")

    def by_config(self, file: Path) -> MikroHistory:
        """In the order of a medusa-config; what it leaves out, or names in vain, is among the findings.

        Raises HistoryError when it names none of the modules.
        """
        configured = read_config(file)
        folders = {revision.module: _module_of(revision.file.parent) for revision in self.revisions}
        order, left_out, missing = modules_in_order(configured, folders)
        findings = [not_read_of_config(unread) for unread in configured.unread]
        for module in left_out:
            says = f"the module {module} has migrations and is not in {file.name}: Medusa never runs them"
            findings.append(Finding("module-not-configured", module, folders[module], says, "add it to `modules`"))
        for folder in missing:
            says = f"{file.name} names the module {folder}, which is not there"
            findings.append(Finding("module-missing", folder.name, file, says, "correct its `resolve`"))
        if not order:
            says = f"{file.name} names none of the modules of {self.root}"
            raise HistoryError(Finding("nothing-found", file.name, file, says, "name the config of this project"))
        ordered = self.by_modules(order)
        return replace(ordered, findings=(*self.findings, *findings), name=f"{ordered.name} as in {file.name}")

    def _by_module(self) -> list[Revision]:
        return sorted(self.revisions, key=lambda revision: (revision.module, revision.file.name))

    def _reordered(self, revisions: Sequence[Revision], how: str) -> MikroHistory:
        return replace(self, revisions=tuple(revisions), name=f"MikroORM {self.root}, {how}")

    def _run(self, url: str, revision: Revision, method: Method, *, going_up: bool | None) -> Sequence[str]:
        """going_up: whether the table of migrations is to say so in the end; None leaves it as it is."""
        import psycopg
        from psycopg import sql

        unread = self.of(revision).unread + method.unread
        if unread:
            raise HistoryError(not_read(revision, unread[0], len(unread)))
        with self._connection(url) as connection:
            table = sql.Identifier(*self.tables[revision.module].split("."))
            there = _is_in(connection, table, revision.id)
            if going_up is there:
                return ()
            whole = self.of(revision).transactional
            held = Held(connection.execute, self.ours)
            try:
                with connection.transaction() if whole else contextlib.nullcontext():
                    done = self._steps(connection, revision, method, going_up, table)
                    held.look(connection.execute)
            except psycopg.Error as error:  # what is put off until the end: deferred constraints
                finding = refused(revision, method.line, "what it does in the end", error)
                raise HistoryError(finding, error.sqlstate) from None
            return held.executed((statement, 0 if whole else None) for statement in done)

    def _steps(
        self,
        connection: psycopg.Connection,
        revision: Revision,
        method: Method,
        going_up: bool | None,
        table: Identifier,
    ) -> Sequence[str]:
        import psycopg
        from psycopg import sql

        done = []
        for number, statement in enumerate(method.statements, 1):
            sent = as_sent(statement.sql)
            try:
                connection.execute(sent.encode())
            except psycopg.Error as error:
                which = f"statement {number} of {len(method.statements)}"
                finding = refused(revision, statement.line, which, error)
                raise HistoryError(finding, error.sqlstate) from None
            done.append(sent)
        if going_up:
            connection.execute(sql.SQL("insert into {} (name) values (%s)").format(table), [revision.id])
        elif going_up is not None:
            names = [revision.id, f"{revision.id}.js", f"{revision.id}.ts"]
            connection.execute(sql.SQL("delete from {} where name = any (%s)").format(table), [names])
        return done


def load(root: Path) -> MikroHistory:
    """All modules below a folder, by time. Raises HistoryError where nothing is found."""
    classes: dict[tuple[str, str], MigrationClass] = {}
    tables: dict[str, str] = {}
    revisions: list[Revision] = []
    findings: list[Finding] = []
    for folder, module in _modules(root) if root.is_dir() else []:
        for file in _files(folder):
            found, unread = read_migrations(file)
            revision = Revision(file.stem, module, file, _time_of(file, found))
            findings.extend(on_paper(revision, found, unread))
            if found:
                revisions.append(revision)
                classes[module, revision.id] = found[0]
                tables.setdefault(module, _table_of(folder))
    findings.extend(same_names(revisions, tables))
    if not revisions:
        if findings:
            raise HistoryError(findings[0])
        says = "there is no folder `migrations` in it with a class that extends Migration"
        raise HistoryError(Finding("nothing-found", root.name, root, says, "name the folder that holds the modules"))
    return MikroHistory(str(root), root, tuple(revisions), classes, tables, tuple(findings)).by_time()


def interleavings(history: MikroHistory, n: int, seed: int) -> Iterator[MikroHistory]:
    """`n` random orders that keep each module's own: all such orders are equally likely, and a seed repeats them."""
    dice = random.Random(seed)  # noqa: S311
    for number in range(1, n + 1):
        waiting = {module: [each for each in history.revisions if each.module == module] for module in history.modules}
        order = [revision.module for revision in history.revisions]
        dice.shuffle(order)
        mixed = [waiting[module].pop(0) for module in order]
        yield history._reordered(mixed, f"interleaving {number} of {n}, seed {seed}")


def as_sent(sql: str) -> str:
    r"""What knex makes of a statement: `\?` is `?`, and a bare `?` a parameter that nobody gives."""
    count = 0

    def counted(match: re.Match[str]) -> str:
        nonlocal count
        if len(match[1]) % 2:
            return "?"
        count += 1
        return f"${count}"

    return re.sub(r"(\\*)(\?)", counted, sql)


def _modules(root: Path) -> list[tuple[Path, str]]:
    """Folders of migrations, each with the name of its module: that of the folder above, longer where two share it."""
    found = [
        folder
        for folder in sorted([root, *root.rglob("migrations")])
        if folder.is_dir() and not any(map(_is_left_out, folder.relative_to(root).parts)) and _files(folder)
    ]
    sources = {_module_of(folder) for folder in found if folder.parent.name == "src"}
    folders = [folder for folder in found if folder.parent.name != "dist" or _module_of(folder) not in sources]
    short = [_module_of(folder).name for folder in folders]
    return [
        (folder, name if short.count(name) == 1 else _module_of(folder).relative_to(root).as_posix())
        for folder, name in zip(folders, short, strict=True)
    ]


def _is_left_out(part: str) -> bool:
    return part in _LEFT_OUT or part.startswith(".")


def _module_of(folder: Path) -> Path:
    """The folder above; above that where it is only the `src` or `dist` of a package."""
    above = folder.resolve().parent if folder.name == "migrations" else folder.resolve()
    return above.parent if above.name in {"src", "dist"} else above


def _files(folder: Path) -> list[Path]:
    """What MikroORM would load, sorted by name; of a source and what it was compiled to, the source."""
    files = [file for file in folder.iterdir() if file.suffix in _LOADED and not file.name.endswith(".d.ts")]
    if folder.name != "migrations":
        files = [file for file in files if _STAMP.search(file.stem)]
    best: dict[str, Path] = {}
    for file in sorted(files, key=lambda file: _LOADED.index(file.suffix)):
        best.setdefault(file.stem, file)
    return [best[stem] for stem in sorted(best)]


def _time_of(file: Path, found: Sequence[MigrationClass]) -> str:
    """The time in the file's name, else in that of its class; else the name itself."""
    for name in (file.stem, *(each.name for each in found)):
        stamp = _STAMP.search(name)
        if stamp:
            return stamp[0]
    return file.stem


def _table_of(folder: Path) -> str:
    """The table of migrations that the module's own mikro-orm.config names; else MikroORM's."""
    for file in sorted(folder.parent.glob("mikro-orm.config*")):
        source = read(file) if file.suffix in _LOADED else None
        pairs = [] if source is None else source.root.find_all(kind="pair")
        for pair in pairs:
            key, value = pair.field("key"), pair.field("value")
            if source is not None and key is not None and value is not None and key.text() == "tableName":
                try:
                    return str(value_of(source, unwrapped(value)))
                except NotReadable:
                    continue
    return TABLE


def _is_in(connection: psycopg.Connection, table: Identifier, name: str) -> bool:
    """Whether a name is in the table of migrations, which is made if it is not there yet."""
    from psycopg import errors, sql

    query = sql.SQL("select from {} where name = any (%s)").format(table)
    try:
        return connection.execute(query, [[name, f"{name}.js", f"{name}.ts"]]).fetchone() is not None
    except errors.UndefinedTable:
        columns = "id serial primary key, name varchar(255), executed_at timestamptz default now()"
        connection.execute(sql.SQL(f"create table {{}} ({columns})").format(table))
        return False
