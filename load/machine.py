"""What the machine says of a measurement: CPU of a process, CPU that the host took away, and servers put to sleep."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def processes(pid: int) -> list[psutil.Process]:
    """A process and all its descendants: a server and its workers."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def cpu_s(pid: int) -> float:
    """CPU seconds, user and system, that a process and its descendants have used (in steps of 10 ms)."""
    times = [process.cpu_times() for process in processes(pid)]
    return sum(spent.user + spent.system for spent in times)


def steal_meter() -> Callable[[], float]:
    """Start to measure; what is returned says the share of all CPU time since then that the host gave to somebody else."""

    def read() -> tuple[float, float]:
        times = psutil.cpu_times()
        counted = ("user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal")  # guest is within user
        return getattr(times, "steal", 0.0), sum(getattr(times, name, 0.0) for name in counted)

    stolen_before, all_before = read()

    def share() -> float:
        stolen, everything = read()
        return (stolen - stolen_before) / max(everything - all_before, 1e-9)

    return share


@contextlib.contextmanager
def paused(pid: int) -> Iterator[None]:
    """Stop a server and its workers for the length of the block, so that what it does by itself takes nothing from others."""
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
