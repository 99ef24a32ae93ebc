"""The vendors that ``cityos simulate`` serves: how each is set up, and what an integrator has to know of it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from fixtures import signers
from fixtures.simulators.base import Running, Simulator
from fixtures.simulators.erpnext import ErpNext, Hook
from fixtures.simulators.fleetbase import Fleetbase
from fixtures.simulators.payload_cms import PayloadCms
from fixtures.simulators.sendgrid import SendGridSimulator
from fixtures.simulators.stripe import DECLINED, Stripe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HOOK_EVENTS = ("on_submit", "on_change", "on_cancel")
BOUNCES = "bounce"  # the part before the @ of an address whose mail comes back


@dataclass(frozen=True)
class Setup:
    """One vendor. make: it, sending webhooks to a URL under a secret, if they are given. example: what curl is told.

    secret: what a receiver of its webhooks is told. tell: sends those that are due, and says what became of them; None:
    they go by themselves.
    """

    make: Callable[[str | None, str | None], Any]
    header: Callable[[Any], str]
    example: Callable[[str], str]
    knows: tuple[str, ...]
    secret: Callable[[Any], str]
    tell: Callable[[Any, str], Iterator[str]] | None = None


def served(vendor: Simulator, port: int) -> Running:
    """It, on a port; raises OSError when that cannot be had."""
    return Running(vendor, port)


def _erpnext(url: str | None, secret: str | None) -> ErpNext:
    secret = secret or "webhook-secret"
    return ErpNext(hooks=[Hook(url, secret, event=event) for event in HOOK_EVENTS] if url else [])


def _tell_erpnext(vendor: ErpNext, url: str) -> Iterator[str]:
    for status in vendor.deliver() if vendor.outgoing else ():
        yield f"{url} answered {status or 'nothing'}"


def _fleetbase(url: str | None, secret: str | None) -> Fleetbase:
    vendor = Fleetbase(webhook_url=url)
    vendor.webhook_secret = secret or vendor.webhook_secret
    vendor.add_driver()
    return vendor


def _stripe(url: str | None, secret: str | None) -> Stripe:
    vendor = Stripe(webhook_url=url)
    vendor.webhook_secret = secret or vendor.webhook_secret
    return vendor


def _payload_cms(url: str | None, secret: str | None) -> PayloadCms:
    vendor = PayloadCms(hook_url=url)
    vendor.hook_secret = secret or vendor.hook_secret
    return vendor


def _sendgrid(_url: str | None, secret: str | None) -> SendGridSimulator:
    vendor = SendGridSimulator()
    vendor.signing_key = signers.sendgrid_private(secret) if secret else vendor.signing_key
    return vendor


def _tell_sendgrid(vendor: SendGridSimulator, url: str) -> Iterator[str]:
    """Each mail is told of once: processed, and then delivered or bounced."""
    while vendor.sent:
        mail = vendor.sent.pop(0)
        bounced = mail.to[0].startswith(f"{BOUNCES}@")
        last = (
            vendor.event(mail, "bounce", type="bounce", status="5.1.1") if bounced else vendor.event(mail, "delivered")
        )
        try:
            answer = str(vendor.tell(url, vendor.event(mail, "processed"), last))
        except httpx.HTTPError:
            answer = "nothing"
        yield f"{url} answered {answer}"


SETUPS: dict[str, Setup] = {
    "erpnext": Setup(
        _erpnext,
        lambda vendor: f"Authorization: token {vendor.api_key}",
        lambda url: f"{url}/api/resource/Customer",
        (
            "customers, items, sales invoices, payment entries and the eight doctypes of the hierarchy",
            "a webhook for each sales invoice that is submitted, changed or cancelled",
        ),
        lambda vendor: vendor.hooks[0].secret,
        _tell_erpnext,
    ),
    "payload-cms": Setup(
        _payload_cms,
        lambda vendor: f"Authorization: users API-Key {vendor.api_key}",
        lambda url: f"{url}/api/tenants",
        ("the eight collections of the hierarchy, empty at first", "a hook for each change and deletion"),
        lambda vendor: str(vendor.hook_secret),
    ),
    "fleetbase": Setup(
        _fleetbase,
        lambda vendor: f"Authorization: Bearer {vendor.api_key}",
        lambda url: f"{url}/v1/drivers",
        ("orders, one driver, service quotes", "a webhook for each step of an order but its start"),
        lambda vendor: str(vendor.webhook_secret),
    ),
    "sendgrid": Setup(
        _sendgrid,
        lambda vendor: f"Authorization: Bearer {vendor.api_key}",
        lambda url: f"{url}/v3/scopes",
        (
            "POST /v3/mail/send, which sends to nobody, and GET /v3/scopes",
            f"two events for each mail: processed and delivered, or bounce for an address {BOUNCES}@…",
        ),
        lambda vendor: f"{vendor.public_key} (the public key)",
        _tell_sendgrid,
    ),
    "stripe": Setup(
        _stripe,
        lambda vendor: f"Authorization: Bearer {vendor.api_key}",
        lambda url: f"{url}/v1/payment_intents -d amount=1099 -d currency=usd",
        (
            f"payment intents, paid by /confirm (declined with payment_method={DECLINED}), and refunds",
            "an event for each payment, decline and refund",
        ),
        lambda vendor: str(vendor.webhook_secret),
    ),
}


def curl(setup: Setup, vendor: Simulator, url: str) -> str:
    """A request that it answers with 200."""
    return f"curl -H {shlex.quote(setup.header(vendor))} {setup.example(url)}"
