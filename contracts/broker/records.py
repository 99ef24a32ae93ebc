"""What is kept: which contract a consumer's commit has, and what came of holding a provider to a contract.

A contract is known by its *digest*, which is `contracts.pacts.Contract.digest`: the SHA-256 of what it says, without
its layout and the versions of tools. What a Pact Broker adds to what it was given is left out before: `_links` and
`createdAt` (its `PactDecorator`), and the `_id` of each interaction (its `Pacts::Content#with_ids`).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from contracts import pacts

CITYOS = "cityos"
"""Our own platform, which is verified at a target."""
SIMULATOR, SANDBOX = "simulator", "sandbox"
REFERENCE = "reference"
"""The platform of this very tree, started by the verification; its version is the tree's commit."""
NOT_SAID = "not said"
"""The environment of a verification that somebody else published to a Pact Broker, which has no word for it."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Interactions of a contract. skipped: by their descriptions; a skip without a name does not exist."""

    passed: int
    failed: int
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.passed < 0 or self.failed < 0:
            raise ValueError("a count is below zero")
        _readable(*self.skipped)


class Published(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="published"):
    """The consumer, at this commit, has this contract with the provider."""

    consumer: str
    provider: str
    consumer_commit: str
    digest: str
    at: datetime
    branch: str | None = None

    def __post_init__(self) -> None:
        _readable(self.consumer, self.provider, *([] if self.branch is None else [self.branch]))
        _exact(self.consumer_commit, self.digest)
        _dated(self.at)


class Verified(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="verified"):
    """A provider was held to a contract.

    provider_version: a commit, a vendor's version, or the digest of a simulator. environment: where it ran,
    "simulator", "sandbox", "staging". evidence: path or URL of the result. harness: the commit of
    this harness. consumer_commit: of the contract, where it was known; the answer depends on the digest alone, but a
    Pact Broker finds a contract by it.
    """

    consumer: str
    provider: str
    digest: str
    provider_version: str
    environment: str
    success: bool
    counts: Counts | None  # None: somebody else verified, and did not tell
    at: datetime
    evidence: str
    harness: str
    consumer_commit: str | None = None

    def __post_init__(self) -> None:
        names = (self.consumer, self.provider, self.provider_version, self.environment, self.evidence, self.harness)
        _readable(*names)
        _exact(self.consumer_commit, self.digest)
        _dated(self.at)
        if self.provider_version.lower() == "latest":
            raise ValueError("`latest` is no version: give the one that it was")
        if self.counts is None:
            if self.environment != NOT_SAID:
                raise ValueError("a verification without its counts")
        elif self.success and (self.counts.failed or not self.counts.passed):
            raise ValueError("a success needs an interaction that passed, and none that failed")


Record = Published | Verified


@dataclass(frozen=True)
class Contract:
    """A contract as it stood at a commit. path: where it stood; content: its bytes; None where it was not read."""

    consumer: str
    provider: str
    digest: str
    path: str | None = None
    content: bytes | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """Who promises whom."""
        return self.consumer, self.provider

    def __str__(self) -> str:
        return f"{self.consumer} with {self.provider}"


def contract(content: bytes, path: str | None = None) -> Contract:
    """A Pact file. Raises ValueError for what is none."""
    document = json.loads(content, parse_constant=_no_number)
    try:
        consumer, provider = document["consumer"]["name"], document["provider"]["name"]
        _readable(consumer, provider)
        return Contract(consumer, provider, digest(document), path, content)
    except (AttributeError, KeyError, TypeError):
        raise ValueError("it lacks a consumer, a provider or interactions") from None


def digest(document: dict[str, Any]) -> str:
    """What a contract is known by, in hex. Raises KeyError or TypeError for what is none."""
    added = {"_links", "createdAt"}
    interactions = [{name: part for name, part in each.items() if name != "_id"} for each in document["interactions"]]
    said = {name: part for name, part in document.items() if name not in added}
    return pacts.Contract({**said, "interactions": interactions}).digest


def encode(record: Record) -> bytes:
    """A record as it is kept: JSON, sorted, readable; the same record is always the same bytes."""
    return msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=2) + b"\n"


def decode(content: bytes) -> Record:
    """A record that was kept. Raises ValueError for what is none."""
    record: Record = msgspec.json.decode(content, type=Record)
    return record


def moment(at: datetime) -> str:
    """A moment for people, in UTC, to the minute."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def is_commit(text: str) -> bool:
    """Whether it is a commit's name in full."""
    return _COMMIT.fullmatch(text) is not None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _readable(*texts: Any) -> None:
    for text in texts:
        if not isinstance(text, str) or not text.strip() or not text.isprintable():
            raise ValueError(f"{text!r} is no name: it is empty, or has characters that cannot be printed")


def _exact(commit: str | None, contract_digest: str) -> None:
    if commit is not None and not is_commit(commit):
        raise ValueError(f"{commit!r} is no commit in full: 40 characters of lower-case hex")
    if _DIGEST.fullmatch(contract_digest) is None:
        raise ValueError(f"{contract_digest!r} is no SHA-256: 64 characters of lower-case hex")


def _dated(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError("a moment without its time zone")
