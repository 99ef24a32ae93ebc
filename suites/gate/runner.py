"""Runs the checks: pytest as a process group of its own, whose typed events are read while it works.

Whatever goes wrong with that process (it cannot start, dies, hangs, writes nonsense) becomes a ``Broken`` event:
nothing is ever taken for a pass because it was silent.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from fixtures.processes import spawn
from fixtures.results import Broken, RunFinished, decode
from suites.gate.options import ROOT, Profile

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from fixtures.processes import Child
    from fixtures.results import Event

POLL_S = 0.05
STALL_S = 300.0
"""No check takes this long: each request has a deadline of its own, and waits for asynchronous effects do too."""
_GOOD_EXITS = (0, 1, 5)  # all passed, some failed, none collected; pytest's other codes mean that it broke
_PYTEST_INI = """\
[pytest]
addopts =
"""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One start of pytest. ``events`` and ``log`` are files that are written, ``ini`` is the configuration it gets."""

    suites: tuple[Path, ...]
    target: Path
    requirements: Path
    events: Path
    log: Path
    ini: Path
    seed: int
    run: str
    profile: Profile
    only: str | None = None
    workers: int = 1
    plugin: str = "fixtures.plugin"
    arguments: tuple[str, ...] = ()  # more options of pytest, the prover's
    root: Path = ROOT
    stall_s: float = STALL_S


def command(job: Job) -> list[str]:
    """The pytest command of a job. A configuration file of its own keeps the project's settings out, and the user's."""
    line = [sys.executable, "-m", "pytest", "-c", str(job.ini), "--rootdir", str(job.root)]
    line += ["-p", job.plugin, "-p", "no:cacheprovider", "-q", "--import-mode=importlib", "--tb=short", "--color=no"]
    if job.workers > 1:
        line += ["-p", "xdist", "-n", str(job.workers), "--dist", "worksteal"]
    line += ["--cityos-target", str(job.target), "--cityos-events", str(job.events)]
    line += ["--cityos-seed", str(job.seed), "--cityos-run", job.run, "--cityos-profile", job.profile.value]
    line += ["--cityos-requirements", str(job.requirements)]
    if job.only is not None:
        line.append(f"--cityos-only={job.only}")
    line += [f"--ignore={suite / 'tests'}" for suite in job.suites]  # they are of our own code, and judge no target
    return [*line, *job.arguments, *(str(suite) for suite in job.suites)]


def events(job: Job) -> Generator[Event, None, None]:
    """Start the job and yield its events as they come; closing the generator ends the process and all it started."""
    job.ini.write_text(_PYTEST_INI, encoding="utf-8")
    job.events.write_bytes(b"")
    complained = finished = False
    job.log.unlink(missing_ok=True)
    pytest = spawn(command(job), env=_environment(), log=job.log, cwd=job.root, stop_signal=signal.SIGTERM)
    with pytest, job.events.open("rb") as stream:
        for event in _tail(stream, pytest, job.stall_s):
            complained = complained or isinstance(event, Broken)
            finished = finished or isinstance(event, RunFinished)
            yield event
        code = pytest.poll()
    if code is None:
        yield Broken(where="pytest", reason=f"nothing happened for {job.stall_s:g} s, so it was ended; see {job.log}")
    elif code not in _GOOD_EXITS and not complained:
        yield Broken(where="pytest", reason=f"{_died(code)}: {last_words(job.log)}")
    elif not finished and not complained:
        yield Broken(where="pytest", reason=f"it ended without saying so: {last_words(job.log)}")


def last_words(log: Path, lines: int = 5) -> str:
    """The end of a log, on one line."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "no log"
    words = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(words[-lines:]) or "no output"


def _died(code: int) -> str:
    if code < 0:
        return f"it was killed by signal {signal.Signals(-code).name}"
    return f"it ended with exit code {code}"


def _environment() -> dict[str, str]:
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUNBUFFERED": "1"}
    for harmful in ("PYTHONDONTWRITEBYTECODE", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        environment.pop(harmful, None)  # the first costs seconds at each start, the others are meant for other runs
    return environment


def _tail(stream: BinaryIO, process: Child, stall_s: float) -> Iterator[Event]:
    """Every event of the file until the process has ended; stops early when nothing is written for too long."""
    rest = b""
    last_news = time.monotonic()
    while True:
        ended = process.poll() is not None  # asked before reading, so that what was written last is still read
        lines = (rest + stream.read()).split(b"\n")
        rest = lines.pop()
        for line in lines:
            last_news = time.monotonic()
            yield _decoded(line)
        if ended or time.monotonic() - last_news > stall_s:
            return
        if not lines:
            time.sleep(POLL_S)


def _decoded(line: bytes) -> Event:
    try:
        return decode(line)
    except msgspec.DecodeError as error:
        return Broken(where="events", reason=f"a line is no event of ours ({error}): {line[:200]!r}")
