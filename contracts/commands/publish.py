"""``cityos contracts publish``: puts a commit's contracts, as it has them, into the store or the Pact Broker."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from contracts.broker import open_store
from contracts.broker.commits import PACTS, Repository
from fixtures.exits import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def _now() -> datetime:
    return datetime.now(UTC)


def run(
    *,
    commit: str | None = None,
    files: Sequence[Path] = (),
    store: Path | None = None,
    branch: str | None = None,
    folder: Path = Path(),
    environ: Mapping[str, str] = os.environ,
    now: Callable[[], datetime] = _now,
) -> int:
    """Publish all contracts of a commit, or only those in these files: what git has of them, never the work tree.

    commit: HEAD by default. HEAD is refused while a contract's file differs from it: who publishes then means the file,
    and nobody could get that back from the commit. branch: the one that is checked out, for HEAD.
    Raises UsageError, and for a Pact Broker Unreachable.
    """
    repository = Repository(folder)
    wanted = commit or "HEAD"
    exact = repository.commit(wanted)
    if exact is None or not repository.knows(exact):
        raise UsageError(f"{wanted}: no commit of this repository; fetch it, or publish from where it is")
    at_head = exact == repository.commit("HEAD")
    if at_head and (changed := repository.changed()):
        raise UsageError(f"not as HEAD has it: {', '.join(changed)}; commit it first, then publish that commit")
    contracts = repository.chosen(exact, files)
    if not contracts:
        raise UsageError(f"{exact} has no contract in {PACTS}: write them with `cityos contracts generate`, and commit")
    if branch is None and at_head:
        branch = repository.branch()
    with open_store(store, environ) as opened:
        for line in opened.publish(contracts, exact, branch, now()):
            typer.echo(line)
        typer.echo(f"{len(contracts)} contracts of {exact} are in {opened.where}")
    return Exit.RELEASE
