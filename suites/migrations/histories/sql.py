"""A history of SQL files: up and down by their names, in the order of their numbers.

Known forms: `0001_wallet.up.sql` with `0001_wallet.down.sql` (golang-migrate), `0001_wallet/up.sql` with `down.sql`
(Diesel), `V1__wallet.sql` with `U1__wallet.sql` and `R__views.sql`, which runs each time (Flyway), and one file with
both parts, marked by `-- migrate:up` and `-- migrate:down` (dbmate) or `-- +goose Up` and `-- +goose Down`.

A file runs in one transaction, but for one with a statement that PostgreSQL runs in none (CONCURRENTLY), and one that
says so itself: `-- migrate:up transaction:false` (dbmate), `-- +goose NO TRANSACTION`.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pglast import ast

from suites.migrations.histories.base import Finding, HistoryError, Revision
from suites.migrations.histories.executed import Executed, Held
from suites.migrations.statements.read import read

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from suites.migrations.catalog.schema import Schema

TABLE = "cityos_sql_history"
_PAIR = re.compile(r"(?P<name>.+)\.(?P<way>up|down)\.sql", re.IGNORECASE)
_FLYWAY = re.compile(r"(?P<way>[VU])(?P<number>[\d._]+)__(?P<name>.+)\.sql", re.IGNORECASE)
_REPEATED = re.compile(r"R__.+\.sql", re.IGNORECASE)
_MARK = re.compile(r"^--\s*(?:migrate:|\+goose\s+)(?P<way>up|down)\b.*$", re.IGNORECASE | re.MULTILINE)
_GOOSE_ALONE = re.compile(r"^--\s*\+goose\s+NO\s+TRANSACTION\b", re.IGNORECASE | re.MULTILINE)
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class Script:
    """The SQL of one way of a revision: its file, the text, and the line at which it begins there."""

    file: Path
    text: str
    line: int = 1
    alone: bool = False  # each statement in a transaction of its own, as the file says


class SqlHistory:
    """Revisions of one folder. Raises HistoryError for a folder without any, or a file whose name says nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._ups: dict[str, Script] = {}
        self._downs: dict[str, Script] = {}
        self._each_time: list[Script] = []
        for file in sorted(self.folder.rglob("*.sql")):
            self._take(file)
        if not self._ups:
            raise self._error("no-history", "", self.folder, "there is no SQL file with a way up", _NAMES)
        for name in self._downs.keys() - self._ups.keys():
            raise self._error("down-alone", name, self._downs[name].file, "a way down without a way up", _NAMES)
        self.revisions: Sequence[Revision] = [
            Revision(name, "", self._ups[name].file, name, self._downs[name].file if name in self._downs else None)
            for name in sorted(self._ups, key=_number)
        ]
        self._refuse_doubles()

    @property
    def name(self) -> str:
        """Its kind and folder."""
        return f"SQL history {self.folder}"

    @property
    def ours(self) -> frozenset[str]:
        """None: what has run is kept in memory, since the folder says nothing of a table."""
        return frozenset()

    @property
    def findings(self) -> Sequence[Finding]:
        """None: what is wrong on paper can't be opened."""
        return ()

    def connected(self, _url: str) -> contextlib.nullcontext[None]:
        """Each step connects by itself."""
        return contextlib.nullcontext()

    def up(self, url: str, revision: Revision) -> Sequence[str]:
        """Run the file; behind the last one also what runs each time."""
        statements = self._run(url, revision, self._ups[revision.id])
        if revision != self.revisions[-1] or not self._each_time:
            return statements
        return Executed.joined([statements, self.again(url)])

    def down(self, url: str, revision: Revision) -> Sequence[str]:
        """Run the file of the way down."""
        script = self._downs.get(revision.id)
        if script is None:
            raise self._error("no-down", revision.id, revision.file, "there is no way down", _NAMES)
        return self._run(url, revision, script)

    def again(self, url: str) -> Sequence[str]:
        """Run what runs each time: Flyway's `R__` files, in the order of their names."""
        last = self.revisions[-1]
        return Executed.joined(self._run(url, last, script) for script in self._each_time)

    def differences(self, _url: str, _schema: Schema) -> list[Finding]:
        """None: SQL files know no models."""
        return []

    def _take(self, file: Path) -> None:
        pair, flyway = _PAIR.fullmatch(file.name), _FLYWAY.fullmatch(file.name)
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise self._error("no-sql", file.stem, file, "it is no UTF-8", "save it as UTF-8") from None
        if pair is not None:
            self._keep(pair["name"], pair["way"].lower(), Script(file, text))
        elif flyway is not None:
            way = "up" if flyway["way"].upper() == "V" else "down"
            self._keep(f"{flyway['number']}__{flyway['name']}", way, Script(file, text))
        elif _REPEATED.fullmatch(file.name):
            self._each_time.append(Script(file, text))
        elif file.name.lower() in {"up.sql", "down.sql"}:
            self._keep(file.parent.name, file.stem.lower(), Script(file, text))
        else:
            parts = list(_MARK.finditer(text))
            if not parts:
                raise self._error("unknown-name", file.stem, file, "its name says neither up nor down", _NAMES)
            ends = [part.start() for part in parts[1:]] + [len(text)]
            for part, end in zip(parts, ends, strict=True):
                line = text.count("\n", 0, part.end()) + 1
                alone = "transaction:false" in part[0] or _GOOSE_ALONE.search(text) is not None
                self._keep(file.stem, part["way"].lower(), Script(file, text[part.end() : end], line, alone))

    def _keep(self, name: str, way: str, script: Script) -> None:
        kept = self._ups if way == "up" else self._downs
        if name in kept:
            says = f"it has two ways {way}: {kept[name].file.name} and {script.file.name}"
            raise self._error("two-ways", name, script.file, says, "keep one of them")
        kept[name] = script

    def _refuse_doubles(self) -> None:
        for one, other in zip(self.revisions, self.revisions[1:], strict=False):
            if _number(one.id)[0] == _number(other.id)[0] and _number(one.id)[0]:
                says = f"it has the number of {one.id}: their order is chance"
                raise self._error("two-heads", other.id, other.file, says, "give it a number of its own")

    def _run(self, url: str, revision: Revision, script: Script) -> Sequence[str]:
        import pglast
        import psycopg

        try:
            parts = pglast.split(script.text, only_slices=True)
        except pglast.Error as wrong:
            line = _line(script, wrong.args[1] if len(wrong.args) > 1 else 0)
            raise self._error(
                "no-sql", revision.id, script.file, f"PostgreSQL can't read it: {wrong}", "", line
            ) from None
        statements = [script.text[part].strip() for part in parts]
        alone = script.alone or any(_alone(statement) for statement in statements)
        done = 0
        with psycopg.connect(url, autocommit=True) as connection:
            held = Held(connection.execute)
            try:
                with contextlib.nullcontext() if alone else connection.transaction():
                    for statement in statements:
                        connection.execute(statement.encode())
                        done += 1
                    held.look(connection.execute)
            except psycopg.Error as refused:
                at = min(done, len(statements) - 1)  # what is deferred to the end is refused behind the last one
                said = f"PostgreSQL: {str(refused).strip().partition(chr(10))[0]}; at statement {at + 1}"
                raise HistoryError(
                    Finding("refused", revision.id, script.file, said, "", _line(script, parts[at].start)),
                    refused.sqlstate,
                ) from None
        return held.executed((statement, None if alone else 0) for statement in statements)

    def _error(
        self, rule: str, revision: str, file: Path, says: str, remedy: str, line: int | None = None
    ) -> HistoryError:
        return HistoryError(Finding(rule, revision, file, says, remedy, line))


_NAMES = "name files NUMBER_NAME.up.sql and NUMBER_NAME.down.sql"


def _alone(statement: str) -> bool:
    """Whether PostgreSQL runs it in no transaction, or makes a new value of an enum that only later ones may use."""
    return any(each.outside or isinstance(each.node, ast.AlterEnumStmt) for each in read(statement))


def _line(script: Script, place: int) -> int:
    return script.line + script.text.count("\n", 0, place)


def _number(name: str) -> tuple[list[int], str]:
    """Its numbers as numbers, so that 10 comes after 9; then its text."""
    head = name.partition("__")[0] if "__" in name else name.partition("_")[0]
    return [int(each) for each in _NUMBERS.findall(head)], name
