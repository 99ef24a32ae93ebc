"""Mail about orders, by SendGrid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_impl.core.deliveries import Delivery
from reference_impl.integrations.sendgrid.client import Mail, Person
from reference_impl.modules.customers.service import CustomerService
from reference_impl.modules.orders.service import OrderService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.core.outbox import Event
    from reference_impl.integrations.sendgrid.client import Mailer
    from reference_impl.settings import SendGridSettings


class Mails:
    """Which mail is sent, and to whom."""

    def __init__(self, mailer: Mailer, settings: SendGridSettings) -> None:
        self._mailer = mailer
        self._template = settings.order_template

    def deliveries(self) -> list[Delivery]:
        return [Delivery("sendgrid.order_placed", ("order.placed",), self._order_placed, self._mailer.send)]

    async def _order_placed(self, event: Event, work: Work) -> Mail | None:
        """A mail to who bought; none to an address that is not known, or from which mail came back."""
        order = await OrderService(work).sold(event.tenant_id, event.payload["id"])
        email, name = order.email, None
        if order.customer_id is not None:
            buyer = await CustomerService(work).get(event.tenant_id, order.customer_id)
            if buyer.email_bounced_at is not None:
                return None
            email, name = email or buyer.email, buyer.first_name
        if email is None:
            return None
        data = {"number": order.display_id, "total": str(order.total), "currency": order.currency_code.upper()}
        return Mail(Person(email, name), self._template, reference=order.id, data=data)
