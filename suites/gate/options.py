"""What the user asked a run for, after the command line was read and checked."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from fixtures.exits import UsageError

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the packages ``suites`` and ``fixtures``: a checkout, or site-packages."""

REFERENCE = "reference"
MEDUSA = "medusa"
STARTED = (REFERENCE, MEDUSA)
"""As fixtures.targets.STARTED, without the time that it takes to import that."""
WORKERS_MAX = 4


class Profile(StrEnum):
    """How much is run: before a merge, every night, before a release."""

    MERGE = "merge"
    NIGHTLY = "nightly"
    RELEASE = "release"


def random_seed() -> int:
    """A seed of at most six digits, so that it is easily typed again."""
    return secrets.randbelow(1_000_000)


def new_run_id() -> str:
    """An id no other run has: UTC time, then eight random hexadecimal digits."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def default_workers() -> int:
    """One process per core that we may use, at most four."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, WORKERS_MAX)


@dataclass(frozen=True, kw_only=True)
class Options:
    """One run of the gate. ``target`` is "reference", "medusa", a file, or a name that targets/NAME.toml carries."""

    target: str = REFERENCE
    profile: Profile = Profile.MERGE
    seed: int = field(default_factory=random_seed)
    run: str = field(default_factory=new_run_id)
    report_dir: Path = Path("reports")
    only: str | None = None
    defect: str | None = None
    database_url: str | None = None
    container: bool = False
    offered: bool = False  # what the target lacks decides nothing
    workers: int = field(default_factory=default_workers)
    command: str = "gate"  # also the stem of the report files
    suites: tuple[str, ...] | None = None  # None: what the profile asks for
    json: bool = False
    timings: bool = False
    steps: bool = False  # one line per check on the terminal, as `cityos smoke` wants
    requirements: Path = ROOT / "suites" / "requirements.toml"
    waivers: Path = ROOT / "suites" / "waivers.toml"

    def __post_init__(self) -> None:
        """Refuse combinations that cannot mean anything."""
        if self.workers < 1:
            raise UsageError(f"--workers {self.workers}: at least 1 process must run the checks")
        if self.seed < 0:
            raise UsageError(f"--seed {self.seed}: a seed is a whole number from 0 on")
        if self.defect is not None and self.target != REFERENCE:
            raise UsageError("--defect works on the reference implementation only: leave --target out")
        for option, value in (("--database-url", self.database_url), ("--container", self.container or None)):
            if value is not None and self.target not in STARTED:
                raise UsageError(f"{option} works on a target that is started here only: {' or '.join(STARTED)}")
