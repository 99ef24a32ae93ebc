"""What the machine says: CPU of process trees, and servers that stand still."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil

from load import machine

if TYPE_CHECKING:
    from collections.abc import Callable

BUSY = "while True: pass"
FAMILY = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
DEADLINE_S = 30.0


def _eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def test_counts_the_workers() -> None:
    """CPU of a server is that of its workers as well."""
    with subprocess.Popen([sys.executable, "-c", FAMILY]) as parent:
        try:
            _eventually(lambda: machine.cpu_s(parent.pid) > 0.3)
            alone = psutil.Process(parent.pid).cpu_times()
            assert alone.user + alone.system < machine.cpu_s(parent.pid)
        finally:
            for process in reversed(machine.processes(parent.pid)):
                process.kill()


def test_keeps_what_ended_processes_used() -> None:
    """CPU of a child that has ended is not lost."""
    before = machine.cpu_s(os.getpid())
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"], check=True)
    assert machine.cpu_s(os.getpid()) - before > 0.15  # the kernel counts in steps of 10 ms


def test_pauses_and_resumes() -> None:
    """Inside the block a process stands still, afterwards it goes on."""
    with subprocess.Popen([sys.executable, "-c", BUSY]) as child:
        try:
            with machine.paused(child.pid):
                _eventually(lambda: psutil.Process(child.pid).status() == psutil.STATUS_STOPPED)
                used = machine.cpu_s(child.pid)
            _eventually(lambda: machine.cpu_s(child.pid) > used)
        finally:
            child.kill()


def test_what_we_start_is_not_others() -> None:
    """CPU of our own children is not counted as somebody else's: the sum of all shares stays within the whole."""
    disturbance = machine.disturbance_meter()
    subprocess.run([sys.executable, "-c", "import time\nwhile time.process_time() < 0.2: pass"], check=True)
    found = disturbance()
    assert 0 <= found.steal <= 1
    assert 0 <= found.others < 1
