"""Parcels at Fleetbase: one for each order that has to be carried, cancelled with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.core.deliveries import Delivery
from reference_impl.integrations.fleetbase.client import CANCELED, Entity, NewOrder
from reference_impl.integrations.fleetbase.places import Place
from reference_impl.modules.orders.service import OrderService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event
    from reference_impl.integrations.fleetbase.client import Fleetbase
    from reference_impl.integrations.fleetbase.client import Order as Parcel
    from reference_impl.modules.orders.service import Order
    from reference_impl.settings import FleetbaseSettings

PROVIDER = "fleetbase"


class Parcels:
    """What Fleetbase is told, and what is kept of its answers."""

    def __init__(self, fleetbase: Fleetbase, settings: FleetbaseSettings) -> None:
        self._fleetbase = fleetbase
        street, city, country = settings.pickup_street, settings.pickup_city, settings.pickup_country
        self._pickup = Place(street, city, country)

    def deliveries(self) -> list[Delivery]:
        return [Delivery("fleetbase.order", ("order.placed", "order.canceled"), self._order, self._send, self._keep)]

    async def _order(self, event: Event, work: Work) -> NewOrder | str | None:
        """What to carry; or the id of an order that is not to be carried any more."""
        order = await OrderService(work).sold(event.tenant_id, event.payload["id"])
        if event.type == "order.canceled":
            return order.id
        dropoff = _address(order)
        if order.status == "canceled" or dropoff is None:
            return None
        carried = [item for item in order.items if item.requires_shipping]
        entities = [Entity(f"{item.quantity} of {item.title}", item.variant_sku) for item in carried]
        return NewOrder(order.id, self._pickup, dropoff, entities) if carried else None

    async def _send(self, message: NewOrder | str) -> Parcel | None:
        if isinstance(message, NewOrder):
            return await self._fleetbase.create_order(message)
        left = [made for made in await self._fleetbase.orders_for(message) if made.status != CANCELED]
        for made in left:
            await self._fleetbase.cancel(made.id)
        return left[0] if left else None

    async def _keep(self, event: Event, parcel: Parcel | None, work: Work) -> None:
        if parcel is not None:
            number = parcel.tracking_number.tracking_number if parcel.tracking_number else None
            canceled_at = work.now() if event.type == "order.canceled" else None
            orders = OrderService(work)
            await orders.fulfilled(
                event.payload["id"], PROVIDER, parcel.id, tracking_number=number, canceled_at=canceled_at
            )


def _address(order: Order) -> Place | None:
    """Where to bring it, if enough of that is known."""
    to = order.shipping_address
    if to is None or not (to.address_1 and to.city and to.country_code):
        return None
    name = " ".join(part for part in (to.first_name, to.last_name) if part) or None
    return Place(to.address_1, to.city, to.country_code.upper(), name, to.phone, to.postal_code)
