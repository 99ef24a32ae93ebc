"""What we ask of Fleetbase: carry an order, send somebody, say where it is, what it would cost, and stop.

Making an order is idempotent as far as this API allows. It knows no idempotency key and no unique field, so the id of
our order goes along twice: as `internal_id`, by which the list of orders can be narrowed (fleetops OrderController,
core-api HasApiModelBehavior), and as `meta.order_id`, which its webhooks bring back. An order is looked for before it
is made, and the POST itself is never repeated: after a lost answer the caller comes again, and finds what was made.
Two remain possible where Fleetbase finishes an order only after we have looked again for it, or where two callers come
for one order at once (the outbox sends one at a time); who comes next keeps the older one and cancels the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reference_impl.integrations.base import (
    CredentialsRejected,
    NotFound,
    Rejected,
    Unavailable,
    Vendor,
    VendorError,
)
from reference_impl.integrations.fleetbase.places import Place, Point, bracketed

if TYPE_CHECKING:
    from reference_impl.core.clock import Clock
    from reference_impl.integrations.base import Answer
    from reference_impl.integrations.breaker import Breaker

LIST_AT_MOST = 100
RATE_WINDOW = timedelta(minutes=1)
"""Over which Fleetbase counts requests; its 429 says not when to come again."""
NOT_INSTALLED_REST = timedelta(minutes=1)
ALREADY_DISPATCHED = "Order has already been dispatched!"
UNKNOWN_ROUTE = "There is nothing to see here."
CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing to carry."""

    name: str
    sku: str | None = None
    weight: Decimal | None = None
    weight_unit: str = "kg"

    def body(self) -> dict[str, Any]:
        sku = {} if self.sku is None else {"sku": self.sku}
        weight = {} if self.weight is None else {"weight": self.weight, "weight_unit": self.weight_unit}
        return {"name": self.name, **sku, **weight}


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What is to be carried for an order of ours, at once or at a time."""

    order_id: str
    pickup: Place
    dropoff: Place
    entities: Sequence[Entity] = ()
    scheduled_at: datetime | None = None
    notes: str | None = None
    type: str = "transport"

    def body(self) -> dict[str, Any]:
        scheduled = self.scheduled_at and f"{self.scheduled_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        return {
            "type": self.type,
            "internal_id": self.order_id,
            "payload": {
                "pickup": self.pickup.body(),
                "dropoff": self.dropoff.body(),
                "entities": [entity.body() for entity in self.entities],
            },
            "scheduled_at": scheduled,
            "notes": self.notes,
            "meta": {"order_id": self.order_id},
            "dispatch": False,
        }


@dataclass(frozen=True, slots=True)
class Reference:
    id: str


@dataclass(frozen=True, slots=True)
class TrackingNumber:
    id: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class Order:
    """An order at Fleetbase. `status`: created, dispatched, started, enroute, completed, canceled, or any of theirs."""

    id: str
    status: str
    payload: Reference | None = None
    driver_assigned: Reference | None = None
    tracking_number: TrackingNumber | None = None
    dispatched: bool = False
    started: bool = False
    meta: Any = None  # PHP writes an empty object as an empty list
    created_at: str | None = None

    @property
    def order_id(self) -> str | None:
        """Our order, if it was made for one."""
        known = self.meta.get("order_id") if isinstance(self.meta, dict) else None
        return known if isinstance(known, str) else None


@dataclass(frozen=True, slots=True)
class _Tracker:
    progress_percentage: Decimal | None = None
    completion_eta: Decimal | None = None
    driver_current_location: Any = None


@dataclass(frozen=True, slots=True)
class Tracking:
    """How far an order is. `arrives_in_s`, `at`: None when Fleetbase does not know."""

    progress_percent: Decimal
    arrives_in_s: Decimal | None
    at: Point | None


@dataclass(frozen=True, slots=True)
class ServiceQuote:
    """What carrying would cost: Fleetbase's own number, whose unit it does not state."""

    id: str
    amount: Decimal
    currency: str
    service_rate: str | None = None
    items: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Organization:
    """Whose key we have."""

    id: str | None = None
    name: str | None = None


