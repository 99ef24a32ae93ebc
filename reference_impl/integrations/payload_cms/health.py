"""How Payload CMS is now; it has no health endpoint, so it is asked who we are, which takes database and key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reference_impl.integrations.base import PROBE_S, Unavailable
from reference_impl.integrations.health import Health, examine

if TYPE_CHECKING:
    from reference_impl.integrations.payload_cms.client import PayloadCms


async def check(cms: PayloadCms) -> Health:
    """One request, two when it says "nobody", past the breaker; at most `PROBE_S` seconds."""
    return await examine(_asked(cms))


async def _asked(cms: PayloadCms) -> None:
    try:
        async with asyncio.timeout(PROBE_S):
            try:
                await cms.probe("/api/users/me")
            except Unavailable as away:
                raise await cms.explained(away) from None
    except TimeoutError:
        raise Unavailable(cms.name, f"no answer within {PROBE_S:g} s") from None
