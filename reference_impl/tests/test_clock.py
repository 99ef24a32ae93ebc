"""Clocks: time that runs faster, for tests that cannot wait for an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reference_impl.core.clock import FastClock, SystemClock

pytestmark = pytest.mark.anyio


async def test_a_fast_clock() -> None:
    """It begins now, runs so many times as fast, and whoever sleeps by it wakes up when its time has come."""
    clock = FastClock(1000)
    began, real = clock.now(), datetime.now(UTC)
    await clock.sleep(30)
    assert began - real < timedelta(seconds=1)
    assert clock.now() - began >= timedelta(seconds=30)
    ahead = clock.now() - SystemClock().now()
    assert ahead > timedelta(seconds=20)


async def test_sleep_is_never_too_short() -> None:
    """Who looks every second does not look a thousand times in one."""
    clock = FastClock(3600)
    began = datetime.now(UTC)
    for _ in range(3):
        await clock.sleep(1)
    assert datetime.now(UTC) - began >= timedelta(seconds=0.05)
