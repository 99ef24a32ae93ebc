"""Defects of what comes of a delivery that was believed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect
from suites.defects.senders import set_sender, sound_handler

if TYPE_CHECKING:
    from fastapi import Request

    from reference_impl.adapters.receiving import Sender
    from reference_impl.core.database import Work
    from reference_impl.integrations.webhooks import Delivery
    from reference_impl.modules.payments.reports import PaymentReports
    from suites.defects.registry import Patch


# --- Reading it -------------------------------------------------------------------------------------------------------


@defect("webhooks.only_json", breaks="WHK-05")
def only_json(patch: Patch) -> None:
    """Whatever does not call itself JSON is none."""
    from reference_impl.core.errors import InvalidData
    from reference_impl.operations import webhooks

    sound = webhooks._receive

    async def receive(path: str, sender: Sender, request: Request) -> Any:
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise InvalidData("The body must be JSON")
        return await sound(path, sender, request)

    patch.setattr(webhooks, "_receive", receive)


@defect("webhooks.read_before_proved", breaks="WHK-06")
def read_before_proved(patch: Patch) -> None:
    """The body is parsed for the log, before anybody knows who sent it or whether it is JSON."""
    import json

    from reference_impl.operations import webhooks

    sound = webhooks._receive

    async def receive(path: str, sender: Sender, request: Request) -> Any:
        json.loads(await request.body())
        return await sound(path, sender, request)

    patch.setattr(webhooks, "_receive", receive)


@defect("webhooks.any_id", breaks="WHK-06")
def any_id(patch: Patch) -> None:
    """An id may be as long as its sender likes; an index takes 2,704 bytes."""
    from reference_impl.adapters import receiving

    patch.setattr(receiving, "CHARACTERS_MAX", 10**9)


@defect("webhooks.cut_at_a_megabyte", breaks="WHK-07")
def cut_at_a_megabyte(patch: Patch) -> None:
    """Of a body a megabyte is read; nobody sends more."""
    from reference_impl.core.routing import body_of as sound
    from reference_impl.operations import webhooks

    async def body_of(request: Request, bytes_max: int) -> bytes:
        return (await sound(request, bytes_max))[: 2**20]

    patch.setattr(webhooks, "body_of", body_of)


# --- Once -------------------------------------------------------------------------------------------------------------


async def _done(sender: Sender, delivery: Delivery, work: Work) -> str:
    """What an event does, whether it was known or not."""
    from reference_impl.core.errors import PlatformError

    try:
        async with work.savepoint():
            return "applied" if await sender.handle(delivery, work) else "ignored"
    except PlatformError:
        return "refused"


async def _known(sender: Sender, delivery: Delivery, work: Work) -> bool:
    from sqlalchemy import select

    from reference_impl.adapters.models import webhook_delivery as table

    same = (table.c.vendor == sender.name) & (table.c.id == delivery.id)
    return (await work.execute(select(table.c.id).where(same))).one_or_none() is not None


async def _remember(sender: Sender, delivery: Delivery, work: Work) -> None:
    from sqlalchemy.dialects.postgresql import insert

    from reference_impl.adapters.models import webhook_delivery as table

    row = {"vendor": sender.name, "id": delivery.id, "kind": delivery.kind, "received_at": work.now()}
    await work.execute(insert(table).on_conflict_do_nothing(), row)


def _trust_the_events(patch: Patch) -> None:
    """Capture for each event that comes so far: that none comes twice is for others to see to."""
    from reference_impl.modules.payments import reports

    async def received(
        self: PaymentReports, order_id: str, external_id: str, amount: Decimal, currency: str, by: str
    ) -> bool:
        rows = await self._payments.reported(order_id=order_id)
        for row in rows:
            await self._payments.name(row["id"], external_id)
            await self._service.capture(row["tenant_id"], row["id"], amount, by)
        return bool(rows)

    patch.setattr(reports.PaymentReports, "received", received)


@defect("webhooks.no_memory", breaks=("WHK-10", "WHK-11", "WHK-17"))
def no_memory(patch: Patch) -> None:
    """Who sends an event twice is trusted to have a reason."""
    from reference_impl.operations import webhooks

    _trust_the_events(patch)
    patch.setattr(webhooks, "receive", _done)


@defect("webhooks.look_up_first", breaks="WHK-10")
def look_up_first(patch: Patch) -> None:
    """Whether an event is known is looked up, and noted at the end: ten at once all find that it is not."""
    import asyncio

    from reference_impl.operations import webhooks

    async def receive(sender: Sender, delivery: Delivery, work: Work) -> str:
        if await _known(sender, delivery, work):
            return "duplicates"
        await asyncio.sleep(0.05)
        outcome = await _done(sender, delivery, work)
        await _remember(sender, delivery, work)
        return outcome

    _trust_the_events(patch)
    patch.setattr(webhooks, "receive", receive)


@defect("webhooks.noted_afterwards", breaks="WHK-10")
def noted_afterwards(patch: Patch) -> None:
    """The effect is one transaction and the note of it the next one: who comes in between has it too."""
    import asyncio

    from reference_impl.operations import webhooks

    async def receive(sender: Sender, delivery: Delivery, work: Work) -> str:
        if await _known(sender, delivery, work):
            return "duplicates"
        outcome = await _done(sender, delivery, work)
        await work.commit()
        await asyncio.sleep(0.05)
        await _remember(sender, delivery, work)
        return outcome

    _trust_the_events(patch)
    patch.setattr(webhooks, "receive", receive)


@defect("webhooks.bytes_for_an_id", breaks="WHK-11")
def bytes_for_an_id(patch: Patch) -> None:
    """A batch is known by its bytes: an event that comes again in another batch is a new one."""

    def parts(delivery: Delivery) -> list[Delivery]:
        events = enumerate(delivery.data)
        return [replace(delivery, id=f"{delivery.id}_{n}", kind=event["event"], data=event) for n, event in events]

    set_sender(patch, "sendgrid", parts=parts)


@defect("webhooks.known_batch", breaks="WHK-18")
def known_batch(patch: Patch) -> None:
    """A batch is known by its first event: what is new in it is lost."""

    def parts(delivery: Delivery) -> list[Delivery]:
        first = delivery.data[0]
        return [replace(delivery, id=first["sg_event_id"], kind="batch")]

    sound = sound_handler("sendgrid")

    async def handle(delivery: Delivery, work: Work) -> bool:
        return any([await sound(replace(delivery, kind=one["event"], data=one), work) for one in delivery.data])

    set_sender(patch, "sendgrid", parts=parts, handle=handle)


@defect("webhooks.nobody_is_not_found", breaks="WHK-12")
def nobody_is_not_found(patch: Patch) -> None:
    """What is about nobody of ours is answered 404, so that it comes again for three days."""
    from reference_impl.adapters.receiving import receive as sound
    from reference_impl.core.errors import NotFound
    from reference_impl.operations import webhooks

    async def receive(sender: Sender, delivery: Delivery, work: Work) -> str:
        outcome = await sound(sender, delivery, work)
        if outcome == "ignored":
            raise NotFound("Nothing here is meant by this delivery")
        return outcome

    patch.setattr(webhooks, "receive", receive)


# --- Fleetbase, ERPNext -----------------------------------------------------------------------------------------------


@defect("webhooks.parcels_only_arrive", breaks="WHK-13")
def parcels_only_arrive(patch: Patch) -> None:
    """That a parcel left is nothing to us; that it has arrived is."""
    sound = sound_handler("fleetbase")

    async def handle(delivery: Delivery, work: Work) -> bool:
        return delivery.kind != "order.dispatched" and await sound(delivery, work)

    set_sender(patch, "fleetbase", handle=handle)


@defect("webhooks.last_word_counts", breaks="WHK-13")
def last_word_counts(patch: Patch) -> None:
    """An order is where the last report has it, whenever that was written."""
    sound = sound_handler("fleetbase")

    async def handle(delivery: Delivery, work: Work) -> bool:
        from sqlalchemy import update

        from reference_impl.modules.orders.models import fulfillment

        if delivery.kind == "order.dispatched":
            same = fulfillment.c.external_id == delivery.data["id"]
            await work.execute(update(fulfillment).where(same).values(delivered_at=None))
        return await sound(delivery, work)

    set_sender(patch, "fleetbase", handle=handle)


@defect("webhooks.any_invoice_is_paid", breaks="WHK-14")
def any_invoice_is_paid(patch: Patch) -> None:
    """ERPNext tells of an invoice when it is paid; that it does so when it is submitted, too, was overlooked."""
    sound = sound_handler("erpnext")

    async def handle(delivery: Delivery, work: Work) -> bool:
        return await sound(replace(delivery, data={**delivery.data, "status": "Paid"}), work)

    set_sender(patch, "erpnext", handle=handle)


@defect("webhooks.whole_or_nothing", breaks="WHK-14")
def whole_or_nothing(patch: Patch) -> None:
    """A paid invoice captures all of the payment, and fails where a part is captured already."""
    from reference_impl.modules.payments import reports

    async def paid(self: PaymentReports, order_id: str, by: str) -> bool:
        rows = await self._payments.reported(order_id=order_id)
        for row in rows:
            await self._service.capture(row["tenant_id"], row["id"], row["amount"], by)
        return bool(rows)

    patch.setattr(reports.PaymentReports, "paid", paid)


# --- Stripe -----------------------------------------------------------------------------------------------------------


@defect("webhooks.cents_everywhere", breaks="WHK-15")
def cents_everywhere(patch: Patch) -> None:
    """Every currency has a hundred of its smallest units in it."""
    from reference_impl.adapters import receiving

    patch.setattr(receiving, "major_units", lambda units, currency: Decimal(units) / 100)


@defect("webhooks.events_are_payments", breaks="WHK-15")
def events_are_payments(patch: Patch) -> None:
    """Each event is a payment of its own, of the order and in the currency that it should be."""
    _trust_the_events(patch)


@defect("webhooks.refunds_add_up", breaks="WHK-16")
def refunds_add_up(patch: Patch) -> None:
    """The sum of all refunds is taken for the newest one, and refunded beside the others."""
    from reference_impl.modules.payments import reports

    async def returned(self: PaymentReports, external_id: str, total: Decimal, currency: str, by: str) -> bool:
        rows = await self._payments.reported(external_id=external_id)
        for row in rows:
            await self._service.refund(row["tenant_id"], row["id"], total, by)
        return bool(rows)

    patch.setattr(reports.PaymentReports, "returned", returned)


# --- Payload CMS, SendGrid --------------------------------------------------------------------------------------------


@defect("webhooks.domain_stays", breaks="WHK-17")
def domain_stays(patch: Patch) -> None:
    """A tenant takes its name from the CMS; that a domain can be edited there as well came later."""
    sound = sound_handler("payload-cms")

    async def handle(delivery: Delivery, work: Work) -> bool:
        document = {name: value for name, value in delivery.data["data"].items() if name != "domain"}
        return await sound(replace(delivery, data={**delivery.data, "data": document}), work)

    set_sender(patch, "payload-cms", handle=handle)


@defect("webhooks.all_mail_bounced", breaks="WHK-18")
def all_mail_bounced(patch: Patch) -> None:
    """SendGrid was asked for bounces alone, so whatever it tells of is one."""
    sound = sound_handler("sendgrid")

    async def handle(delivery: Delivery, work: Work) -> bool:
        return await sound(replace(delivery, kind="bounce"), work)

    set_sender(patch, "sendgrid", handle=handle)
