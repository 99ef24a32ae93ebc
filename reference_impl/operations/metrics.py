"""GET /admin/metrics: what this process counted, and how much work waits in the outbox, as Prometheus text."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import generate_latest

from reference_impl.core.auth import Viewer
from reference_impl.core.errors import Forbidden, Unauthorized, errors
from reference_impl.core.routing import PlatformRoute

router = APIRouter(route_class=PlatformRoute, tags=["operations"])

BREAKER_STATES = ("closed", "half_open", "open")

_WAITING = """
SELECT (SELECT count(*) FROM outbox WHERE dispatched_at IS NULL) AS waiting,
       (SELECT count(*) FROM inbox WHERE status = 'pending') AS pending,
       (SELECT count(*) FROM inbox WHERE status = 'dead') AS dead
"""


@router.get(
    "/admin/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "Prometheus text"},
        **errors(Unauthorized, Forbidden),
    },
)
async def metrics(request: Request, operator: Viewer) -> Response:
    """Counters of this worker and gauges of the whole platform."""
    state = request.app.state
    row = await state.database.row(_WAITING)
    state.metrics.outbox_waiting.set(row["waiting"])
    state.metrics.inbox_pending.set(row["pending"])
    state.metrics.inbox_dead.set(row["dead"])
    for name, breaker in state.vendors.breakers.items():
        state.metrics.breaker_state.labels(name).set(BREAKER_STATES.index(breaker))
        state.metrics.vendor_outage.labels(name).set(name in state.vendors.outages)
    return Response(generate_latest(state.metrics.registry), media_type="text/plain; version=0.0.4; charset=utf-8")
