"""How Fleetbase is: by the cheapest question that needs the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.integrations.health import Health, examine

if TYPE_CHECKING:
    from reference_impl.integrations.fleetbase.client import Fleetbase


async def check(fleetbase: Fleetbase) -> Health:
    """One request, past the breaker; at most `PROBE_S` seconds."""
    return await examine(fleetbase.probe("/v1/organizations/current"))
