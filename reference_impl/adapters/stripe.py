"""Money that Stripe took, given back by Stripe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.core.deliveries import Delivery
from reference_impl.modules.payments.reports import PaymentReports

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event
    from reference_impl.integrations.stripe.client import Stripe
    from reference_impl.modules.payments.reports import Return

BY = "stripe"
"""Who captured or refunded, where Stripe told us of it."""


class Refunds:
    """Which refunds Stripe is asked for."""

    def __init__(self, stripe: Stripe) -> None:
        self._stripe = stripe

    def deliveries(self) -> list[Delivery]:
        return [Delivery("stripe.refund", ("payment.refunded",), self._refund, self._send)]

    async def _refund(self, event: Event, work: Work) -> Return | None:
        """A refund of what Stripe took, unless it was Stripe who told us of it."""
        return await PaymentReports(work).to_return(event.payload["refund_id"], known_to=BY)

    async def _send(self, back: Return) -> None:
        """The refund's own id is the idempotency key: asked for twice, it is given once."""
        await self._stripe.refund(back.external_id, back.amount, back.currency_code, key=back.refund_id)
