"""What is kept of a verification: the evidence as a file, and a record for the matrix."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.broker import Counts, Verified, open_store, record
from contracts.providers.verify import ANSWER_S
from fixtures import provenance
from fixtures.exits import CommandError

if TYPE_CHECKING:
    from rich.console import Console

    from contracts.commands.asked import Done, Wanted
    from contracts.providers.verify import Verification


def keep(out: Console, done: Done, wanted: Wanted) -> None:
    """The evidence as a file of its own, and the record where the version is known. Raises CommandError."""
    result = done.result
    assert result is not None, "what was not asked leaves nothing"
    folder = wanted.report_dir / "contracts"
    folder.mkdir(parents=True, exist_ok=True)
    at = _now()
    stem = re.sub(r"[^\w.-]", "_", f"{result.consumer}-{result.provider}.{done.environment}.{at:%Y%m%dT%H%M%S%fZ}")
    evidence = folder / f"{stem}.json"
    shown = {**result.shown(), "environment": done.environment, "version": done.version, "at": at.isoformat()}
    evidence.write_text(json.dumps({**shown, "answer_s": wanted.answer_s}, indent=2) + "\n")
    why = _why_not_recorded(done, wanted)
    if why is not None or done.version is None:
        out.print(f"  not recorded: {why}")
        return
    failed, passed = result.count("fail"), result.count("pass")
    verified = Verified(
        consumer=result.consumer,
        provider=result.provider,
        digest=result.digest,
        provider_version=done.version,
        environment=done.environment,
        success=result.success,
        counts=Counts(passed, failed, tuple(each.title for each in result.results if each.outcome == "skip")),
        at=at,
        evidence=str(evidence),
        harness=provenance.harness(),
        consumer_commit=_commit(result),
    )
    try:
        with open_store(wanted.store, wanted.environ) as store:
            record(store, verified)
    except OSError as problem:
        raise CommandError(f"the verification can't be recorded: {problem}") from None


def _why_not_recorded(done: Done, wanted: Wanted) -> str | None:
    if done.version is None:
        return "say by --provider-version which version answers there"
    if wanted.answer_s > ANSWER_S:
        return f"the platform's clients give up after {ANSWER_S:g} s, and you let it take {wanted.answer_s:g}"
    return None


def _commit(result: Verification) -> str | None:
    """HEAD, if it has this very contract: a Pact Broker finds a contract by its commit."""
    from contracts.broker.commits import Repository

    try:
        repository = Repository(Path())
        head = repository.commit("HEAD")
        contracts = repository.contracts(head) if head else []
    except CommandError:
        return None
    pair = (result.consumer, result.provider)
    return head if any((each.pair, each.digest) == (pair, result.digest) for each in contracts) else None


def _now() -> datetime:
    return datetime.now(UTC)
