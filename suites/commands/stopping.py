"""The normal end of a command that serves until it is told to stop."""

from __future__ import annotations

import signal
from typing import NoReturn

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Asked(Exception):
    """Somebody asked us to stop: Ctrl-C or SIGTERM, which are the normal end of a server."""


def on_signals() -> None:
    """From now on Ctrl-C, SIGTERM and a closed terminal raise Asked, once."""
    for number in _NUMBERS:
        signal.signal(number, _stop)


def _stop(*_: object) -> NoReturn:
    for again in _NUMBERS:
        signal.signal(again, signal.SIG_IGN)  # the end has begun, a second signal would only disturb it
    raise Asked
