"""GET /health: whether this process can do its work. Only the database decides that."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request

from reference_impl.core.auth import Public
from reference_impl.core.routing import JsonResponse, PlatformRoute

router = APIRouter(route_class=PlatformRoute, tags=["operations"])
PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is healthy or unhealthy (503)."""

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
    try:
        async with asyncio.timeout(PATIENCE_S):
            await state.database.row("SELECT 1 AS one")
        database = "healthy"
    except Exception:  # noqa: BLE001 (every way in which the database may be away says the same)
        database = "unhealthy"
    answer = Health(
        status=database,
        services={"database": database},
        circuit_breakers={},
        version=request.app.version,
        commit=state.settings.commit,
        timestamp=state.clock.now(),
        response_time_ms=round((time.perf_counter() - started) * 1000, 1),
    )
    return answer if database == "healthy" else JsonResponse(answer, status_code=503)
