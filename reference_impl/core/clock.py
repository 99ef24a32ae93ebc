"""Time, injected: nothing in the platform reads the machine's clock but through this."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol

SHORTEST_SLEEP_S = 0.02
"""By the machine's clock: who looks for work every few seconds must not do so all the time where time runs fast."""


class Clock(Protocol):
    """Tells the time in UTC."""

    def now(self) -> datetime:
        """The present moment, with UTC as its time zone."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of this clock."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FastClock(SystemClock):
    """The machine's clock, running so many times as fast from now on: for `CITYOS_CLOCK_SPEED`."""

    def __init__(self, speed: float) -> None:
        self._began = super().now()
        self._speed = speed

    def now(self) -> datetime:
        return self._began + (super().now() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds / self._speed, SHORTEST_SLEEP_S))


class FrozenClock:
    """A clock that stands still until it is told to move, for tests and for `CITYOS_FROZEN_TIME`."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._at

    async def sleep(self, seconds: float) -> None:
        """By the machine's clock: nobody would wake up by this one."""
        await asyncio.sleep(seconds)

    def advance(self, by: timedelta) -> None:
        self._at += by
