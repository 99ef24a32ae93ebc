"""Contracts, records and a repository for the tests of the store and its commands."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from contracts.broker.files import Files
from contracts.broker.records import Counts, Verified, contract

if TYPE_CHECKING:
    from pathlib import Path

    from contracts.broker.records import Contract

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
NOW = AT + timedelta(days=1)
HARNESS = "f" * 40


def pact(provider: str = "erpnext", said: str = "an order", consumer: str = "cityos", **metadata: Any) -> bytes:
    document = {
        "consumer": {"name": consumer},
        "provider": {"name": provider},
        "interactions": [{"description": said, "type": "Synchronous/HTTP", "response": {"status": 200}}],
        "metadata": {"pactSpecification": {"version": "4.0"}, **metadata},
    }
    return json.dumps(document, indent=2).encode()


def verified(of: Contract, *, success: bool = True, **changed: Any) -> Verified:
    values: dict[str, Any] = {
        "consumer": of.consumer,
        "provider": of.provider,
        "digest": of.digest,
        "provider_version": "15.2",
        "environment": "simulator",
        "success": success,
        "counts": Counts(passed=3, failed=0) if success else Counts(passed=2, failed=1),
        "at": AT,
        "evidence": f"reports/{of.provider}.json",
        "harness": HARNESS,
    }
    return Verified(**{**values, **changed})


@dataclass
class Place:
    """A repository with a store beside its work tree's files."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / ".cityos" / "contracts"

    @property
    def files(self) -> Files:
        return Files(self.store)

    def git(self, *arguments: str) -> str:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_{what}": "t@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
        }
        done = subprocess.run(
            ["git", "-C", self.folder, *arguments], check=True, capture_output=True, text=True, env=env
        )
        return done.stdout.strip()

    def write(self, content: bytes) -> Path:
        of = contract(content)
        file = self.folder / "contracts" / "pacts" / f"{of.consumer}-{of.provider}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return file

    def commit(self, *contents: bytes) -> str:
        """A commit with these contracts changed, or with nothing changed."""
        for content in contents:
            self.write(content)
        self.git("add", "contracts") if contents else None
        self.git("commit", "--quiet", "--allow-empty", "-m", "a change")
        return self.git("rev-parse", "HEAD")

    def published(self, *contents: bytes) -> str:
        """A commit, and its contracts in the store."""
        commit = self.commit(*contents)
        self.files.publish([contract(each) for each in contents], commit, "main", AT)
        return commit


def place(folder: Path) -> Place:
    made = Place(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    (folder / ".gitignore").write_text(".cityos/\n")
    made.git("add", ".gitignore")
    return made
