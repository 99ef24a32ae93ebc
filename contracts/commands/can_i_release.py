"""``cityos contracts can-i-release``: has every contract of exactly this commit been verified? yes, no or unknown."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from contracts.broker import expected, open_store, standing
from contracts.broker.answers import CLOCKS_DIFFER, Answer, Asked, Row, State, answer, deciding, verify
from contracts.broker.commits import PACTS, Repository
from contracts.broker.records import moment
from fixtures.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def _now() -> datetime:
    return datetime.now(UTC)


def run(
    *,
    commit: str,
    providers: Sequence[str] = (),
    environment: str | None = None,
    files: Sequence[Path] = (),
    store: Path | None = None,
    max_age_days: float | None = None,
    accepted_skips: Sequence[str] = (),
    folder: Path = Path(),
    environ: Mapping[str, str] = os.environ,
    now: Callable[[], datetime] = _now,
) -> int:
    """Print the answer, the rows that decided it, and what to run next; 0 for yes, 1 for no, 12 for unknown.

    Expected are all contracts that stand in the commit, and all that were published for it; of a commit that this
    repository does not know, the published ones. Each has to be published with the content that the commit has, and
    verified with exactly that content. In each environment the latest verification counts: one that failed anywhere
    says no, one that holds somewhere says yes; name the environment where only one will do.

    providers: `erpnext` or `erpnext@15.2`. files: only these contracts. max_age_days: what is older says nothing.
    accepted_skips: descriptions of interactions that may have been left out; else a skip leaves it unknown.
    Raises UsageError, CommandError for a damaged store, and for a Pact Broker Unreachable.
    """
    asked = _asked(providers, environment, max_age_days, accepted_skips, now())
    repository = Repository(folder)
    exact = repository.commit(commit)
    if exact is None or (files and not repository.knows(exact)):
        typer.echo(f"{Answer.UNKNOWN}: {commit} is no commit that this repository knows")
        typer.echo("next: git fetch, or give the commit in full, 40 characters, without --contract")
        return Answer.UNKNOWN.exit_code
    with open_store(store, environ) as opened:
        found = expected(opened, repository, exact, files)
        contracts = [each for each in found.contracts if not asked.providers or each.provider in asked.providers]
        decided = [row for each in contracts for row in deciding(standing(opened, each, exact, found.published, asked))]
        where = opened.where
    missing = sorted(asked.providers.keys() - {each.provider for each in contracts})
    result = answer(decided)
    if missing and result is Answer.YES:
        result = Answer.UNKNOWN
    typer.echo(f"{result}: {exact}, {len(contracts)} contracts ({found.source}), verifications in {where}")
    for row in sorted(decided, key=lambda each: list(State).index(each.state)):
        typer.echo(_line(row))
    for name in missing:
        typer.echo(f"  {State.UNKNOWN:<9}{name}: the commit has no contract with it")
    for command in _next(decided, exact, repository.knows(exact)):
        typer.echo(f"next: {command}")
    return result.exit_code


def asked_provider(text: str) -> tuple[str, str | None]:
    """`erpnext` or `erpnext@15.2`. Raises UsageError for anything else, and for `@latest`."""
    name, at, version = text.partition("@")
    if not name or (at and not version):
        raise UsageError(f"--provider {text}: write it as erpnext, or erpnext@15.2")
    if version.lower() == "latest":
        raise UsageError(f"--provider {text}: `latest` is no version; say which it is")
    return name, version or None


def _asked(
    providers: Sequence[str], environment: str | None, days: float | None, accepted: Sequence[str], now: datetime
) -> Asked:
    pairs = [asked_provider(text) for text in providers]
    if len({name for name, _ in pairs}) < len(pairs):
        raise UsageError("--provider: each provider once; ask again for another version")
    if days is not None and not 0 < days < 36500:
        raise UsageError(f"--max-age {days:g}: a number of days above 0")
    return Asked(
        providers=dict(pairs),
        environment=environment,
        not_before=None if days is None else now - timedelta(days=days),
        not_after=now + CLOCKS_DIFFER,
        accepted=frozenset(accepted),
    )


def _line(row: Row) -> str:
    place = f" {row.version or 'any version'} in {row.environment or 'any environment'}" if row.at else ""
    when = f", {moment(row.at)}" if row.at else ""
    evidence = f"; {row.evidence}" if row.evidence else ""
    return f"  {row.state:<9}{row.contract}{place}{when}: {row.why}{evidence}"


def _next(decided: Sequence[Row], commit: str, known: bool) -> list[str]:
    """The commands that would tell, each once; for a commit without contracts those that make them known."""
    if decided:
        return list(dict.fromkeys(row.todo for row in decided if row.todo is not None))
    if known:
        return [f"git ls-tree -r {commit} {PACTS}   (no contract stands there)"]
    return [f"cityos contracts publish --commit {commit}   (where that commit is)", verify("PROVIDER", None)]
