"""GET /admin/integrations: how the vendors are at this moment, what waits for them, and what was given up.

Every number of deliveries is of the caller's tenant alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, get_args

import structlog
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from reference_impl.core.auth import Support, Viewer
from reference_impl.core.errors import Forbidden, InvalidData, NotFound, Unauthorized, errors
from reference_impl.core.ids import EntityId
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit, Offset
from reference_impl.core.routing import PlatformRoute
from reference_impl.operations import page
from reference_impl.operations.dead_letters import DeadLetter, DeadLetters, Queue, Replayed

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from reference_impl.adapters.vendors import Checked, Vendors

log = structlog.get_logger()
router = APIRouter(route_class=PlatformRoute, tags=["operations"])

HandlerName = Annotated[str, Path(max_length=100, examples=["erpnext.invoice"])]
MAY_REPLAY = get_args(Support)[1].dependency.roles
_PAGE = {"text/html": {"schema": {"type": "string"}}}
_page_errors = errors(InvalidData, Unauthorized, Forbidden)
_page_errors[401]["content"].update(_PAGE)


@dataclass(frozen=True, slots=True)
class System:
    """A vendor. status: healthy, degraded, unhealthy, credentials_rejected or not_configured; error: its own words.

    age_s: how long ago it was asked. circuit_breaker: closed, half_open or open; null where no calls are counted.
    """

    name: str
    status: str
    latency_ms: int | None
    error: str | None
    checked_at: datetime
    age_s: float
    circuit_breaker: str | None
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class SystemList:
    systems: list[System]
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class DeadLetterList:
    dead_letters: list[DeadLetter]
    count: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class ReplayedEnvelope:
    delivery: Replayed


class PageRoute(PlatformRoute):
    """A route for people: who is not logged in, and asks for a page, gets one to log in by."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await inner(request)
            except Unauthorized:
                if "text/html" not in request.headers.get("accept", ""):
                    raise
                return page.render(request, "log_in.html", status=401)

        return handle


@router.get("/admin/integrations/health", responses=errors(Unauthorized, Forbidden))
async def read_health(request: Request, operator: Viewer, letters: DeadLetters) -> SystemList:
    """Each vendor as it is now: all are asked for this answer, which takes at most three seconds."""
    systems = await _look(request)
    return SystemList(
        _counted(systems, request, await letters.queues(operator.tenant_id)), request.app.state.clock.now()
    )


@router.get("/admin/dead-letters", responses=errors(InvalidData, Unauthorized, Forbidden))
async def list_dead_letters(
    operator: Viewer, letters: DeadLetters, limit: Limit = DEFAULT_LIMIT, offset: Offset = 0
) -> DeadLetterList:
    """Events that a handler gave up, of the operator's tenant, newest first."""
    rows, count = await letters.page(operator.tenant_id, limit=limit, offset=offset)
    return DeadLetterList(dead_letters=rows, count=count, offset=offset, limit=limit)


@router.post("/admin/dead-letters/{handler}/{event_id}/replay", responses=errors(Unauthorized, Forbidden, NotFound))
async def replay(handler: HandlerName, event_id: EntityId, operator: Support, letters: DeadLetters) -> ReplayedEnvelope:
    """Let a handler have an event again that it gave up."""
    found = await letters.replay(operator.tenant_id, handler, event_id)
    if found is None:
        raise NotFound(f"{handler} has not given up an event {event_id}")
    log.info("dead_letter_replayed", handler=handler, event_id=event_id, by=operator.actor_id)
    return ReplayedEnvelope(found)


async def show(
    request: Request,
    operator: Viewer,
    letters: DeadLetters,
    lang: Annotated[str | None, Query(max_length=35, description="en or ar; else as the browser asks for")] = None,
    offset: Offset = 0,
) -> Response:
    """The page for operators: systems, what waits, and dead letters. It refreshes itself."""
    systems = await _look(request)
    queues = await letters.queues(operator.tenant_id)
    rows, count = await letters.page(operator.tenant_id, limit=DEFAULT_LIMIT, offset=offset)
    return page.render(
        request,
        "integrations.html",
        systems=_counted(systems, request, queues),
        undispatched=await letters.undispatched(operator.tenant_id),
        waiting=sum(queue.waiting for queue in queues.values()),
        dead_letters=rows,
        count=count,
        offset=offset,
        limit=DEFAULT_LIMIT,
        may_replay=operator.role in MAY_REPLAY,
        now=request.app.state.clock.now(),
    )


router.add_api_route(
    "/admin/integrations",
    show,
    route_class_override=PageRoute,
    response_class=HTMLResponse,
    responses={200: {"content": _PAGE}, **_page_errors},
)


async def _look(request: Request) -> list[Checked]:
    """Ask the vendors before anything is read: no connection to the database waits for them."""
    vendors: Vendors = request.app.state.vendors
    return await vendors.look()


def _counted(found: list[Checked], request: Request, queues: Mapping[str, Queue]) -> list[System]:
    """What was found out about each vendor, with the deliveries of the tenant to it."""
    state = request.app.state
    names = {one.name: [delivery.name for delivery in one.deliveries] for one in state.vendors.connections}
    now = state.clock.now()
    systems = []
    for one in found:
        mine = [queues[name] for name in names.get(one.name, ()) if name in queues]
        asked = one.health.state != "not_configured"
        systems.append(
            System(
                name=one.name,
                status=one.health.state,
                latency_ms=one.health.latency_ms if asked else None,
                error=one.health.words or None,
                checked_at=one.at,
                age_s=round((now - one.at).total_seconds(), 3),
                circuit_breaker=one.breaker,
                waiting=sum(queue.waiting for queue in mine),
                dead=sum(queue.dead for queue in mine),
            )
        )
    return systems
