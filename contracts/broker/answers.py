"""May this commit be released? Decided from records alone: nothing here reads a file, a clock or the network.

A contract of a commit stands by its digest. Only a verification of exactly that digest says anything about it: one of
an older contract, or of another provider version or environment than was asked for, leaves it unknown. The platform's
reference stands in the commit beside the contracts: what another commit's did, or that of a changed tree, is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from contracts.broker.records import CITYOS, REFERENCE, SANDBOX, SIMULATOR, moment
from fixtures.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from contracts.broker.records import Contract, Published, Verified

CLOCKS_DIFFER = timedelta(minutes=5)
"""By so much the clock of who verified may be before that of who asks."""


class State(StrEnum):
    """How a contract stands with a provider."""

    OK = "ok"
    FAILED = "failed"
    OUTDATED = "outdated"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """Of `can-i-release`."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @property
    def exit_code(self) -> Exit:
        return {Answer.YES: Exit.RELEASE, Answer.NO: Exit.BLOCKED, Answer.UNKNOWN: Exit.NOT_VERIFIED}[self]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an answer is wanted for. providers: by name, each with a version or None; empty for all.

    not_before: a verification that is older says nothing any more. not_after: nor does one of the future. accepted:
    interactions, by their descriptions, whose skip is accepted.
    """

    providers: Mapping[str, str | None] = field(default_factory=dict)
    environment: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    accepted: frozenset[str] = frozenset()

    def covers(self, record: Verified) -> bool:
        """Whether the verification is of the provider version and environment that were asked for."""
        version = self.providers.get(record.provider)
        return version in {None, record.provider_version} and self.environment in {None, record.environment}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A commit's contract and a provider at a version in an environment.

    current: nothing later is known of that environment. why: what is known. todo: the command to run next.
    """

    consumer: str
    commit: str
    provider: str
    state: State
    why: str
    environment: str | None = None
    version: str | None = None
    at: datetime | None = None
    evidence: str | None = None
    current: bool = True
    todo: str | None = None

    @property
    def contract(self) -> str:
        """For people."""
        return f"{self.consumer} with {self.provider}"


def rows(
    contract: Contract, commit: str, published: Iterable[Published], verified: Sequence[Verified], asked: Asked
) -> list[Row]:
    """All that is known of one contract of a commit, as far as was asked for; at least one row."""
    digests = {each.digest for each in published if (each.consumer, each.provider) == contract.pair}
    if digests != {contract.digest}:
        return [_unpublished(contract, commit, digests)]
    ours = [each for each in verified if (each.consumer, each.provider) == contract.pair]
    covered = [each for each in ours if asked.covers(each)]
    found: list[Row] = []
    for environment in sorted({each.environment for each in covered}):
        there = [each for each in covered if each.environment == environment]
        exact = [each for each in there if each.digest == contract.digest]
        exact = [each for each in exact if _of_this_tree(each, commit)] or exact
        found += _exact(commit, exact, asked) if exact else [_outdated(contract, commit, _last(there))]
    return found or [_nothing(contract, commit, ours, asked)]


def deciding(found: Sequence[Row]) -> list[Row]:
    """The rows of one contract that decide: a failure anywhere, else what holds, else what is not known."""
    current = [row for row in found if row.current]
    for state in (State.FAILED, State.OK):
        if chosen := [row for row in current if row.state is state]:
            return chosen
    return current


def answer(decided: Sequence[Row]) -> Answer:
    """Of the rows that decide. No rows: unknown."""
    states = {row.state for row in decided}
    if State.FAILED in states:
        return Answer.NO
    return Answer.YES if states == {State.OK} else Answer.UNKNOWN


def _of_this_tree(record: Verified, commit: str) -> bool:
    """Whether it is the commit's own platform that was asked, where it is one that stands beside the contract."""
    return record.environment != REFERENCE or record.provider_version == commit


def _last(there: Sequence[Verified]) -> Verified:
    """The latest one; of those at the same moment one that failed."""
    return max(there, key=lambda each: (each.at, not each.success))


def _exact(commit: str, there: Sequence[Verified], asked: Asked) -> list[Row]:
    newest = _last(there)
    versions = sorted({each.provider_version for each in there})
    lasts = [_last([each for each in there if each.provider_version == version]) for version in versions]
    return [_judged(commit, last, asked, current=last is newest) for last in lasts]


