"""One answer per exact commit: which contract it has, and with which provider version or environment that holds.

`open_store` gives the Pact Broker that the environment names, else a folder. `record` keeps what came of a
verification; `standing` tells all that is known of a commit's contracts.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from contracts.broker import answers
from contracts.broker.files import DEFAULT, Files
from contracts.broker.records import Contract, Counts, Published, Verified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from contracts.broker.answers import Asked, Row
    from contracts.broker.commits import Repository

__all__ = [
    "Contract",
    "Counts",
    "Expected",
    "Published",
    "Store",
    "Verified",
    "expected",
    "open_store",
    "record",
    "standing",
]


class Store(Protocol):
    """Where the records are: a folder, or a Pact Broker. Records are added; none is ever changed or taken away."""

    @property
    def where(self) -> str: ...

    def publish(self, contracts: Sequence[Contract], commit: str, branch: str | None, at: datetime) -> list[str]: ...

    def record(self, verified: Verified) -> None: ...

    def published(self, commit: str | None = None) -> list[Published]: ...

    def verified(self, consumer: str, provider: str, commit: str) -> list[Verified]: ...


@dataclass(frozen=True)
class Expected:
    """The contracts of a commit that have to hold. source: where they were found."""

    contracts: Sequence[Contract]
    published: Sequence[Published]
    source: str


@contextlib.contextmanager
def open_store(folder: Path | None, environ: Mapping[str, str]) -> Iterator[Store]:
    """A folder that was named goes before a broker, which goes before the usual folder. Raises UsageError."""
    if folder is not None or not environ.get("PACT_BROKER_BASE_URL", "").strip():
        yield Files(folder or DEFAULT)
        return
    from contracts.broker.pact_broker import opened

    broker = opened(environ)
    if broker is None:
        raise AssertionError("its address is there")
    with contextlib.closing(broker):
        yield broker


def record(store: Store, verified: Verified) -> None:
    """Keep what came of a verification, whether it held or not."""
    store.record(verified)


def expected(store: Store, repository: Repository, commit: str, files: Sequence[Path] = ()) -> Expected:
    """What has to hold at a commit: every contract that stands in it, and every one that was published for it.

    Of a commit that the repository does not know (another project's) only the published ones can be known.
    Raises UsageError for a file that is no contract of the commit.
    """
    published = store.published(commit)
    if not repository.knows(commit):
        found = {(each.consumer, each.provider): each for each in published}
        contracts = [Contract(*pair, digest=each.digest) for pair, each in sorted(found.items())]
        return Expected(contracts, published, f"published in {store.where}")
    contracts = repository.chosen(commit, files)
    known = {each.pair for each in contracts}
    if not files:
        besides = {(each.consumer, each.provider): each.digest for each in published}
        contracts += [Contract(*pair, digest=besides[pair]) for pair in sorted(besides.keys() - known)]
    return Expected(contracts, published, "committed")


def standing(store: Store, contract: Contract, commit: str, published: Sequence[Published], asked: Asked) -> list[Row]:
    """All that is known of one contract of a commit, as far as was asked for; at least one row."""
    is_there = any((each.consumer, each.provider) == contract.pair for each in published)
    verified = store.verified(*contract.pair, commit) if is_there else []
    return answers.rows(contract, commit, published, verified, asked)
