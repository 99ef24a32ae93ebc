"""The books in ERPNext: an invoice for each order, taken back when the order is; a payment entry for what was taken."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from reference_impl.core.deliveries import Delivery
from reference_impl.integrations.base import Conflict, Rejected
from reference_impl.integrations.erpnext.documents import (
    CANCELLED,
    Line,
    NewCustomer,
    NewInvoice,
    NewItem,
    NewPayment,
    Tax,
)
from reference_impl.modules.customers.service import CustomerService
from reference_impl.modules.orders.service import OrderService

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event
    from reference_impl.integrations.erpnext.client import ErpNext
    from reference_impl.integrations.erpnext.documents import Invoice
    from reference_impl.modules.orders.service import Order
    from reference_impl.settings import ErpNextSettings


@dataclass(frozen=True, slots=True)
class Booking:
    """All that the books need to know of an order; its invoice's customer is only known when it was made there."""

    customer: NewCustomer
    items: Sequence[NewItem]
    invoice: NewInvoice
    total: Decimal


@dataclass(frozen=True, slots=True)
class Cancellation:
    order_id: str


@dataclass(frozen=True, slots=True)
class Taking:
    """Money that was taken for an order. capture_id: unique to it."""

    booking: Booking
    capture_id: str
    amount: Decimal
    on: date


class Books:
    """What ERPNext is told, and in which words."""

    def __init__(self, erpnext: ErpNext, settings: ErpNextSettings) -> None:
        self._erpnext = erpnext
        self._settings = settings
        self._currency: str | None = None

    def deliveries(self) -> list[Delivery]:
        return [
            Delivery("erpnext.order", ("order.placed", "order.canceled"), self._order, self._send_order),
            Delivery("erpnext.payment", ("payment.captured",), self._payment, self._send_payment),
        ]

    async def _order(self, event: Event, work: Work) -> Booking | Cancellation | None:
        order = await OrderService(work).sold(event.tenant_id, event.payload["id"])
        if event.type == "order.canceled":
            return Cancellation(order.id)
        return None if order.status == "canceled" else await self._booking(event.tenant_id, order, work)

    async def _send_order(self, message: Booking | Cancellation) -> None:
        if isinstance(message, Booking):
            await self._booked(message)
            return
        invoice = await self._erpnext.invoice_of(message.order_id)
        if invoice is not None and invoice.outstanding_amount == invoice.grand_total:  # paid ones are for a person
            await self._erpnext.cancel_invoice(invoice.name)

    async def _payment(self, event: Event, work: Work) -> Taking:
        order = await OrderService(work).sold(event.tenant_id, event.payload["order_id"])
        booking = await self._booking(event.tenant_id, order, work)
        amount = Decimal(str(event.payload["amount"]))
        return Taking(booking, event.payload["capture_id"], amount, event.created_at.date())

    async def _send_payment(self, taking: Taking) -> None:
        """Settle the invoice, which is made first if its own event has not come so far."""
        invoice = await self._booked(taking.booking)
        if invoice.docstatus == CANCELLED:
            raise Conflict(self._erpnext.name, f"{invoice.name} was cancelled, and {taking.amount} came for it")
        if invoice.outstanding_amount <= 0:
            return  # the books knew before us, or we have told them already
        await self._same_currency(invoice)
        await self._erpnext.payment(
            NewPayment(
                taking.capture_id,
                invoice.order_id,
                invoice.name,
                invoice.customer,
                taking.amount,
                taking.on,
                self._settings.paid_to,
            )
        )

    async def _booked(self, booking: Booking) -> Invoice:
        """The invoice of an order. Raises Conflict when ERPNext adds up to something else."""
        customer = await self._erpnext.customer(booking.customer)
        for item in booking.items:
            await self._erpnext.item(item)
        invoice = await self._erpnext.invoice(replace(booking.invoice, customer=customer))
        if invoice.grand_total != booking.total:
            words = f"{invoice.name} comes to {invoice.grand_total}, and the order cost {booking.total}"
            raise Conflict(self._erpnext.name, words)
        return invoice

    async def _same_currency(self, invoice: Invoice) -> None:
        """Raises Rejected for an invoice in another currency than the books: what it is worth there we do not know."""
        if self._currency is None:
            company = await self._erpnext.get("Company", self._erpnext.company)
            self._currency = str(company.get("default_currency"))
        if invoice.currency != self._currency:
            words = f"{invoice.name} is in {invoice.currency}, the books in {self._currency}: enter its payment by hand"
            raise Rejected(self._erpnext.name, words)

    async def _booking(self, tenant_id: str, order: Order, work: Work) -> Booking:
        """Lines at their prices; tax, and what is left of the total (shipping, discounts), as charges."""
        rest = order.total - order.item_subtotal - order.tax_total
        charges = (("Tax", order.tax_total), ("Shipping and discounts", rest))
        return Booking(
            customer=await self._buyer(tenant_id, order, work),
            items=[
                NewItem(
                    code=item.variant_id,
                    name=f"{item.product_title} {item.variant_title}"[:140],
                    group=self._settings.item_group,
                    product_id=item.product_id,
                    stocked=False,  # stock is kept by the platform
                )
                for item in {item.variant_id: item for item in order.items}.values()
            ],
            invoice=NewInvoice(
                order_id=order.id,
                customer="",
                currency=order.currency_code,
                posted_on=order.created_at.date(),
                lines=[Line(item.variant_id, Decimal(item.quantity), item.unit_price) for item in order.items],
                taxes=[Tax(self._settings.charges, name, amount) for name, amount in charges if amount],
            ),
            total=order.total,
        )

    async def _buyer(self, tenant_id: str, order: Order, work: Work) -> NewCustomer:
        """Who bought; a guest is known by the address of their mail."""
        if order.customer_id is None:
            email = order.email or "guest"
            return NewCustomer(f"{tenant_id}/{email}", email, email=order.email)
        buyer = await CustomerService(work).get(tenant_id, order.customer_id)
        names = " ".join(name for name in (buyer.first_name, buyer.last_name) if name)
        return NewCustomer(
            buyer.id, buyer.company_name or names or buyer.email, "Company" if buyer.company_name else "Individual",
            buyer.email, buyer.phone,
        )  # fmt: skip
