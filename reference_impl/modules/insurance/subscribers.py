"""Handlers of events: an order's insurance lines become policies, and an approved claim is paid. Each of them once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.core.outbox import Subscriber
from reference_impl.modules.insurance.service import InsuranceService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event


async def insure(event: Event, work: Work) -> None:
    """A policy for each insurance line of a placed order."""
    await InsuranceService(work).insure_order(event.tenant_id, event.payload["id"])


async def cancel(event: Event, work: Work) -> None:
    """The policies of a cancelled order end."""
    await InsuranceService(work).cancel_of_order(event.tenant_id, event.payload["id"])


async def pay(event: Event, work: Work) -> None:
    """An approved claim, into the customer's wallet."""
    await InsuranceService(work).pay(event.tenant_id, event.payload["id"])


SUBSCRIBERS = [
    Subscriber(name="insurance.insure", on="order.placed", handle=insure),
    Subscriber(name="insurance.cancel", on="order.canceled", handle=cancel),
    Subscriber(name="insurance.pay", on="insurance.claim_approved", handle=pay),
]
