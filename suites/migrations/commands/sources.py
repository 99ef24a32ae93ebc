"""Which history a command is about, and the PostgreSQL server that it runs on."""

from __future__ import annotations

import contextlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.exits import CommandError, UsageError
from suites.migrations.histories.base import HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.postgres import PostgresServer
    from suites.migrations.histories.base import History
    from suites.migrations.mikro.history import MikroHistory

BY_TIME, BY_CONFIG = "time", "config"
_NOTHING_THERE = {"no-history", "nothing-found"}
"""Rules of what is no history at all: the folder is another one than the user meant."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The folder of a history, by its kind; none: the reference implementation's own.

    order: of a MikroORM history's modules, "time", "config", or their names with commas between.
    """

    alembic: Path | None = None
    sql: Path | None = None
    mikro_orm: Path | None = None
    order: str | None = None

    @property
    def arguments(self) -> list[str]:
        """How it is named on a command line."""
        named = {"--alembic": self.alembic, "--sql": self.sql, "--mikro-orm": self.mikro_orm, "--order": self.order}
        return [word for option, value in named.items() if value is not None for word in (option, str(value))]


def opened(source: Source) -> History:
    """The history; UsageError for a folder without one, HistoryError for one that cannot be read."""
    given = [each for each in (source.alembic, source.sql, source.mikro_orm) if each is not None]
    if len(given) > 1:
        raise UsageError("--alembic, --sql and --mikro-orm name one history each: leave all but one of them out")
    if source.order is not None and source.mikro_orm is None:
        raise UsageError("--order is about the modules of a MikroORM history: name it by --mikro-orm DIR")
    folder = given[0] if given else reference()
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder: name the one that holds the migrations")
    try:
        return _read(source, folder)
    except HistoryError as problem:
        if problem.finding.rule in _NOTHING_THERE:
            raise UsageError(f"{folder}: {problem.finding.says}: {problem.finding.remedy}") from None
        raise


def reference() -> Path:
    """The folder of the reference implementation's history, found without importing it."""
    found = importlib.util.find_spec("reference_impl")
    if found is None or found.origin is None:
        raise UsageError(
            "the reference implementation is not installed: name a history by --alembic, --sql, --mikro-orm"
        )
    return Path(found.origin).parent / "migrations"


def _read(source: Source, folder: Path) -> History:
    if source.sql is not None:
        from suites.migrations.histories.sql import SqlHistory

        return SqlHistory(folder)
    if source.mikro_orm is not None:
        from suites.migrations.mikro.history import load

        return _ordered(load(folder.resolve()), source.order)
    from suites.migrations.histories.alembic import AlembicHistory

    return AlembicHistory(folder)


def _ordered(history: MikroHistory, order: str | None) -> MikroHistory:
    """As Medusa runs them where there is a config; else by time."""
    from suites.migrations.mikro.medusa_config import NAMES, find

    config = find(history.root)
    if order == BY_TIME or (order is None and config is None):
        return history
    if order in (None, BY_CONFIG):
        if config is None:
            raise UsageError(f"--order {BY_CONFIG}: there is no {NAMES[0]} in {history.root} or above it")
        return history.by_config(config)
    assert order is not None, "it is neither of the two words"
    try:
        return history.by_modules([name.strip() for name in order.split(",")])
    except ValueError as problem:
        raise UsageError(f"--order: {problem}; known are {', '.join(history.modules)}") from None


@contextlib.contextmanager
def server(database_url: str | None, major: int | None = None) -> Iterator[PostgresServer]:
    """The server of a command: at an address, in a container of this major version, or the embedded one.

    Raises UsageError for an address or a version that does not do, CommandError when the embedded one does not start.
    """
    from fixtures.postgres import PostgresError, open_server

    with contextlib.ExitStack() as stack:
        try:
            opened_one = stack.enter_context(open_server(database_url, container=major is not None, major=major))
        except PostgresError as error:
            if database_url is not None or major is not None:
                raise UsageError(str(error)) from error
            raise CommandError(str(error)) from error
        yield opened_one
