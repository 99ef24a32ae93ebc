"""What git says: which commit is meant, and which contracts stand in it. Nothing here reads the work tree's files.

Paths of contracts are relative to the top of the repository, as git has them.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.broker import records
from fixtures.exits import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contracts.broker.records import Contract

PACTS = "contracts/pacts"
_HEX = re.compile(r"[0-9a-fA-F]{4,40}")
_WITHIN_S = 60.0


class Repository:
    """The repository that a folder is in; `top` is None where there is none. Raises UsageError without git."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.top: Path | None = None
        top = self._git("rev-parse", "--show-toplevel")
        self.top = None if top is None else Path(top.decode().removesuffix("\n"))

    def commit(self, text: str) -> str | None:
        """The commit that is meant, in full; None when this repository cannot tell.

        One that is written in full is taken as it is, known here or not: it may be another repository's. A short one
        is what git finds for it, never compared by its beginning with anything else. Raises UsageError for `latest`.
        """
        if text.lower() == "latest":
            raise UsageError("`latest` names no commit: give its SHA, or HEAD for the one that is checked out")
        if records.is_commit(text.lower()):
            return text.lower()
        found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}")
        if found is None:
            return None
        commit = found.decode().strip()
        if _HEX.fullmatch(text) and not commit.startswith(text.lower()):
            return None  # a branch that is called like a SHA
        return commit if records.is_commit(commit) else None

    def knows(self, commit: str) -> bool:
        """Whether it is a commit of this repository."""
        return self._git("cat-file", "-t", commit) == b"commit\n"

    def branch(self) -> str | None:
        """The branch that is checked out; None for a commit alone, as most CI servers have it."""
        found = self._git("symbolic-ref", "--quiet", "--short", "HEAD")
        return None if found is None else found.decode().strip()

    def changed(self, folder: str = PACTS) -> list[str]:
        """Contracts whose files are not as HEAD has them: changed, new or deleted."""
        found = self._told("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", folder)
        return sorted(line[3:] for line in found.decode("utf-8", "replace").split("\0") if line.endswith(".json"))

    def contracts(self, commit: str, folder: str = PACTS) -> list[Contract]:
        """All contracts that stand in a commit. Raises CommandError for one that cannot be read."""
        listed = self._told("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, "--", f"{folder}/")
        names = [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name.endswith(".json")]
        found = [self._contract(commit, name) for name in sorted(names)]
        for number, one in enumerate(found):
            for other in found[:number]:
                if one.pair == other.pair:
                    raise CommandError(f"{other.path} and {one.path} of {commit}: both are of {one}; keep one of them")
        return found

    def chosen(self, commit: str, files: Sequence[Path], folder: str = PACTS) -> list[Contract]:
        """The contracts of a commit, all or only those of these files. Raises UsageError for one that it has not."""
        contracts = self.contracts(commit, folder)
        if not files:
            return contracts
        by_path = {each.path: each for each in contracts}
        chosen = []
        for file in files:
            path = self._inside(file)
            if path not in by_path:
                raise UsageError(f"{file}: no contract in {folder} of commit {commit}; commit it first")
            chosen.append(by_path[path])
        return list(dict.fromkeys(chosen))

    def _contract(self, commit: str, path: str) -> Contract:
        content = self._told("cat-file", "blob", f"{commit}:{path}")  # as `git show`, but by no filter
        try:
            return records.contract(content, path)
        except ValueError as error:
            raise CommandError(f"{path} of {commit}: no contract ({error}); write it again, and commit it") from None

    def _inside(self, file: Path) -> str:
        full = (self._folder / file).resolve()
        top = (self.top or self._folder).resolve()
        return full.relative_to(top).as_posix() if full.is_relative_to(top) else str(full)

    def _told(self, *arguments: str) -> bytes:
        found = self._git(*arguments)
        if found is None:
            raise UsageError(f"{self._folder}: git {arguments[0]} fails there; run this inside the repository")
        return found

    def _git(self, *arguments: str) -> bytes | None:
        """What git answers; None when it refuses. From the top, once that is known: paths are relative to it."""
        folder = self.top or self._folder
        try:
            answer = subprocess.run(
                ["git", "-C", str(folder), *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_WITHIN_S,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise UsageError(f"git can't be run ({error}): install it, since it says what a commit has") from None
        return answer.stdout if answer.returncode == 0 else None
