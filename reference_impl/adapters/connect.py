"""The vendors as the settings name them: clients with one breaker each, and what each of them is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from reference_impl.adapters.erpnext import Books
from reference_impl.adapters.fleetbase import Parcels
from reference_impl.adapters.hierarchy import HierarchyTask
from reference_impl.adapters.sendgrid import Mails
from reference_impl.adapters.stripe import Refunds
from reference_impl.adapters.vendors import Connection, Vendors
from reference_impl.integrations.breaker import Breaker
from reference_impl.integrations.erpnext import health as erpnext_health
from reference_impl.integrations.erpnext.client import ErpNext
from reference_impl.integrations.erpnext.hierarchy import Hierarchy
from reference_impl.integrations.fleetbase import health as fleetbase_health
from reference_impl.integrations.fleetbase.client import Fleetbase
from reference_impl.integrations.health import Health
from reference_impl.integrations.payload_cms import health as payload_health
from reference_impl.integrations.payload_cms.client import PayloadCms
from reference_impl.integrations.sendgrid import health as sendgrid_health
from reference_impl.integrations.sendgrid.client import Person, SendGrid
from reference_impl.integrations.stripe.client import Stripe
from reference_impl.integrations.temporal import health as temporal_health

if TYPE_CHECKING:
    from reference_impl.core.clock import Clock
    from reference_impl.settings import Settings


def connect(settings: Settings, clock: Clock) -> Vendors:
    """The clients of all vendors that are configured; nobody is asked anything so far."""

    def options() -> dict[str, Any]:
        return {"breaker": Breaker(clock, rest_s=settings.breaker_rest_s), "answer_s": settings.vendor_answer_s}

    cms, books = _cms(settings, clock, options()), _books(settings, clock, options())
    connections = [
        cms,
        books,
        _parcels(settings, clock, options()),
        Connection("temporal", partial(temporal_health.check, _frontend(settings))),
        _mails(settings, clock, options()),
        _refunds(settings, clock, options()),
    ]
    task = None
    if isinstance(cms.client, PayloadCms) and isinstance(books.client, ErpNext):
        task = HierarchyTask(cms.client, Hierarchy(books.client), clock)
    return Vendors(connections, clock, task, rest_s=settings.breaker_rest_s)


async def _absent() -> Health:
    return Health("not_configured", "", 0)


def _cms(settings: Settings, clock: Clock, options: dict[str, Any]) -> Connection:
    its = settings.payload_cms
    if its is None:
        return Connection("payload-cms", _absent)
    cms = PayloadCms(its.url, its.key.get_secret_value(), clock, **options)
    return Connection("payload-cms", partial(payload_health.check, cms), cms)


def _books(settings: Settings, clock: Clock, options: dict[str, Any]) -> Connection:
    its = settings.erpnext
    if its is None:
        return Connection("erpnext", _absent)
    erpnext = ErpNext(its.url, clock, key=its.key, secret=its.secret.get_secret_value(), company=its.company, **options)
    return Connection("erpnext", partial(erpnext_health.check, erpnext), erpnext, Books(erpnext, its).deliveries())


def _parcels(settings: Settings, clock: Clock, options: dict[str, Any]) -> Connection:
    its = settings.fleetbase
    if its is None:
        return Connection("fleetbase", _absent)
    fleetbase = Fleetbase(its.url, its.key.get_secret_value(), clock, **options)
    check = partial(fleetbase_health.check, fleetbase)
    return Connection("fleetbase", check, fleetbase, Parcels(fleetbase, its).deliveries())


def _mails(settings: Settings, clock: Clock, options: dict[str, Any]) -> Connection:
    its = settings.sendgrid
    if its is None:
        return Connection("sendgrid", _absent)
    sender = Person(its.sender)
    sendgrid = SendGrid(its.key.get_secret_value(), sender, clock, base_url=its.url, sandbox=its.sandbox, **options)
    return Connection("sendgrid", partial(sendgrid_health.check, sendgrid), sendgrid, Mails(sendgrid, its).deliveries())


def _refunds(settings: Settings, clock: Clock, options: dict[str, Any]) -> Connection:
    its = settings.stripe
    if its is None:
        return Connection("stripe")
    stripe = Stripe(its.key.get_secret_value(), clock, base_url=its.url, **options)
    return Connection("stripe", None, stripe, Refunds(stripe).deliveries())


def _frontend(settings: Settings) -> temporal_health.Frontend | None:
    its = settings.temporal
    if its is None:
        return None
    key = its.key.get_secret_value() if its.key else None
    return temporal_health.Frontend(its.address, its.namespace, key, its.tls)
