"""Handlers of events: a new customer gets a wallet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.core.outbox import Subscriber
from reference_impl.modules.wallet.service import WalletService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event


async def make_wallet(event: Event, work: Work) -> None:
    """The customer's wallet in the tenant's currency, unless it is there already."""
    await WalletService(work).of_customer(event.tenant_id, event.payload["id"])


SUBSCRIBERS = [Subscriber(name="wallet.make_wallet", on="customer.created", handle=make_wallet)]
