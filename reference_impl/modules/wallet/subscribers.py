"""Handlers of events: a new customer gets a wallet; orders take from it, refunds and cancellations give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.core.outbox import Subscriber
from reference_impl.modules.payments.service import WALLET, PaymentService
from reference_impl.modules.wallet.service import WalletService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event


async def make_wallet(event: Event, work: Work) -> None:
    """The customer's wallet in the tenant's currency, unless it is there already."""
    await WalletService(work).of_customer(event.tenant_id, event.payload["id"])


async def debit_order(event: Event, work: Work) -> None:
    """What the order takes from the wallet. Completing it has done so already, under the same reference: no effect."""
    order_id = event.payload["id"]
    for payment in await PaymentService(work).wallet_payments(event.tenant_id, order_id):
        assert payment.customer_id is not None, "only a customer pays with a wallet"
        await WalletService(work).debit(
            event.tenant_id,
            payment.customer_id,
            payment.currency_code,
            payment.amount,
            reference_id=order_id,
            description="Payment of an order",
        )


async def credit_refund(event: Event, work: Work) -> None:
    """A refund of what was paid with the wallet goes back into it, once per refund."""
    payment = await PaymentService(work).get(event.tenant_id, event.payload["id"])
    if payment.provider_id != WALLET:
        return
    assert payment.customer_id is not None, "only a customer pays with a wallet"
    refund = next(one for one in payment.refunds if one.id == event.payload["refund_id"])
    await WalletService(work).credit(
        event.tenant_id,
        payment.customer_id,
        payment.currency_code,
        refund.amount,
        reference_id=refund.id,
        description="Refund of an order",
    )


async def restore_cancelled(event: Event, work: Work) -> None:
    """What the order took from the wallet and nobody captured comes back; what was captured comes back as a refund."""
    order_id = event.payload["id"]
    for payment in await PaymentService(work).wallet_payments(event.tenant_id, order_id):
        given_up = payment.amount - payment.captured_amount
        if payment.canceled_at is None or not given_up:
            continue
        assert payment.customer_id is not None, "only a customer pays with a wallet"
        await WalletService(work).credit(
            event.tenant_id,
            payment.customer_id,
            payment.currency_code,
            given_up,
            reference_id=order_id,
            description="Cancellation of an order",
        )


SUBSCRIBERS = [
    Subscriber(name="wallet.make_wallet", on="customer.created", handle=make_wallet),
    Subscriber(name="wallet.debit_order", on="order.placed", handle=debit_order),
    Subscriber(name="wallet.credit_refund", on="payment.refunded", handle=credit_refund),
    Subscriber(name="wallet.restore_cancelled", on="order.canceled", handle=restore_cancelled),
]
