"""Defects that show when a vendor is away, slow, refuses the key, or when its answer is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from reference_impl.adapters.sendgrid import Mails
    from reference_impl.core.auth import Caller
    from reference_impl.core.deliveries import Delivery, VendorRelay
    from reference_impl.core.outbox import Event
    from reference_impl.integrations.base import Vendor, VendorError
    from reference_impl.integrations.fleetbase.client import Fleetbase, NewOrder
    from reference_impl.integrations.fleetbase.client import Order as Parcel
    from reference_impl.modules.orders.service import OrderService
    from suites.defects.registry import Patch


@defect("delivery.mail_in_the_request", breaks="VEN-20")
def mail_in_the_request(patch: Patch) -> None:
    """The customer is to have the mail when the order is answered, so the checkout sends it."""
    from reference_impl.adapters import sendgrid
    from reference_impl.integrations.sendgrid.client import Mail, Person
    from reference_impl.modules.orders import service

    mailers: list[Mails] = []
    set_up, complete = sendgrid.Mails.__init__, service.OrderService.complete

    def remember(self: Mails, *given: Any) -> None:
        set_up(self, *given)
        mailers.append(self)

    async def complete_and_send(self: OrderService, visitor: Caller, cart_id: str) -> Any:
        order = await complete(self, visitor, cart_id)
        for mails in mailers:
            await mails._mailer.send(Mail(Person("guest@example.com"), mails._template, cart_id))
        return order

    patch.setattr(sendgrid.Mails, "__init__", remember)
    patch.setattr(service.OrderService, "complete", complete_and_send)


@defect("delivery.done_before_sent", breaks="VEN-21")
def done_before_sent(patch: Patch) -> None:
    """A delivery is marked as done before it is sent, so that nothing is sent twice."""
    from reference_impl.core import deliveries, outbox
    from reference_impl.core.database import unit_of_work

    tell = deliveries.VendorRelay._tell

    async def mark_and_tell(self: VendorRelay, delivery: Delivery, event: Event, attempts: int) -> None:
        async with unit_of_work(self._database, self._clock) as work:
            await work.execute(outbox.DONE, {"handler": delivery.name, "id": event.id})
        await tell(self, delivery, event, attempts)

    patch.setattr(deliveries.VendorRelay, "_tell", mark_and_tell)


@defect("delivery.given_up", breaks="VEN-21")
def given_up(patch: Patch) -> None:
    """Who does not answer twice is not asked a third time: the delivery is a dead letter."""
    from reference_impl.core import deliveries

    given_up = "attempts = attempts + 1, status = CASE WHEN attempts >= 1 THEN 'dead' ELSE status END"
    patch.replace(deliveries, "_LATER", "SET error", f"SET {given_up}, error")


@defect("delivery.no_second_look", breaks="VEN-21")
def no_second_look(patch: Patch) -> None:
    """A parcel is ordered without asking whether it has been before: the relay does each delivery once anyway."""
    from reference_impl.integrations.fleetbase import client

    async def create_order(self: Fleetbase, new: NewOrder) -> Parcel:
        answer = await self.call("POST", "/v1/orders", body=new.body())
        return self.read(answer.body, client.Order)

    patch.setattr(client.Fleetbase, "create_order", create_order)


@defect("delivery.impatient", breaks="VEN-21")
def impatient(patch: Patch) -> None:
    """A mail that is not answered in time is given up like any other call, and sent again while it is on its way."""
    from reference_impl.integrations import base

    set_up = base.Vendor.__init__

    def hurry(self: Vendor, *given: Any, **named: Any) -> None:
        set_up(self, *given, **named)
        self._patience_s = self._answer_s

    patch.setattr(base.Vendor, "__init__", hurry)


@defect("delivery.warning_per_attempt", breaks="VEN-22")
def warning_per_attempt(patch: Patch) -> None:
    """Every call that fails writes its warning."""
    from reference_impl.integrations import base

    note = base.Vendor._note

    def forget_and_note(self: Vendor, problem: VendorError | None) -> None:
        self.outage = None
        note(self, problem)

    patch.setattr(base.Vendor, "_note", forget_and_note)
