"""Handlers of events: an order is split among its vendors; a cancelled one is taken from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.core.outbox import Subscriber
from reference_impl.modules.orders.service import OrderService
from reference_impl.modules.vendors.service import VendorOrderService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event


async def split(event: Event, work: Work) -> None:
    """Each vendor's share of the order, once; none of an order that was cancelled in the meantime.

    The lock is what the cancelling handler waits for, or has left behind: whoever comes second sees what the first did.
    """
    orders = VendorOrderService(work)
    await orders.lock_order(event.payload["id"])
    order = await OrderService(work).get_lines(event.tenant_id, event.payload["id"])
    if order.status != "canceled":
        await orders.split(event.tenant_id, order)


async def cancel(event: Event, work: Work) -> None:
    """The order's shares are cancelled and their commissions reversed, unless they are shipped."""
    orders = VendorOrderService(work)
    await orders.lock_order(event.payload["id"])
    await orders.cancel_of(event.tenant_id, event.payload["id"])


SUBSCRIBERS = [
    Subscriber(name="vendors.split", on="order.placed", handle=split),
    Subscriber(name="vendors.cancel", on="order.canceled", handle=cancel),
]
