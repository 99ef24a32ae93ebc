"""Releases of the reference implementation: this tree, and an earlier one that is taken out of git.

An earlier release lies in a folder of its own, as git has it, and runs as processes that find their packages there: no
line of today's code is in it but the libraries of this Python.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.exits import UsageError
from fixtures.processes import temporary_directory
from suites.gate.options import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

MIGRATIONS = "reference_impl/migrations"
_VERSIONS = f"{MIGRATIONS}/versions"
_SMOKE = "suites/smoke"
_GIT_DEADLINE_S = 120
_NAME_ONE = "name a tag, branch or commit by --with REF"


@dataclass(frozen=True)
class Release:
    """A tree with the reference and its checks in it. revisions: the files of its history by id, in their order."""

    name: str
    root: Path
    revisions: dict[str, Path]

    @property
    def head(self) -> str:
        """The id of the newest revision."""
        return next(reversed(self.revisions))


def this_release(root: Path = ROOT) -> Release:
    """The tree that runs now."""
    return Release("this release", root, _history(root, "this tree"))


@contextlib.contextmanager
def taken_out(checkout: Path, ref: str) -> Iterator[Release]:
    """The release at a git ref, in a folder that goes with the block. Raises UsageError for a ref that has none."""
    commit = _git(checkout, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if commit is None:
        shallow = _is_shallow(checkout)
        remedy = "this clone is shallow: git fetch --unshallow --tags brings the rest" if shallow else _NAME_ONE
        raise UsageError(f"--with {ref}: git knows no such commit; {remedy}")
    for needed in (_VERSIONS, _SMOKE):
        if _git(checkout, "cat-file", "-e", f"{commit}:{needed}") is None:
            raise UsageError(f"--with {ref}: there is no {needed} at that commit: name a release that has it")
    with temporary_directory("cityos-release-") as folder:
        archive = _run(checkout, "archive", "--format=tar", commit)
        if archive is None:
            raise UsageError(f"--with {ref}: git can't read all of that commit: git fsck tells what is missing")
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            if hasattr(tarfile, "data_filter"):  # Python 3.11.4; what git writes is our own in any case
                tar.extraction_filter = tarfile.data_filter
            tar.extractall(folder)  # noqa: S202
        short = commit[:7]
        name = ref if ref.startswith(short) or short.startswith(ref) else f"{ref} ({short})"
        yield Release(name, folder, _history(folder, f"--with {ref}"))


def checkout_of(root: Path = ROOT, working_directory: Path | None = None) -> Path:
    """The git checkout that the running packages lie in, or the one around us. UsageError when there is none."""
    for folder in (root, working_directory or Path.cwd()):
        top = _git(folder, "rev-parse", "--show-toplevel")
        if top and _git(Path(top), "cat-file", "-e", f"HEAD:{_VERSIONS}") is not None:
            return Path(top)
    raise UsageError("there is no git checkout of the reference here, to take the release before from: start in one")


def release_before(checkout: Path, today: Release) -> str:
    """The newest tag before this commit; without tags the last commit whose newest revision was another one.

    Raises UsageError when git's history tells neither.
    """
    tag = _git(checkout, "describe", "--tags", "--abbrev=0", "HEAD^")
    if tag:
        return tag
    newest = today.revisions[today.head].name
    if _git(checkout, "cat-file", "-e", f"HEAD:{_VERSIONS}/{newest}") is None:
        return _git(checkout, "rev-parse", "--short", "HEAD") or "HEAD"  # it is not committed yet
    added = _git(checkout, "log", "-1", "--format=%H", "--diff-filter=A", "--", f"{_VERSIONS}/{newest}")
    before = _git(checkout, "rev-parse", "--short", "--verify", "--quiet", f"{added}^") if added else None
    if before and _git(checkout, "cat-file", "-e", f"{before}:{_VERSIONS}") is not None:
        return before
    why = "this clone is shallow" if _is_shallow(checkout) else "there is no tag, and no commit with another revision"
    raise UsageError(f"git knows no release before this one ({why}): {_NAME_ONE}")


def _history(root: Path, where: str) -> dict[str, Path]:
    """The revisions of a tree in their order, read without running them. Raises UsageError for what is no one line."""
    after: dict[str | None, tuple[str, Path]] = {}
    for file in sorted((root / _VERSIONS).glob("*.py")):
        named = _assigned(file)
        if "revision" in named:
            after[named.get("down_revision")] = (str(named["revision"]), file)
    ordered: dict[str, Path] = {}
    last: str | None = None
    while last in after:
        last, file = after.pop(last)
        ordered[last] = file
    if after or not ordered:
        raise UsageError(f"{where}: the revisions in {_VERSIONS} are no one line from the first to the last")
    return ordered


def _assigned(file: Path) -> dict[str, str | None]:
    """Names of a module that stand for a text, or for nothing."""
    found: dict[str, str | None] = {}
    for statement in ast.parse(file.read_text("utf-8")).body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() | None as value))
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str() | None as value))
            ):
                found[name] = value
    return found


_NOTE = re.compile(
    r"replay:\s+(?:releases before (?P<before>\w+) can't run on it|its release needs (?P<needed>\w+))"
    r"\s*:\s*(?P<why>\S.*)"
)


@dataclass(frozen=True)
class Notes:
    """Why code of one release is not expected to run on the schema of another: what revisions between them say.

        replay: releases before 0024_vendor_business_name can't run on it: they know vendor.name alone
        replay: its release needs 0024_vendor_business_name: it knows vendor.business_name alone

    The first speaks of earlier code on the schema behind that revision, the second of the code that came with it, on a
    schema that has not the revision named yet.
    """

    before_on_now: tuple[str, ...]
    now_on_before: tuple[str, ...]


def notes(before: Release, now: Release) -> Notes:
    """What the revisions in between say. Raises UsageError for a note about a revision that is not there."""
    cannot: list[str] = []
    needs: list[str] = []
    for each in between(before, now):
        file = now.revisions[each]
        for found in _NOTE.finditer(file.read_text("utf-8")):
            named = found["before"] or found["needed"]
            if named not in now.revisions:
                raise UsageError(f"{file}: a note names {named}, and there is no such revision: correct it")
            if named not in before.revisions:
                (cannot if found["before"] else needs).append(f"{each}: {found['why']}")
    return Notes(tuple(cannot), tuple(needs))


def between(before: Release, now: Release) -> list[str]:
    """The revisions that `now` has and `before` has not."""
    return [each for each in now.revisions if each not in before.revisions]


def _is_shallow(checkout: Path) -> bool:
    return _git(checkout, "rev-parse", "--is-shallow-repository") == "true"


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers, None when it refuses or is not there."""
    said = _run(folder, *arguments)
    return None if said is None else said.decode(errors="replace").strip()


def _run(folder: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, timeout=_GIT_DEADLINE_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 else None
