"""GET /admin/events: what happened, for an integrator who reads on from where they were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from reference_impl.core.auth import Viewer
from reference_impl.core.errors import Forbidden, InvalidData, NotFound, Unauthorized, errors
from reference_impl.core.pagination import DEFAULT_LIMIT, Limit
from reference_impl.core.routing import PlatformRoute
from reference_impl.operations.feed import CloudEvent, Feed

router = APIRouter(route_class=PlatformRoute, tags=["operations"])

After = Annotated[
    str | None, Query(max_length=64, description="The id of an event: those behind it. Else from the first")
]
Type = Annotated[str | None, Query(alias="type", max_length=100, description="Of this type alone, as order.placed")]
Subject = Annotated[str | None, Query(max_length=64, description="About this alone: the id of an order, a wallet …")]


@dataclass(frozen=True, slots=True)
class EventList:
    """count: how many there are behind `after`, these included. next: what to give as `after` to read on.

    A page that is empty gives back the `after` that it was asked with, so `next` is null only where nothing ever
    happened.
    """

    events: list[CloudEvent]
    count: int
    limit: int
    next: str | None


@router.get("/admin/events", responses=errors(InvalidData, Unauthorized, Forbidden, NotFound))
async def list_events(
    operator: Viewer,
    feed: Feed,
    after: After = None,
    kind: Type = None,
    subject: Subject = None,
    limit: Limit = DEFAULT_LIMIT,
) -> EventList:
    """The events of the operator's tenant, oldest first: each once, those of one subject in the order they happened in.

    Nothing is ever put in before an event that was shown, so who goes on with `next` misses none. An `after` that is no
    event of the tenant is answered with 404: reading on from the beginning would tell everything twice.
    """
    number = 0 if after is None else await feed.number(operator.tenant_id, after)
    if number is None:
        raise NotFound(f"Event with id: {after} was not found")
    events, count = await feed.page(operator.tenant_id, number, kind=kind, subject=subject, limit=limit)
    return EventList(events, count, limit, events[-1].id if events else after)
