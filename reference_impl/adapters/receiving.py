"""What the platform does when a vendor tells it something: for each vendor who proves it, and its effect.

A handler answers whether anything came of it: what is about nobody of ours, or known, is no error. It calls no vendor:
what it leads to goes by the outbox. One that raises a PlatformError has no effect; sending it again would have none
either.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import ValidationError
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from reference_impl.adapters.fleetbase import PROVIDER
from reference_impl.adapters.models import webhook_delivery
from reference_impl.adapters.stripe import BY
from reference_impl.core.errors import InvalidData, PlatformError
from reference_impl.integrations.erpnext import webhook as erpnext
from reference_impl.integrations.erpnext.documents import ORDER_ID
from reference_impl.integrations.fleetbase import webhook as fleetbase
from reference_impl.integrations.payload_cms import webhook as payload_cms
from reference_impl.integrations.sendgrid import webhook as sendgrid
from reference_impl.integrations.sendgrid.client import REFERENCE
from reference_impl.integrations.stripe import webhook as stripe
from reference_impl.integrations.stripe.client import NotExact, major_units
from reference_impl.modules.customers.service import CustomerService
from reference_impl.modules.orders.service import OrderService
from reference_impl.modules.payments.reports import PaymentReports
from reference_impl.modules.tenants.service import TenantService

if TYPE_CHECKING:
    from reference_impl.core.database import Work
    from reference_impl.integrations.webhooks import Delivery, Verify

log = structlog.get_logger()

CHARACTERS_MAX = 500
"""Of an id, a name, a kind: no vendor's are so long, and what is much longer fits into no index."""

Handler = Callable[["Delivery", "Work"], Awaitable[bool]]


def _whole(delivery: Delivery) -> Sequence[Delivery]:
    return [delivery]


@dataclass(frozen=True, slots=True)
class Sender:
    """A vendor that sends us deliveries. name: as in settings. parts: the events of a delivery, each with its id."""

    name: str
    verify: Verify
    handle: Handler
    parts: Callable[[Delivery], Sequence[Delivery]] = _whole


async def receive(sender: Sender, delivery: Delivery, work: Work) -> str:
    """Do what a verified delivery asks for, once: applied, duplicates, ignored or refused.

    That it was received and its effect are one transaction: who sends it again at the same moment waits here for the
    outcome, and after a rollback it is as if it had never come.
    """
    if _text(delivery.id) != delivery.id or _text(delivery.kind) != delivery.kind:
        raise InvalidData(f"The delivery's id and kind must be up to {CHARACTERS_MAX} characters without \\u0000")
    known = {"vendor": sender.name, "id": delivery.id, "kind": delivery.kind, "received_at": work.now()}
    noted = insert(webhook_delivery).on_conflict_do_nothing().returning(webhook_delivery.c.id)
    if (await work.execute(noted, known)).one_or_none() is None:
        return "duplicates"
    try:
        async with work.savepoint():
            applied = await sender.handle(delivery, work)
    except PlatformError as refusal:
        log.warning("webhook_refused", vendor=sender.name, id=delivery.id, kind=delivery.kind, reason=refusal.message)
        table = webhook_delivery
        this = (table.c.vendor == sender.name) & (table.c.id == delivery.id)
        await work.execute(update(table).where(this).values(error=refusal.message))
        return "refused"
    return "applied" if applied else "ignored"


async def _carried(delivery: Delivery, work: Work) -> bool:
    """Fleetbase: an order is on its way, has arrived, or does not come."""
    step = {"order.dispatched": "shipped_at", "order.completed": "delivered_at", "order.canceled": "canceled_at"}
    moved = step.get(delivery.kind)
    order_id = _text(_object(delivery.data.get("meta")).get("order_id"))
    parcel = _text(delivery.data.get("id"))
    orders = OrderService(work)
    if moved is None or not parcel or not order_id or await orders.tenant_of(order_id) is None:
        return False
    at = work.now()
    return await orders.fulfilled(
        order_id,
        PROVIDER,
        parcel,
        shipped_at=at if moved == "shipped_at" else None,
        delivered_at=at if moved == "delivered_at" else None,
        canceled_at=at if moved == "canceled_at" else None,
    )


async def _invoiced(delivery: Delivery, work: Work) -> bool:
    """ERPNext: the invoice of an order was paid."""
    order_id = _text(delivery.data.get(ORDER_ID))
    if not delivery.kind.startswith("Sales Invoice.") or delivery.data.get("status") != "Paid" or not order_id:
        return False
    return await PaymentReports(work).paid(order_id, by="erpnext")


async def _paid(delivery: Delivery, work: Work) -> bool:
    """Stripe: money was taken for an order, or given back."""
    about, reports = delivery.data, PaymentReports(work)
    currency = _text(about.get("currency"))
    order_id = _text(_object(about.get("metadata")).get("order_id"))
    if delivery.kind == "payment_intent.succeeded" and order_id and (intent := _text(about.get("id"))):
        amount = _amount(about.get("amount_received"), currency)
        return await reports.received(order_id, intent, amount, currency, BY)
    if delivery.kind == "charge.refunded" and (intent := _text(about.get("payment_intent"))):
        return await reports.returned(intent, _amount(about.get("amount_refunded"), currency), currency, BY)
    return False


async def _edited(delivery: Delivery, work: Work) -> bool:
    """Payload CMS: somebody changed the name or the domain of a tenant."""
    if delivery.kind not in ("tenants.create", "tenants.update"):
        return False
    document = _object(delivery.data.get("data"))
    given = {name: document[name] for name in ("name", "domain") if document.get(name) is not None}
    try:
        return await TenantService(work).told(
            tenant_id=_text(document.get("medusaTenantId")),
            slug=_text(document.get("slug")) or _text(document.get("handle")),
            given=given,
        )
    except ValidationError as invalid:
        raise InvalidData("; ".join(str(problem["msg"]) for problem in invalid.errors())) from None


async def _mailed(delivery: Delivery, work: Work) -> bool:
    """SendGrid: mail about an order came back."""
    order_id = _text(delivery.data.get(REFERENCE))
    orders = OrderService(work)
    tenant_id = await orders.tenant_of(order_id) if order_id else None
    if delivery.kind not in ("bounce", "dropped") or tenant_id is None:
        return False
    buyer = (await orders.get(tenant_id, order_id)).customer_id
    return buyer is not None and await CustomerService(work).mail_bounced(tenant_id, buyer)


SENDERS: Mapping[str, Sender] = {
    "stripe": Sender("stripe", stripe.verify, _paid),
    "erpnext": Sender("erpnext", erpnext.verify, _invoiced),
    "fleetbase": Sender("fleetbase", fleetbase.verify, _carried),
    "payload-cms": Sender("payload_cms", payload_cms.verify, _edited),
    "sendgrid": Sender("sendgrid", sendgrid.verify, _mailed, sendgrid.events),
}
"""By the last part of the address that each posts to."""


def _text(value: Any) -> str:
    """A text of a delivery; empty for anything that is none, or that no text of ours can be."""
    return value if isinstance(value, str) and "\0" not in value and len(value) <= CHARACTERS_MAX else ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _amount(units: Any, currency: str) -> Decimal:
    """What Stripe counts in the smallest unit, as an amount; raises InvalidData."""
    if not isinstance(units, int) or isinstance(units, bool) or units <= 0:
        raise InvalidData("The delivery names no amount")
    try:
        return major_units(units, currency)
    except NotExact as problem:
        raise InvalidData(str(problem)) from None
