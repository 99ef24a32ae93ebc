"""``cityos contracts matrix``: consumer commits by provider version and environment, with date and evidence."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from contracts.broker import expected, open_store, standing
from contracts.broker.answers import CLOCKS_DIFFER, Asked, Row, State
from contracts.broker.commits import Repository
from contracts.broker.records import moment
from fixtures.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contracts.broker import Store

_STYLES = {State.OK: "green", State.FAILED: "red", State.OUTDATED: "yellow", State.UNKNOWN: "yellow"}
_WIDTH_ELSEWHERE = 200  # where no terminal says how wide it is


def _now() -> datetime:
    return datetime.now(UTC)


def run(
    *,
    commit: str | None = None,
    as_json: bool = False,
    store: Path | None = None,
    folder: Path = Path(),
    environ: Mapping[str, str] = os.environ,
    now: Callable[[], datetime] = _now,
) -> int:
    """Print the matrix of one commit, or of all that were published; 0 when all hold, 1 when one failed, else 12.

    Each line is a contract of a commit, with a provider at a version in an environment: ok, failed, outdated (verified
    there, but with another content) or unknown. Where a version was followed by another in the same environment, it is
    shown, and does not count. Nothing to show is unknown too.
    Raises UsageError, CommandError for a damaged store, and for a Pact Broker (which needs `commit`) Unreachable.
    """
    repository = Repository(folder)
    asked = Asked(not_after=now() + CLOCKS_DIFFER)
    with open_store(store, environ) as opened:
        if commit is None:
            found = [row for each in _commits(opened) for row in _rows(opened, repository, each, asked)]
        else:
            exact = repository.commit(commit)
            found = [] if exact is None else _rows(opened, repository, exact, asked)
        where = opened.where
    if as_json:
        typer.echo(
            json.dumps({"store": where, "state": _worst(found), "rows": [_shown(row) for row in found]}, indent=2)
        )
    else:
        _print(found, f"unknown: {where} has nothing of {'any commit' if commit is None else commit}")
    worst = _worst(found)
    if worst is State.FAILED:
        return Exit.BLOCKED
    return Exit.RELEASE if worst is State.OK else Exit.NOT_VERIFIED


def _commits(store: Store) -> list[str]:
    """Those that published something, the latest first."""
    published = sorted(store.published(), key=lambda each: (each.at, each.consumer_commit), reverse=True)
    return list(dict.fromkeys(each.consumer_commit for each in published))


def _rows(store: Store, repository: Repository, commit: str, asked: Asked) -> list[Row]:
    known = expected(store, repository, commit)
    return [row for each in known.contracts for row in standing(store, each, commit, known.published, asked)]


def _worst(found: Sequence[Row]) -> State:
    """Of the rows that count: failed before anything that is not known."""
    states = {row.state for row in found if row.current}
    if State.FAILED in states:
        return State.FAILED
    return State.OK if states == {State.OK} else State.UNKNOWN


def _shown(row: Row) -> dict[str, Any]:
    return {**asdict(row), "at": None if row.at is None else row.at.isoformat()}


def _print(found: Sequence[Row], nothing: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = Console(highlight=False)
    if not out.is_terminal:
        out.width = _WIDTH_ELSEWHERE
    if not found:
        out.print(Text(nothing))
    for commit in dict.fromkeys(row.commit for row in found):
        table = Table(title=f"commit {commit}", title_justify="left", box=box.SIMPLE_HEAD)
        for name in ("contract", "version", "environment", "state", "date", "evidence", "what is known"):
            table.add_column(name, overflow="fold")
        for row in found:
            if row.commit == commit:
                table.add_row(*(Text(text) for text in _cells(row)[:3]), _state(row), *map(Text, _cells(row)[3:]))
        out.print(table)


def _state(row: Row) -> Any:
    from rich.text import Text

    return Text(row.state, _STYLES[row.state] if row.current else "dim")


def _cells(row: Row) -> list[str]:
    why = row.why if row.current else f"{row.why}; a later version was verified there"
    at = "" if row.at is None else moment(row.at)
    return [row.contract, row.version or "?", row.environment or "?", at, row.evidence or "", why]
