"""A replay that is ended at any moment: nothing of it is left, and the next one starts clean."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil
import pytest

import fixtures
from fixtures.exits import Exit
from fixtures.processes import temporary_directory
from fixtures.tests.lives import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.postgres import PostgresServer

TIMES = 20
SEED = 20261123
LINES = 8  # of progress: what it replays, each of three steps up and down
BETWEEN_S = 0.08  # about as long as one step takes
START_S = 1.2  # until the first line, where a server is started first
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
_PATH = os.pathsep.join([str(Path(fixtures.__file__).parents[1]), *sys.path])
MEMORY = Path("/dev/shm")
_SEGMENT = re.compile(r"/dev/shm/PostgreSQL\.\d+")
HISTORY = {
    "0001_wallet.up.sql": "CREATE TABLE wallet (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text NOT NULL);",
    "0001_wallet.down.sql": "DROP TABLE wallet;",
    "0002_note.up.sql": "ALTER TABLE wallet ADD COLUMN note text; UPDATE wallet SET note = owner;",
    "0002_note.down.sql": "ALTER TABLE wallet DROP COLUMN note;",
    "0003_index.up.sql": "CREATE INDEX ix_wallet_owner ON wallet (owner);",
    "0003_index.down.sql": "DROP INDEX ix_wallet_owner;",
}


@dataclass
class Run:
    """One replay as a process. mark: by which what it started is told from all else on the machine.

    segments: shared memory of its own server, as it was seen last.
    """

    process: subprocess.Popen[str]
    mark: str
    temporary: Path
    segments: set[str] = field(default_factory=set)

    def processes(self) -> list[psutil.Process]:
        """What lives of it: what has its mark, its folder, or one of its databases in the title."""
        words = (str(self.temporary), f"_{self.process.pid}_")
        return [each for each in psutil.process_iter() if self._is_ours(each, words)]

    def _is_ours(self, process: psutil.Process, words: tuple[str, ...]) -> bool:
        with contextlib.suppress(psutil.Error):
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            title = " ".join(process.cmdline())
            if words[0] in title or ("cityos_run_" in title and words[1] in title):
                return True
            return process.environ().get("CITYOS_MARK") == self.mark
        return False

    def look_at_memory(self) -> None:
        """Remember which shared memory its own server has mapped; a server that is shared keeps what it has."""
        for each in self.processes():
            with contextlib.suppress(OSError, psutil.Error):
                if str(self.temporary) in " ".join(each.cmdline()):
                    self.segments.update(_SEGMENT.findall(Path(f"/proc/{each.pid}/maps").read_text()))

    def follow(self, lines: int) -> None:
        """Wait for so many lines of progress."""
        assert self.process.stdout is not None
        for _ in range(lines):
            self.process.stdout.readline()

    def left(self) -> list[object]:
        """What is there of it: folders and shared memory; if there is none of these, processes."""
        folders = list(self.temporary.iterdir())
        memory = [each for each in self.segments if Path(each).exists()]
        return [*folders, *memory] or list(self.processes())

    def leaves_nothing(self) -> bool:
        """Whether all of it goes before the deadline."""
        return eventually(lambda: not self.left())


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A small history of SQL files."""
    folder = tmp_path / "history"
    folder.mkdir()
    for name, text in HISTORY.items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """A folder for all that a run puts aside, in memory where that can be had: a server's files come and go."""
    with temporary_directory("cityos-killed-", parent=MEMORY if os.access(MEMORY, os.W_OK) else tmp_path) as folder:
        folder.chmod(0o711)  # the user that an embedded server runs as may pass
        yield folder


@contextlib.contextmanager
def _replaying(history: Path, temporary: Path, server: PostgresServer | None) -> Iterator[Run]:
    argv = [sys.executable, "-P", "-m", "suites.cli", "migrations", "replay", "--sql", str(history), "--rows", "100"]
    argv += ["--report-dir", str(history.with_name("reports"))]
    argv += ["--database-url", server.maintenance] if server else []
    mark = uuid4().hex
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPATH": _PATH, "TMPDIR": str(temporary), "CITYOS_MARK": mark}
    with subprocess.Popen(
        argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/"
    ) as process:
        try:
            yield Run(process, mark, temporary)
        finally:
            process.kill()


def _end_somewhere(run: Run, dice: random.Random, number: int) -> None:
    """End a run at a random moment."""
    lines = dice.randint(0, LINES - 1)
    run.follow(lines)
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.process.wait(dice.uniform(0, BETWEEN_S if lines else START_S))
    run.look_at_memory()
    run.process.send_signal(number)
    run.process.communicate()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="what is left is looked up in /proc")
def test_killed_twenty_times(history: Path, temporary: Path, postgres: PostgresServer) -> None:
    """Ended at twenty random moments, on its own server or a shared one, a replay leaves nothing to the next ones."""
    dice = random.Random(SEED)
    statuses: list[int] = []
    pids: set[int] = set()
    for turn in range(TIMES):
        number = SIGNALS[turn % len(SIGNALS)]
        with _replaying(history, temporary, postgres if turn % 2 else None) as run:
            _end_somewhere(run, dice, number)
            status = run.process.wait()
        assert run.leaves_nothing(), f"turn {turn}: {run.left()}"
        expected = {-number} if number == signal.SIGKILL else {-number, Exit.INTERRUPTED}
        assert status in expected | {Exit.RELEASE}, f"turn {turn}: {status} after {number}"
        statuses.append(status)
        pids.add(run.process.pid)
    assert statuses.count(Exit.RELEASE) < TIMES / 2, "most were ended before their end"
    for server in (None, postgres):
        with _replaying(history, temporary, server) as run:
            said, _ = run.process.communicate()
            assert run.process.wait() == Exit.RELEASE, said
        pids.add(run.process.pid)
        assert run.leaves_nothing()
    with postgres.connect() as connection:
        names = [str(name) for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()]
    assert not [name for name in names for pid in pids if re.match(rf"cityos_run_[0-9a-f]+_{pid}_", name)]
