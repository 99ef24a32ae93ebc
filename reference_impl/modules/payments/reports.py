"""What others report of payments: the books say that an invoice was paid, Stripe that it took or gave back money.

They name an order or a payment of theirs and no tenant; who may report at all was proved by a signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from reference_impl.core.database import UniqueViolation
from reference_impl.core.errors import InvalidData
from reference_impl.modules.payments.repository import PaymentRepository
from reference_impl.modules.payments.service import SYSTEM, PaymentService

if TYPE_CHECKING:
    from reference_impl.core.database import Work


@dataclass(frozen=True, slots=True)
class Return:
    """Money to be given back by who took it, who calls the payment `external_id`."""

    refund_id: str
    external_id: str
    amount: Decimal
    currency_code: str


class PaymentReports:
    """Each report is about payments that no wallet made: those are settled when the order is placed."""

    def __init__(self, work: Work) -> None:
        self._payments = PaymentRepository(work)
        self._service = PaymentService(work)

    async def paid(self, order_id: str, by: str) -> bool:
        """All of an order was paid; whether anything was left to take. Raises InvalidData for a cancelled one."""
        took = False
        for row in await self._payments.reported(order_id=order_id, provider_id=SYSTEM):
            if row["captured_amount"] < row["amount"]:
                await self._service.capture(row["tenant_id"], row["id"], None, by)
                took = True
        return took

    async def received(self, order_id: str, external_id: str, amount: Decimal, currency: str, by: str) -> bool:
        """So much was paid for an order; whether it is one of ours, and that was news: an intent is paid once.

        Raises InvalidData for more than is owed, for what was paid for another order, and for a second intent: an
        order is paid by one, and what came twice is for a person to give back.
        """
        for row in await self._payments.reported(order_id=order_id, provider_id=SYSTEM):
            if row["currency_code"] != currency:
                raise InvalidData(f"The payment: {row['id']} is in {row['currency_code']}, not in {currency}")
            if row["external_id"] == external_id:
                return False
            if row["external_id"] is not None:
                raise InvalidData(f"The payment: {row['id']} was made by {row['external_id']}")
            try:
                await self._payments.name(row["id"], external_id)
            except UniqueViolation:
                raise InvalidData(f"The payment: {external_id} was made for another order") from None
            await self._service.capture(row["tenant_id"], row["id"], amount, by)
            return True
        return False

    async def returned(self, external_id: str, total: Decimal, currency: str, by: str) -> bool:
        """So much was given back in all; whether that was more than we knew. Raises InvalidData for more than taken."""
        for row in await self._payments.reported(external_id=external_id):
            if row["currency_code"] != currency:
                raise InvalidData(f"The payment: {row['id']} is in {row['currency_code']}, not in {currency}")
            if total > row["refunded_amount"]:
                await self._service.refund(row["tenant_id"], row["id"], total - row["refunded_amount"], by)
                return True
        return False

    async def to_return(self, refund_id: str, known_to: str) -> Return | None:
        """What a refund asks of who took the money; None when nobody outside did, or when they told us of it."""
        row = await self._payments.refund_outside(refund_id, known_to)
        return None if row is None else Return(**row)
