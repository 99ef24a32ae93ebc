"""How SendGrid is: by the scopes of our key, of which sending mail must be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference_impl.integrations.health import Health, examine
from reference_impl.integrations.sendgrid.client import NotAuthorised, SendGrid

if TYPE_CHECKING:
    from reference_impl.integrations.sendgrid.client import Mailer

NEEDED = "mail.send"
DEGRADING = (401, 429)
"""A 401 that is no refusal of the key is an account without credits: it is there, and sends nothing."""


@dataclass(frozen=True, slots=True)
class _Scopes:
    scopes: list[str]


async def check(mailer: Mailer) -> Health:
    """One request, past the breaker; at most `PROBE_S` seconds. Who sends no mail is not configured."""
    if not isinstance(mailer, SendGrid):
        return Health("not_configured", "", 0)
    return await examine(_may_send(mailer), degrading=DEGRADING)


async def _may_send(sendgrid: SendGrid) -> None:
    answer = await sendgrid.probe("/v3/scopes")
    if NEEDED not in sendgrid.read(answer.body, _Scopes).scopes:
        raise NotAuthorised(sendgrid.name, f"the key has no scope {NEEDED}", status=answer.status)