class Fleetbase(Vendor):
    """Fleetbase's public API. A call raises Unavailable, CredentialsRejected or Rejected, with the vendor's words."""

    name = "fleetbase"

    def __init__(
        self, base_url: str, api_key: str, clock: Clock, *, breaker: Breaker | None = None, **options: Any
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"}
        super().__init__(base_url, clock, headers=headers, breaker=breaker, **options)

    async def organization(self) -> Organization:
        """The cheapest question that needs the key."""
        return self.read((await self.call("GET", "/v1/organizations/current")).body, Organization)

    async def create_order(self, new: NewOrder) -> Order:
        """Have an order carried: the one that is there for it, else a new one. How often: see the module."""
        made = await self.orders_for(new.order_id)
        if made:
            return await self._one_of(made)
        answer = await self.call("POST", "/v1/orders", body=new.body(), repeatable=False)
        return self.read(answer.body, Order)

    async def orders_for(self, order_id: str) -> list[Order]:
        """What was made for an order of ours, oldest first: none or one, and more only after a lost answer."""
        query: dict[str, str | int] = {"internal_id": order_id, "sort": "latest", "limit": LIST_AT_MOST}
        answer = await self.call("GET", "/v1/orders", query=query)
        listed = self.read(answer.body, list[Order])
        ours = (order for order in listed if order.order_id == order_id)  # whatever the list was narrowed by
        return sorted(ours, key=lambda order: (order.created_at or "", order.id))

    async def _one_of(self, made: list[Order]) -> Order:
        kept = next((order for order in made if order.status != CANCELED), made[0])
        for order in made:
            if order.id != kept.id and order.status != CANCELED:
                await self.cancel(order.id)
        return kept

    async def order(self, fleetbase_id: str) -> Order:
        return self.read((await self.call("GET", _path(fleetbase_id))).body, Order)

    async def assign_driver(self, fleetbase_id: str, driver_id: str) -> Order:
        """Name the driver, and nothing else: with a payload beside it Fleetbase's PUT breaks."""
        answer = await self.call("PUT", _path(fleetbase_id), body={"driver": driver_id})
        return self.read(answer.body, Order)

    async def dispatch(self, fleetbase_id: str) -> Order:
        """Send the driver off; one who is on the way already stays so. Rejected: nobody is assigned."""
        try:
            answer = await self.call("POST", _path(fleetbase_id, "dispatch"), repeatable=True)
        except Rejected as refusal:
            if ALREADY_DISPATCHED not in refusal.words:
                raise
            return await self.order(fleetbase_id)
        return self.read(answer.body, Order)

    async def cancel(self, fleetbase_id: str) -> Order:
        return self.read((await self.call("DELETE", _path(fleetbase_id, "cancel"))).body, Order)

    async def tracking(self, fleetbase_id: str) -> Tracking:
        found = self.read((await self.call("GET", _path(fleetbase_id, "tracker"))).body, _Tracker)
        eta = found.completion_eta
        known = None if eta is None or eta < 0 else eta  # -1: no route was found
        return Tracking(found.progress_percentage or Decimal(0), known, Point.of(found.driver_current_location))

    async def service_quotes(self, pickup: Place, dropoff: Place) -> list[ServiceQuote]:
        """What it would cost to carry from here to there. A question, so a GET: places go as PHP's brackets."""
        query = dict([*bracketed("pickup", pickup.body()), *bracketed("dropoff", dropoff.body())])
        answer = await self.call("GET", "/v1/service-quotes", query=query)
        return self.read(answer.body, list[ServiceQuote])

    def judge(self, answer: Answer) -> VendorError | None:
        status, said = answer.status, words_of(answer)
        if 200 <= status < 300:
            not_json = answer.body is None
            return Unavailable(self.name, "answered with no JSON", status=status) if not_json else None
        if status in (401, 403):
            return CredentialsRejected(self.name, said, status=status)
        if status == 404 and UNKNOWN_ROUTE not in said:  # a route that is missing says nothing about an order
            return NotFound(self.name, said, status=status)
        if status == 429:
            again = self.retry_at(answer) or self.clock.now() + RATE_WINDOW
            return Unavailable(self.name, said, status=status, retry_at=again)
        if status == 503:
            installed = "fleetbase_not_configured" not in said
            again_at = self.retry_at(answer) if installed else self.clock.now() + NOT_INSTALLED_REST
            return Unavailable(self.name, said, status=status, retry_at=again_at)
        if status >= 500:
            return Unavailable(self.name, said, status=status)
        return Rejected(self.name, said, status=status)


def words_of(answer: Answer) -> str:
    """What Fleetbase says in either of its two forms: `error`, a text, and `errors`, a list of texts."""
    body = answer.body if isinstance(answer.body, dict) else {}
    listed = body.get("errors")
    said = [body.get("error"), *(listed if isinstance(listed, list) else [listed]), body.get("message")]
    texts = [text for text in said if isinstance(text, str) and text]
    return "; ".join(dict.fromkeys(texts)) or answer.text


def _path(fleetbase_id: str, *further: str) -> str:
    return "/".join(["/v1/orders", quote(fleetbase_id, safe=""), *further])
