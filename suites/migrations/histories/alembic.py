"""A history that Alembic runs: the folder with `env.py` and `versions/`, opened by path.

The project's own `env.py` connects. It is given the address in both usual ways: as the option `sqlalchemy.url`, and as
`config.attributes["url"]`. What it executes is heard from SQLAlchemy, whichever engine it makes.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any

from suites.migrations.histories.base import Finding, HistoryError, Revision
from suites.migrations.histories.executed import Held, is_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from alembic.config import Config
    from alembic.script import Script, ScriptDirectory

    from suites.migrations.catalog.schema import Schema

BASE = "base"
HEAD = "head"
_KEPT_BY_ALEMBIC = re.compile(r"\balembic_version\b")


class AlembicHistory:
    """Revisions of one `versions/` folder, from the base to the one head. Raises HistoryError for what has none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._scripts = self._opened()
        self.revisions: Sequence[Revision] = [self._revision(each) for each in self._in_order()]

    @property
    def name(self) -> str:
        """Its kind and folder."""
        return f"Alembic history {self.folder}"

    @property
    def ours(self) -> frozenset[str]:
        """The table of Alembic's own."""
        return frozenset({"alembic_version"})

    @property
    def findings(self) -> Sequence[Finding]:
        """None: what is wrong on paper can't be opened."""
        return ()

    def connected(self, _url: str) -> contextlib.nullcontext[None]:
        """Each step connects by itself."""
        return contextlib.nullcontext()

    def up(self, url: str, revision: Revision) -> Sequence[str]:
        """Upgrade to a revision."""
        from alembic import command

        return self._run(url, revision, lambda config: command.upgrade(config, revision.id))

    def down(self, url: str, revision: Revision) -> Sequence[str]:
        """Downgrade to the one before it."""
        from alembic import command

        before = self._scripts.get_revision(revision.id).down_revision
        if isinstance(before, tuple):
            raise self._error("merge-down", revision, "two revisions come before it", "take it back by hand")
        return self._run(url, revision, lambda config: command.downgrade(config, str(before or BASE)))

    def again(self, url: str) -> Sequence[str]:
        """Upgrade to the head, where it is."""
        from alembic import command

        return self._run(url, self.revisions[-1], lambda config: command.upgrade(config, HEAD))

    def differences(self, url: str, _schema: Schema) -> list[Finding]:
        """What Alembic's autogenerate would write, from the project's models and a database at the head."""
        from alembic import command
        from alembic.util import CommandError

        last = self.revisions[-1]
        try:
            with _quiet(), _importable(self.folder):
                command.check(self._config(url))
        except CommandError as problem:
            says = str(problem).removeprefix("New upgrade operations detected: ")
            remedy = "write the revision that is missing: alembic revision --autogenerate"
            return [Finding("models-differ", last.title, last.file, f"the models say otherwise: {says}", remedy)]
        return []

    def _opened(self) -> ScriptDirectory:
        from alembic.script import ScriptDirectory

        if not (self.folder / "env.py").is_file():
            says, remedy = "there is no env.py", "name the folder that holds env.py and versions/"
            raise HistoryError(Finding("no-history", "", self.folder, says, remedy))
        return ScriptDirectory.from_config(self._config(""))

    def _in_order(self) -> list[Script]:
        from alembic.script.revision import RevisionError
        from alembic.util import CommandError

        try:
            heads = self._scripts.get_heads()
            found = list(self._scripts.walk_revisions())
        except (CommandError, RevisionError, KeyError, SyntaxError) as problem:
            remedy = "give each revision an id of its own, and the one that it comes after"
            raise HistoryError(Finding("broken-chain", "", self.folder, str(problem), remedy)) from None
        except Exception as problem:  # noqa: BLE001 (to read a revision is to run its module)
            says = f"a revision cannot be imported: {type(problem).__name__}: {problem}"
            raise HistoryError(Finding("broken-chain", "", self.folder, says, "mend its imports")) from None
        if not found:
            raise HistoryError(
                Finding("no-history", "", self.folder, "there is no revision", "write the first one: alembic revision")
            )
        if len(heads) > 1:
            says = f"there are {len(heads)} heads: {', '.join(sorted(heads))}"
            at = self._scripts.get_revision(max(heads))
            remedy = "let one come after the other, or merge them: alembic merge heads"
            raise HistoryError(Finding("two-heads", at.revision, _file(at), says, remedy))
        return found[::-1]

    def _revision(self, script: Script) -> Revision:
        return Revision(script.revision, "", _file(script), script.revision)

    def _config(self, url: str) -> Config:
        from alembic.config import Config

        config = Config(stdout=io.StringIO(), attributes={"url": url})  # ours is for what we tell
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
        return config

    def _run(self, url: str, revision: Revision, work: Any) -> Sequence[str]:
        import psycopg
        from alembic.util import CommandError
        from sqlalchemy.exc import DBAPIError

        with psycopg.connect(url, autocommit=True) as connection:
            held = Held(connection.execute, self.ours)
        with _heard(held) as statements, _quiet(), _importable(self.folder):
            try:
                work(self._config(url))
            except DBAPIError as refused:
                said = str(refused.orig).strip().partition("\n")[0]
                last = statements[-1][0] if statements else ""
                state = getattr(refused.orig, "sqlstate", None)
                raise self._error(
                    "refused", revision, f"PostgreSQL: {said}; at: {_short(last)}", "", state, refused
                ) from None
            except NotImplementedError:
                raise self._error("no-down", revision, "there is no way down", "write downgrade()") from None
            except CommandError as problem:
                raise self._error("refused", revision, str(problem), "") from None
            except Exception as problem:  # noqa: BLE001 (a revision is a program of the project: it may raise anything)
                said = f"{type(problem).__name__}: {problem}"
                raise self._error("refused", revision, said, "", None, problem) from None
        return held.executed(each for each in statements if not _KEPT_BY_ALEMBIC.search(each[0]))

    def _error(
        self,
        rule: str,
        revision: Revision,
        says: str,
        remedy: str,
        sqlstate: str | None = None,
        raised: Exception | None = None,
    ) -> HistoryError:
        line = None if raised is None else _line(raised, revision.file)
        return HistoryError(Finding(rule, revision.id, revision.file, says, remedy, line), sqlstate)


