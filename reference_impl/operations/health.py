"""GET /health: whether this process can do its work. Only the database decides that; a vendor that is away degrades it.

Nobody is asked for it but the database: of vendors it says what the last calls to them met.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from reference_impl.core.auth import Public
from reference_impl.core.routing import JsonResponse, PlatformRoute

if TYPE_CHECKING:
    from starlette.datastructures import State

    from reference_impl.adapters.vendors import Vendors

router = APIRouter(route_class=PlatformRoute, tags=["operations"])
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """`status`: healthy, degraded while a vendor can't be used, or unhealthy (503). `services`: those configured."""

    status: str
    services: dict[str, str]
    circuit_breakers: dict[str, str]
    version: str
    commit: str
    timestamp: datetime
    response_time_ms: float


@router.get("/health", response_model=Health, responses={503: {"model": Health, "description": "The database is down"}})
async def health(request: Request, anyone: Public) -> Any:
    """Whether the platform can serve: asks the database, now."""
    state = request.app.state
    started = time.perf_counter()
    serves = await _serves(state)
    database = "healthy" if serves else "unhealthy"
    answer = Health(
        status="degraded" if serves and state.vendors.outages else database,
        services={"database": database, **_services(state.vendors)},
        circuit_breakers=state.vendors.breakers,
        version=request.app.version,
        commit=state.settings.commit,
        timestamp=state.clock.now(),
        response_time_ms=round((time.perf_counter() - started) * 1000, 1),
    )
    return answer if serves else JsonResponse(answer, status_code=503)


async def _serves(state: State) -> bool:
    """Whether the database answers in time; a vendor that is away is nobody's reason to send shoppers elsewhere."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await state.database.row("SELECT 1 AS one")
    except Exception:  # noqa: BLE001 (every way in which the database may be away says the same)
        return False
    return True


def _services(vendors: Vendors) -> dict[str, str]:
    return {name: "unhealthy" if name in vendors.outages else "healthy" for name in vendors.breakers}
