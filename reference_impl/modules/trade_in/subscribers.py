"""Handlers of events: an approved trade-in is credited, a completed one goes into the stock. Both once per trade-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.core.outbox import Subscriber
from reference_impl.modules.trade_in.service import TradeInService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event


async def credit(event: Event, work: Work) -> None:
    """What was approved, into the customer's wallet."""
    await TradeInService(work).credit(event.tenant_id, event.payload["id"])


async def restock(event: Event, work: Work) -> None:
    """What has arrived, into the stock of its product."""
    await TradeInService(work).restock(event.tenant_id, event.payload["id"])


SUBSCRIBERS = [
    Subscriber(name="trade_in.credit", on="trade-in.approved", handle=credit),
    Subscriber(name="trade_in.restock", on="trade-in.completed", handle=restock),
]
