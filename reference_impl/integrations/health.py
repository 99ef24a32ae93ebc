"""How a vendor is at this moment: asked for it, never remembered."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reference_impl.integrations.base import CredentialsRejected, VendorError

if TYPE_CHECKING:
    from collections.abc import Awaitable

State = Literal["healthy", "unhealthy", "credentials_rejected", "not_configured", "degraded"]
SLOW_MS = 1000
"""An answer that takes longer is one of a degraded vendor."""


@dataclass(frozen=True, slots=True)
class Health:
    """words: the vendor's own where it complained, empty where it is well."""

    state: State
    words: str
    latency_ms: int


async def examine(question: Awaitable[object], *, degrading: tuple[int, ...] = (429,)) -> Health:
    """Await a cheap question that needs the key, and judge the vendor by how that ends.

    degrading: statuses of a vendor that is up, and does less than it could.
    """
    began = time.perf_counter()
    state: State = "healthy"
    words = ""
    try:
        await question
    except CredentialsRejected as refusal:
        state, words = "credentials_rejected", refusal.words
    except VendorError as problem:
        state, words = ("degraded" if problem.status in degrading else "unhealthy"), problem.words
    latency_ms = round((time.perf_counter() - began) * 1000)
    if state == "healthy" and latency_ms > SLOW_MS:
        state, words = "degraded", f"answered after {latency_ms} ms"
    return Health(state, words, latency_ms)
