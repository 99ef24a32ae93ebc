"""The circuit breaker of a client, by what reaches the vendor, however many call at once."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from fixtures.simulators.base import running
from fixtures.simulators.sendgrid import SendGridSimulator
from reference_impl.integrations.base import Unavailable
from reference_impl.integrations.breaker import THRESHOLD, Breaker
from reference_impl.integrations.sendgrid.client import Person, SendGrid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fixtures.simulators.base import Running
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio
AT_ONCE = 20
REST_S = 60.0
ANSWER_S, SLOW_S = 0.3, 1.0


async def _at_once(_seconds: float) -> None:
    """Between attempts."""


class Desk:
    """A client, the vendor that it asks, and the clock of its breaker."""

    def __init__(self, vendor: Running, clock: FrozenClock) -> None:
        self.vendor = vendor
        self.clock = clock
        self.simulator = vendor.simulator
        self.breaker = Breaker(clock, rest_s=REST_S)
        self.client = SendGrid(
            vendor.simulator.api_key,
            Person("shop@example.com"),
            clock,
            base_url=vendor.base_url,
            breaker=self.breaker,
            answer_s=ANSWER_S,
            sleep=_at_once,
        )

    @property
    def reached(self) -> int:
        return len(self.simulator.received)

    async def ask(self) -> str:
        """Ask for something, three times if need be; what came of it."""
        try:
            await self.client.call("GET", "/v3/scopes")
        except Unavailable:
            return "unavailable"
        return "answered"

    async def ask_and_go(self) -> None:
        """Ask, and go away before the answer comes."""
        self.simulator.switches.slow_s = ANSWER_S / 2
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S / 6):
                await self.ask()
        self.simulator.switches.slow_s = 0.0

    async def at_once(self) -> list[str]:
        return sorted(await asyncio.gather(*(self.ask() for _ in range(AT_ONCE))))

    async def open(self) -> None:
        """Let it fail until it is left alone."""
        self.simulator.switches.flapping = 1_000_000
        for _ in range(THRESHOLD):
            await self.ask()
        self.in_state("open")

    def in_state(self, state: str) -> None:
        assert self.breaker.state == state

    def rest(self) -> None:
        self.clock.advance(timedelta(seconds=REST_S))


@pytest.fixture
async def desk(clock: FrozenClock) -> AsyncIterator[Desk]:
    with running(SendGridSimulator(now=clock.now)) as vendor:
        made = Desk(vendor, clock)
        yield made
        await made.client.close()


@pytest.mark.parametrize("how", ["broken", "slow", "half answers", "gone"])
async def test_a_minute_of_a_dead_vendor(desk: Desk, how: str) -> None:
    """As many calls as the threshold reach it, and not one more, however it fails."""
    desk.simulator.switches.flapping = 1_000_000 if how == "broken" else 0
    desk.simulator.switches.slow_s = SLOW_S if how == "slow" else 0.0
    desk.simulator.switches.half_answers = how == "half answers"
    if how == "gone":
        desk.vendor.stop()
    for _ in range(60):
        assert await desk.ask() == "unavailable"
        desk.clock.advance(timedelta(seconds=0.9))
    assert desk.breaker.state == "open"
    assert desk.reached == (0 if how == "gone" else THRESHOLD)


async def test_one_probe_however_many_ask(desk: Desk) -> None:
    """Of 20 calls at half-open one reaches the vendor; it fails, and the next is after another rest."""
    await desk.open()
    for probe in range(1, 4):
        assert await desk.at_once() == ["unavailable"] * AT_ONCE
        assert desk.reached == THRESHOLD + probe - 1
        desk.rest()
        desk.in_state("half_open")
        assert await desk.at_once() == ["unavailable"] * AT_ONCE
        assert desk.reached == THRESHOLD + probe
        desk.in_state("open")


async def test_a_probe_that_succeeds(desk: Desk) -> None:
    """One of 20 calls goes out and closes the breaker, and then all of them do."""
    await desk.open()
    desk.simulator.switches.flapping = 0
    desk.simulator.switches.slow_s = 0.05  # the others come while it is under way
    desk.rest()
    assert await desk.at_once() == ["answered", *["unavailable"] * (AT_ONCE - 1)]
    assert (desk.reached, desk.breaker.state) == (THRESHOLD + 1, "closed")
    desk.simulator.switches.slow_s = 0.0
    assert await desk.at_once() == ["answered"] * AT_ONCE


async def test_a_probe_that_is_cancelled(desk: Desk) -> None:
    """Nothing was learned, so the next call is a probe again."""
    await desk.open()
    desk.simulator.switches.flapping = 0
    desk.rest()
    await desk.ask_and_go()
    assert await desk.ask() == "answered"


async def test_one_that_flaps(desk: Desk) -> None:
    """Who answers every second time is asked each time: failures count in a row."""
    desk.simulator.switches.flapping = 2
    assert [await desk.ask() for _ in range(2 * THRESHOLD)] == ["answered"] * (2 * THRESHOLD)
    assert (desk.reached, desk.breaker.state) == (4 * THRESHOLD, "closed")
