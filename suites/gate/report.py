"""What every reporter reads: one run with its facts, verdict, tree, waivers and timings."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import msgspec

from suites.gate.tree import Tree
from suites.gate.verdict import Verdict
from suites.gate.waivers import WaiverUse

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA_VERSION = 1
UNKNOWN = "unknown"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What was run, on what, by what. ``build`` and ``harness`` are "unknown" when nobody can tell."""

    run: str
    command: str
    profile: str
    seed: int
    target: str
    base_url: str
    build: str  # what the target says it is
    harness: str  # the git commit of the checks, with -dirty when the files are not the commit's
    started: str  # ISO 8601, UTC
    duration_s: float
    python: str
    suites: list[str]
    selection: str | None = None  # --only
    defect: str | None = None  # the defect that was switched on in the reference implementation


class Timing(msgspec.Struct, frozen=True):
    """How long one part of the run took: a phase, a suite or a check."""

    part: str
    seconds: float


class Timings(msgspec.Struct, frozen=True):
    """The breakdown of a run: wall seconds by phase, seconds of checks by suite (in parallel), slowest checks."""

    phases: list[Timing]
    suites: list[Timing]
    slowest: list[Timing]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run, complete."""

    schema_version: int = SCHEMA_VERSION
    about: About
    verdict: Verdict
    waivers: list[WaiverUse]
    timings: Timings
    tree: Tree


class Stopwatch:
    """Wall seconds of the phases of a run, in the order in which they began."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._began = time.perf_counter()

    @contextlib.contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the block; the same name twice adds up."""
        self._seconds.setdefault(name, 0.0)
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[name] += time.perf_counter() - began

    def add(self, name: str, seconds: float) -> None:
        """Take a phase that was measured elsewhere."""
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def elapsed_s(self) -> float:
        """Seconds since this was made."""
        return time.perf_counter() - self._began

    def phases(self) -> list[Timing]:
        """What was measured so far."""
        return [Timing(name, round(seconds, 3)) for name, seconds in self._seconds.items()]


def timings(stopwatch: Stopwatch, tree: Tree, slowest: int = 10) -> Timings:
    """The breakdown of a run from its phases and the durations of its checks."""
    results = [node.result for node in tree.checks()]
    suites: dict[str, float] = {}
    for result in results:
        suite = suite_of(result.check)
        suites[suite] = suites.get(suite, 0.0) + result.duration_ms / 1000
    by_duration = sorted(results, key=lambda result: -result.duration_ms)[:slowest]
    return Timings(
        phases=stopwatch.phases(),
        suites=[Timing(name, round(seconds, 3)) for name, seconds in suites.items()],
        slowest=[Timing(result.check, round(result.duration_ms / 1000, 3)) for result in by_duration],
    )


def suite_of(check: str) -> str:
    """The suite that a check belongs to: the folder below suites/ in its node id."""
    parts = check.partition("::")[0].split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "suites" else parts[0]
