"""The vendors of this process: which are configured, how they are, and who carries events to them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reference_impl.core.deliveries import LATER_S, Delivery, VendorRelay
from reference_impl.integrations.base import Vendor
from reference_impl.integrations.health import Health

if TYPE_CHECKING:
    from reference_impl.adapters.hierarchy import HierarchyTask
    from reference_impl.core.clock import Clock
    from reference_impl.core.database import Database

LOOK_S = 2.7
"""A little more than a probe may take; the answer to who asks has to be there within three seconds."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One vendor as the platform is tied to it.

    name: as in addresses, "payload-cms". check: how it is; None: nobody asks. client: None, it is not configured.
    """

    name: str
    check: Callable[[], Awaitable[Health]] | None = None
    client: Vendor | None = None
    deliveries: Sequence[Delivery] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """How a vendor was at a moment. breaker: closed, open or half_open; None where no calls are counted."""

    name: str
    health: Health
    at: datetime
    breaker: str | None


class Vendors:
    """All of them. They are asked how they are when somebody wants to know, once for all who want to at a moment."""

    def __init__(
        self,
        connections: Sequence[Connection],
        clock: Clock,
        sync: HierarchyTask | None = None,
        *,
        rest_s: float = LATER_S,
    ) -> None:
        """rest_s: how long a vendor that failed is left alone."""
        self.connections = connections
        self._later_s = min(LATER_S, rest_s)
        self._clock = clock
        self._sync = sync
        self._relays: list[VendorRelay] = []
        self._asking: asyncio.Task[list[Checked]] | None = None

    @property
    def routes(self) -> list[tuple[str, str]]:
        """The inboxes of the vendors, each with a type of event that it is for."""
        return [(told.name, kind) for one in self.connections for told in one.deliveries for kind in told.on]

    @property
    def breakers(self) -> dict[str, str]:
        """The state of each breaker, by the vendor's name."""
        return {one.name: one.client.breaker.state for one in self.connections if one.client is not None}

    @property
    def outages(self) -> dict[str, str]:
        """What the vendors that can't be used said last, by their names."""
        found = {one.name: one.client.outage for one in self.connections if one.client is not None}
        return {name: words for name, words in found.items() if words is not None}

    def start(self, database: Database) -> None:
        """Carry events to each vendor, each by a relay of its own; and the hierarchy of the CMS to the books."""
        if self._sync is not None:
            self._sync.start(database)
        for one in self.connections:
            if one.client is not None and one.deliveries:
                breaker = one.client.breaker
                ready = lambda breaker=breaker: breaker.state != "open"  # noqa: E731
                relay = VendorRelay(database, self._clock, one.deliveries, ready=ready, later_s=self._later_s)
                relay.start()
                self._relays.append(relay)

    async def stop(self) -> None:
        """End the relays and the sync, and the connections to the vendors."""
        if self._sync is not None:
            await self._sync.stop()
        for relay in self._relays:
            await relay.stop()
        for one in self.connections:
            if one.client is not None:
                await one.client.close()

    async def look(self) -> list[Checked]:
        """Ask every vendor how it is, now. Who comes while an answer is awaited gets the same answer."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> list[Checked]:
        at = self._clock.now()
        checks = {one.name: one.check for one in self.connections if one.check is not None}
        found = await asyncio.gather(*(_asked(check) for check in checks.values()))
        breakers = self.breakers
        return [Checked(name, health, at, breakers.get(name)) for name, health in zip(checks, found, strict=True)]


async def _asked(check: Callable[[], Awaitable[Health]]) -> Health:
    """What a check finds, in time: one that hangs or fails itself must not keep the others from being seen."""
    try:
        async with asyncio.timeout(LOOK_S):
            return await check()
    except TimeoutError:
        return Health("unhealthy", f"no answer within {LOOK_S:g} s", round(LOOK_S * 1000))
    except Exception as problem:  # noqa: BLE001 (whatever it is, it is no reason to know nothing of the others)
        return Health("unhealthy", f"{type(problem).__name__}: {problem}", 0)