def _judged(commit: str, record: Verified, asked: Asked, *, current: bool) -> Row:
    counts = record.counts
    skipped = [name for name in counts.skipped if name not in asked.accepted] if counts else []
    todo: str | None = verify(record.provider, record.environment)
    if counts and not counts.passed and not counts.failed:
        state, why = State.UNKNOWN, f"nothing was asked, skipped: {'; '.join(counts.skipped) or 'all'}"
    elif not _of_this_tree(record, commit):
        state, why = State.UNKNOWN, f"the platform of {record.provider_version} was asked, not this commit's"
    elif not record.success:
        total = counts.passed + counts.failed + len(counts.skipped) if counts else 0
        state, why = State.FAILED, f"{counts.failed} of {total} interactions failed" if counts else "it failed"
    elif asked.not_before is not None and record.at < asked.not_before:
        state, why = State.UNKNOWN, f"verified too long ago, before {moment(asked.not_before)}"
    elif asked.not_after is not None and record.at > asked.not_after:
        state, why = State.UNKNOWN, "verified in the future: a clock was wrong"
    elif skipped:
        state, why = State.UNKNOWN, f"verified in part, skipped: {'; '.join(skipped)}"
    else:
        state, why, todo = State.OK, f"{counts.passed} interactions passed" if counts else "it passed", None
    return _of(record, commit, state, why, current=current, todo=todo)


def _outdated(contract: Contract, commit: str, record: Verified) -> Row:
    result = "verified" if record.success else "failed"
    why = f"{result} against another contract ({record.digest[:12]}, this commit's is {contract.digest[:12]})"
    todo = verify(record.provider, record.environment)
    return _of(record, commit, State.OUTDATED, why, todo=todo)


def _unpublished(contract: Contract, commit: str, digests: set[str]) -> Row:
    todo: str | None = f"cityos contracts publish --commit {commit}"
    why = "not published for this commit"
    if digests:
        found = ", ".join(sorted(digest[:12] for digest in digests))
        why = f"published for this commit is {found}, but the commit has {contract.digest[:12]}"
        todo = None
    return _row(contract, commit, why, todo)


def _nothing(contract: Contract, commit: str, ours: Sequence[Verified], asked: Asked) -> Row:
    version = asked.providers.get(contract.provider)
    wanted = f"{f' with {version}' if version else ''}{f' in {asked.environment}' if asked.environment else ''}"
    exact = [each for each in ours if each.digest == contract.digest]
    why = f"never verified{wanted}"
    if exact:
        others = sorted({f"{each.provider_version} in {each.environment}" for each in exact})
        why += f", only with {', '.join(others)}"
    elif ours:
        last = _last(ours)
        why += f"; another contract ({last.digest[:12]}) was, in {last.environment} on {moment(last.at)}"
    return _row(contract, commit, why, verify(contract.provider, asked.environment), asked.environment, version)


def verify(provider: str, environment: str | None) -> str:
    """The command that would tell."""
    if environment in {None, SIMULATOR, REFERENCE}:
        return f"cityos contracts verify {provider}"
    if environment == SANDBOX:
        return f"cityos contracts verify {provider} --sandbox"
    if provider == CITYOS:
        return f"cityos contracts verify {provider} --environment {environment} --target …"
    return f"cityos contracts verify {provider} --environment {environment} --base-url …"


def _row(
    contract: Contract,
    commit: str,
    why: str,
    todo: str | None,
    environment: str | None = None,
    version: str | None = None,
) -> Row:
    return Row(
        consumer=contract.consumer,
        commit=commit,
        provider=contract.provider,
        state=State.UNKNOWN,
        why=why,
        environment=environment,
        version=version,
        todo=todo,
    )


def _of(record: Verified, commit: str, state: State, why: str, *, current: bool = True, todo: str | None) -> Row:
    return Row(
        consumer=record.consumer,
        commit=commit,
        provider=record.provider,
        state=state,
        why=why,
        environment=record.environment,
        version=record.provider_version,
        at=record.at,
        evidence=record.evidence,
        current=current,
        todo=todo,
    )
