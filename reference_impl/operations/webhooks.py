"""POST /webhooks/{vendor}: what vendors tell the platform, believed only when their signature proves it."""

from __future__ import annotations

import importlib
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from fastapi import APIRouter, Request

from reference_impl.adapters.receiving import SENDERS, Sender, receive
from reference_impl.core.auth import Signed
from reference_impl.core.errors import InvalidData, PlatformError, TooLarge, errors
from reference_impl.core.routing import PlatformRoute, body_of, work_of
from reference_impl.integrations.webhooks import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reference_impl.settings import Settings

log = structlog.get_logger()
router = APIRouter(route_class=PlatformRoute, tags=["webhooks"])
BODY_BYTES_MAX = 16 * 1024 * 1024
"""More than any vendor sends; who can't sign may make us hash so much, and parse nothing."""


class NotBelieved(PlatformError):
    status, type, default = 401, "unauthorized", "The delivery does not bear the sender's signature"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of the events of a delivery: how many had an effect, were known already, or were nothing to us.

    refused: they were believed, and what they ask for is not possible; sending them again would not help.
    """

    received: bool
    applied: int
    duplicates: int
    ignored: int
    refused: int


def warm_up(settings: Settings) -> None:
    """Have Stripe's library read while nobody waits: that takes a second, and would hold up the first delivery."""
    if settings.webhook_secrets.of("stripe"):
        threading.Thread(target=importlib.import_module, args=["stripe"], daemon=True).start()


async def _receive(path: str, sender: Sender, request: Request) -> Receipt:
    raw = await body_of(request, BODY_BYTES_MAX)
    state = request.app.state
    secrets = state.settings.webhook_secrets.of(sender.name)
    try:
        delivery = sender.verify(raw, request.headers, secrets, state.clock.now())
    except Refused as refused:
        log.info("webhook_not_believed", vendor=path, reason=refused.reason)
        raise (NotBelieved() if refused.status == 401 else InvalidData(f"Not understood: {refused.reason}")) from None
    work = work_of(request)
    counts: Counter[str] = Counter()
    for part in sender.parts(delivery):
        counts[await receive(sender, part, work)] += 1
        await work.commit()  # each event by itself: two batches with the same events must not wait for each other
    return Receipt(True, *(counts[outcome] for outcome in ("applied", "duplicates", "ignored", "refused")))


def _route(path: str, sender: Sender) -> Callable[..., Awaitable[Any]]:
    async def webhook(request: Request, vendor: Signed) -> Receipt:
        return await _receive(path, sender, request)

    webhook.__name__ = f"{sender.name}_webhook"
    webhook.__doc__ = f"Deliveries of {path}, signed with the secret that was agreed on; each event counts once."
    return webhook


for _path, _sender in SENDERS.items():
    router.post(
        f"/webhooks/{_path}",
        response_model=Receipt,
        responses=errors(InvalidData, NotBelieved, TooLarge),
    )(_route(_path, _sender))