def _file(script: Script) -> Path:
    from pathlib import Path

    return Path(script.path)


def _line(raised: Exception, file: Path) -> int | None:
    """The line of a file from which it was raised, the innermost one."""
    lines = [frame.lineno for frame in traceback.extract_tb(raised.__traceback__) if frame.filename == str(file)]
    return lines[-1] if lines else None


def _short(statement: str, most: int = 120) -> str:
    said = " ".join(statement.split())
    return said if len(said) <= most else f"{said[:most]}…"


@contextlib.contextmanager
def _heard(held: Held) -> Iterator[list[tuple[str, int | None]]]:
    """Every statement that SQLAlchemy executes until the end of the block, but for what it asks the catalog.

    Each comes with the number of its transaction, None in an `autocommit_block()`. Before each commit, also one that is
    a statement itself, `held` looks at the locks.
    """
    from sqlalchemy import Engine, event

    statements: list[tuple[str, int | None]] = []
    ended: list[Any] = []  # transactions

    def hear(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "pg_catalog." not in statement and "pg_advisory" not in statement:
            alone = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
            statements.append((statement.strip(), None if alone else len(ended)))
            if is_end(statement):
                _look(held, connection)

    def commit(connection: Any) -> None:
        _look(held, connection)
        ended.append(connection)

    heard: dict[str, Any] = {"before_cursor_execute": hear, "commit": commit, "rollback": ended.append}
    for name, hearer in heard.items():
        event.listen(Engine, name, hearer)
    try:
        yield statements
    finally:
        for name, hearer in heard.items():
            event.remove(Engine, name, hearer)


def _look(held: Held, connection: Any) -> None:
    """By a cursor of the driver's own, which no event hears. A transaction that has failed holds nothing for long."""

    def ask(query: str) -> Sequence[Sequence[Any]]:
        cursor = connection.connection.cursor()
        cursor.execute(query)
        rows: Sequence[Sequence[Any]] = cursor.fetchall()
        cursor.close()
        return rows

    if connection.dialect.name == "postgresql":
        with contextlib.suppress(connection.dialect.loaded_dbapi.Error):
            held.look(ask)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Alembic tells nothing: what it does is told by us."""
    import logging

    log = logging.getLogger("alembic")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


@contextlib.contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """The project around the folder can be imported, as Alembic's `prepend_sys_path = .` has it."""
    roots = [str(each) for each in folder.parents if (each / "pyproject.toml").is_file()][:1] or [str(folder.parent)]
    sys.path[:0] = roots
    try:
        yield
    finally:
        for root in roots:
            sys.path.remove(root)
