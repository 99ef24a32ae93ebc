"""Work in processes of its own, none of which outlives the command: neither when it ends nor when it is interrupted."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, NoReturn, TypeVar

from fixtures.exits import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Task = TypeVar("Task")
Result = TypeVar("Result")

PROCESSES = 2
_GONE = 2
_working = False


class _Stopped(BaseException):
    """The command is being interrupted: what was made is to be taken back, then the process ends."""


def in_processes(work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    """What comes of each task, in their order. Whatever ends this early ends the processes, after their tidying up."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with _ended_by_signals(), ProcessPoolExecutor(min(PROCESSES, len(tasks)) or 1, context, _begin) as pool:
        going = [pool.submit(_one, work, task) for task in tasks]
        try:
            for each in going:
                yield each.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - before:
                with contextlib.suppress(OSError):  # it is gone by itself
                    process.terminate()
            raise


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the command as Ctrl-C does: by themselves they would leave the processes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> NoReturn:
    raise Interrupted("stopped before its end; what had been answered until then is kept")


def _begin() -> None:
    """In each process: Ctrl-C is for the command, which then sends SIGTERM."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)


def _stop(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if not _working:
        os._exit(_GONE)
    raise _Stopped


def _one(work: Callable[[Task], Result], task: Task) -> Result:
    global _working  # noqa: PLW0603 - of this process, for its signal
    _working = True
    try:
        return work(task)
    except _Stopped:
        os._exit(_GONE)  # the library may still be asking, in a thread that does not stop
    finally:
        _working = False
