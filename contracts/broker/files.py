"""The store in a folder: one file per record, never changed once it is there.

    <folder>/published/<first 12 of the commit>-<first 16 of the SHA-256 of the file>.json
    <folder>/verified/<moment, UTC>-<first 16 of the SHA-256 of the file>.json

A file is written beside its place and moved there, so a reader sees a whole record or none, and two writers never meet:
the same record is the same file, another one has another name. The digest in the name tells a file that was changed.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from contracts.broker import records
from contracts.broker.records import Published, Verified
from fixtures.exits import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from contracts.broker.records import Contract, Record

DEFAULT = Path(".cityos") / "contracts"
_NAME = re.compile(r".+-([0-9a-f]{16})\.json")
Kind = TypeVar("Kind", Published, Verified)


class Files:
    """A store in a folder, which is made when the first record is written."""

    def __init__(self, folder: Path = DEFAULT) -> None:
        self._folder = folder
        self._read_before: dict[Path, Record] = {}

    @property
    def where(self) -> str:
        """For people."""
        return str(self._folder)

    def publish(self, contracts: Sequence[Contract], commit: str, branch: str | None, at: datetime) -> list[str]:
        """Keep what the commit promises; tells of each contract. What is there already stays as it is.

        Raises UsageError if the commit has another contract here.
        """
        there = {(each.consumer, each.provider): each.digest for each in self.published(commit)}
        for each in contracts:
            if there.get(each.pair, each.digest) != each.digest:
                raise UsageError(another(each, commit, self.where))
        for each in contracts:
            if each.pair not in there:
                self._write(
                    "published",
                    commit[:12],
                    Published(
                        consumer=each.consumer,
                        provider=each.provider,
                        consumer_commit=commit,
                        digest=each.digest,
                        at=at,
                        branch=branch,
                    ),
                )
        return [f"{each}: {'was there' if each.pair in there else 'published'}" for each in contracts]

    def record(self, verified: Verified) -> None:
        """Keep what came of a verification."""
        self._write("verified", f"{verified.at.astimezone(UTC):%Y%m%dT%H%M%SZ}", verified)

    def published(self, commit: str | None = None) -> list[Published]:
        """What was published, of one commit or of all. Raises CommandError for a file that is no record."""
        found = self._read("published", Published)
        return [each for each in found if commit in {None, each.consumer_commit}]

    def verified(self, consumer: str, provider: str, commit: str) -> list[Verified]:  # noqa: ARG002 (a broker asks by it)
        """What was verified between the two, of whatever contract. Raises CommandError for a file that is no record."""
        found = self._read("verified", Verified)
        return [each for each in found if (each.consumer, each.provider) == (consumer, provider)]

    def _write(self, kind: str, name: str, record: Record) -> None:
        content = records.encode(record)
        folder = self._folder / kind
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(beside).chmod(0o644)
                os.replace(beside, folder / f"{name}-{_short(content)}.json")  # noqa: PTH105 (what moves at once)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise UsageError(f"{self.where}: can't be written ({error.strerror}); choose another by --store") from None

    def _read(self, kind: str, form: type[Kind]) -> list[Kind]:
        folder = self._folder / kind
        try:
            names = sorted(file for file in os.listdir(folder) if file.endswith(".json"))  # noqa: PTH208 (they are many)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UsageError(f"{folder}: can't be read ({error.strerror}); choose another by --store") from None
        return [self._once(folder / name, form) for name in names]

    def _once(self, file: Path, form: type[Kind]) -> Kind:
        """A record never changes, so it is read once."""
        record = self._read_before.get(file)
        if not isinstance(record, form):
            record = self._read_before[file] = _record(file, form)
        return record


def another(contract: Contract, commit: str, where: str) -> str:
    """The words for a commit that has another contract already."""
    return (
        f"{where} has another contract of {contract} for {commit}: one commit has one content, "
        "so find out which of the two was not read from that commit, and publish from a new commit"
    )


def _record(file: Path, form: type[Kind]) -> Kind:
    try:
        content = file.read_bytes()
        record = records.decode(content)
    except OSError as error:
        raise CommandError(f"{file}: can't be read ({error.strerror}); put its rights in order") from None
    except ValueError as error:
        raise CommandError(
            f"{file}: damaged ({error}); take it back from a copy, or delete it and verify again"
        ) from None
    name = _NAME.fullmatch(file.name)
    if name is None or name[1] != _short(content) or not isinstance(record, form):
        raise CommandError(
            f"{file}: not as it was written (its name does not fit its content); "
            "take it back from a copy, or delete it and verify again"
        )
    return record


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
