"""What the machine says of a measurement: CPU of a process, CPU that others had, and servers put to sleep."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, NamedTuple

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Disturbance(NamedTuple):
    """Shares of all CPU time that we could not have: the host's own use, and that of other processes here."""

    steal: float
    others: float


def processes(pid: int) -> list[psutil.Process]:
    """A process and all its descendants: a server and its workers."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def cpu_s(pid: int) -> float:
    """CPU seconds, user and system, of a process and its descendants, also of those that ended, in steps of 10 ms."""
    total = 0.0
    for process in processes(pid):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile: its time is its parent's now
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def disturbance_meter() -> Callable[[], Disturbance]:
    """Start to measure; what is returned says who else had CPU time since then.

    Ours is this process with all that it started, the embedded PostgreSQL included.
    """

    def read() -> tuple[float, float, float, float]:
        times = psutil.cpu_times()  # guest is within user
        busy = times.user + times.system + times.nice + getattr(times, "irq", 0.0) + getattr(times, "softirq", 0.0)
        steal = getattr(times, "steal", 0.0)
        return steal, busy, busy + steal + times.idle + getattr(times, "iowait", 0.0), cpu_s(os.getpid())

    before = read()

    def disturbance() -> Disturbance:
        steal, busy, everything, ours = (now - then for now, then in zip(read(), before, strict=True))
        everything = max(everything, 1e-9)
        return Disturbance(steal / everything, max(0.0, busy - ours) / everything)

    return disturbance


@contextlib.contextmanager
def paused(pid: int) -> Iterator[None]:
    """Stop a server and its workers for the length of the block: what it does by itself takes nothing from others."""
    server, *workers = processes(pid)
    server.suspend()
    if workers:
        time.sleep(0.02)  # uvicorn's supervisor asks its workers whether they live; the answer must not be left open
    for worker in workers:
        worker.suspend()
    try:
        yield
    finally:
        for process in (*workers, server):
            process.resume()
