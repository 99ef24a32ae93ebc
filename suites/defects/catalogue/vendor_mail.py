"""Defects of mail about orders while SendGrid refuses the key: in the way, loud, lost, or sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from reference_impl.adapters.sendgrid import Mails
    from reference_impl.core.database import Work
    from reference_impl.core.deliveries import Delivery, VendorRelay
    from reference_impl.core.outbox import Event
    from reference_impl.integrations.base import Vendor, VendorError
    from reference_impl.integrations.sendgrid.client import Mail, SendGrid
    from suites.defects.registry import Patch


@defect("vendor_mail.sent_before_the_order", breaks="VEN-10")
def sent_before_the_order(patch: Patch) -> None:
    """The mail goes out where the order is placed, so that nobody has an order without one."""
    from reference_impl.adapters import sendgrid
    from reference_impl.core import outbox
    from reference_impl.core.ids import new_id
    from reference_impl.modules.orders import service

    init, publish = sendgrid.Mails.__init__, outbox.publish
    made: list[Mails] = []

    def remember(self: Mails, *arguments: Any) -> None:
        init(self, *arguments)
        made.append(self)

    async def tell(work: Work, kind: str, *, tenant_id: str, aggregate_id: str, payload: Any) -> None:
        await publish(work, kind, tenant_id=tenant_id, aggregate_id=aggregate_id, payload=payload)
        if kind == "order.placed" and made:
            event = outbox.Event(new_id("evt"), kind, tenant_id, aggregate_id, payload, work.now())
            mail = await made[0]._order_placed(event, work)
            if mail is not None:
                await made[0]._mailer.send(mail)

    patch.setattr(sendgrid.Mails, "__init__", remember)
    patch.setattr(sendgrid.Mails, "deliveries", lambda self: [])
    patch.setattr(service, "publish", tell)


@defect("vendor_mail.warned_each_time", breaks="VEN-11")
def warned_each_time(patch: Patch) -> None:
    """Each call that is refused is a warning."""
    from reference_impl.integrations import base

    note = base.Vendor._note

    def forget_first(self: Vendor, problem: VendorError | None) -> None:
        self.outage = None
        note(self, problem)

    patch.setattr(base.Vendor, "_note", forget_first)


@defect("vendor_mail.one_warning_ever", breaks="VEN-11")
def one_warning_ever(patch: Patch) -> None:
    """That the key is refused is told once in the life of the process."""
    from reference_impl.integrations import base

    note = base.Vendor._note
    told: set[str] = set()

    def once(self: Vendor, problem: VendorError | None) -> None:
        before = self.outage
        if problem is not None and before is None and self.name in told:
            self.outage = "told"
        note(self, problem)
        if problem is not None:
            told.add(self.name)

    patch.setattr(base.Vendor, "_note", once)


@defect("vendor_mail.stack_trace", breaks="VEN-11")
def stack_trace(patch: Patch) -> None:
    """Whatever goes wrong with a mail is logged with where it came from."""
    from reference_impl.integrations import base
    from reference_impl.integrations.sendgrid import client

    send = client.SendGrid.send

    async def logged(self: SendGrid, mail: Mail) -> Any:
        try:
            return await send(self, mail)
        except base.VendorError:
            client.log.info("mail_failed", exc_info=True)
            raise

    patch.setattr(client.SendGrid, "send", logged)


@defect("vendor_mail.lost_with_the_key", breaks="VEN-12")
def lost_with_the_key(patch: Patch) -> None:
    """A mail that cannot be sent is left out: it is only a mail."""
    from reference_impl.integrations import base
    from reference_impl.integrations.sendgrid import client

    send = client.SendGrid.send

    async def or_not(self: SendGrid, mail: Mail) -> Any:
        try:
            return await send(self, mail)
        except base.VendorError:
            return client.Sent(None)

    patch.setattr(client.SendGrid, "send", or_not)


@defect("vendor_mail.kept_twice", breaks="VEN-12")
def kept_twice(patch: Patch) -> None:
    """What was refused is kept in a second queue too, and both are sent when the key works again."""
    from reference_impl.core import deliveries

    tell = deliveries.VendorRelay._tell
    refused: set[str] = set()

    async def again(self: VendorRelay, delivery: Delivery, event: Event, attempts: int) -> None:
        await tell(self, delivery, event, attempts)
        if self._rests_until > self._clock.now():
            refused.add(event.id)
        elif event.id in refused:
            refused.discard(event.id)
            await tell(self, delivery, event, attempts)

    patch.setattr(deliveries.VendorRelay, "_tell", again)


@defect("vendor_mail.tried_without_a_key", breaks="VEN-13")
def tried_without_a_key(patch: Patch) -> None:
    """Without a key the mail is tried all the same: somebody may have a server for tests there."""
    from pydantic import SecretStr

    from reference_impl import settings

    from_environment = settings.Settings.from_environment
    mail = settings.SendGridSettings(
        key=SecretStr("none"), sender="shop@example.com", order_template=f"d-{'0' * 32}", url="http://127.0.0.1:9"
    )

    def with_mail() -> settings.Settings:
        found = from_environment()
        return found if found.sendgrid else found.model_copy(update={"sendgrid": mail})

    patch.setattr(settings.Settings, "from_environment", staticmethod(with_mail))
