"""Which commit of the harness judged: git's answer about the very files that run, never a guess."""

from __future__ import annotations

import functools
import hashlib
import subprocess
from pathlib import Path

from suites.gate.options import ROOT
from suites.gate.report import UNKNOWN

_PACKAGES = ("suites", "fixtures", "reference_impl")


@functools.cache
def harness(root: Path = ROOT, working_directory: Path | None = None) -> str:
    """The commit of a checkout, or of the checkout around us that an installed copy equals; "-dirty": files differ.

    "unknown" when there is no git, no commit, or no checkout that these files could come from.
    """
    if _git(root, "ls-files", "--error-unmatch", "suites/gate/__init__.py") is not None:
        commit = _git(root, "rev-parse", "HEAD")
        changes = _git(root, "status", "--porcelain", "--untracked-files=normal")
        return _named(commit, clean=changes == "") if commit else UNKNOWN
    around = _git(working_directory or Path.cwd(), "rev-parse", "--show-toplevel")
    return _installed(root, Path(around)) if around else UNKNOWN


def _installed(root: Path, checkout: Path) -> str:
    """The commit that an installed copy was made from, by comparing every file with the commit's own."""
    commit = _git(checkout, "rev-parse", "HEAD")
    listing = _git(checkout, "ls-tree", "-r", "HEAD", *_PACKAGES)
    if not commit or not listing:
        return UNKNOWN
    wanted: dict[str, str] = {}
    for line in listing.splitlines():
        facts, _, name = line.partition("\t")
        wanted[name] = facts.split()[2]
    if "suites/gate/__init__.py" not in wanted:
        return UNKNOWN
    return _named(commit, clean=all(_blob(root / name) == blob for name, blob in wanted.items()))


def _named(commit: str, *, clean: bool) -> str:
    return commit if clean else f"{commit}-dirty"


def _blob(path: Path) -> str:
    """git's own name for the content of a file; empty when it is not there."""
    try:
        content = path.read_bytes()
    except OSError:
        return ""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _git(folder: Path, *arguments: str) -> str | None:
    """What git answers, None when it refuses or is not there."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None
