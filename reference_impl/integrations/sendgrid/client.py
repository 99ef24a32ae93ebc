"""What we ask of SendGrid: send one mail, made of a dynamic template, to one person.

SendGrid knows no idempotency key: a mail that is asked for twice comes twice. So a request is never repeated here; who
keeps the mail (the outbox) asks again after an error, and a mail comes twice only when SendGrid took it and its answer
was lost. Our reference goes along as a custom argument, which comes back with every event of that mail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from reference_impl.integrations.base import (
    RETRY_AFTER_CAP_S,
    CredentialsRejected,
    NotFound,
    Rejected,
    Unavailable,
    Vendor,
    VendorError,
)

if TYPE_CHECKING:
    from reference_impl.core.clock import Clock
    from reference_impl.integrations.base import Answer
    from reference_impl.integrations.breaker import Breaker

log = structlog.get_logger()

BASE_URL = "https://api.sendgrid.com"
TEMPLATE_ID = re.compile(r"d-[0-9a-f]{32}")
REFERENCE = "cityos_reference"
"""The custom argument that holds our reference, in what we send and in every event about it."""

_CREDITS = "credits exceeded"
_NOT_AUTHORISED = "not authorized"  # their spelling
_RESET_DIGITS_MAX = 11


class NotAuthorised(CredentialsRejected):
    """The key is known, and may not do this: somebody has to give it the scope."""


class CreditsExceeded(Unavailable):
    """The key is right and the account has used up what it paid for; SendGrid says so with 401 too."""


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str | None = None

    def body(self) -> dict[str, str]:
        return {"email": self.email} if self.name is None else {"email": self.email, "name": self.name}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one person. `reference`: what it is about with us, and unique to it.

    Raises Rejected for a template id that SendGrid would refuse, or take for the old kind, which has no data.
    """

    to: Person
    template_id: str
    reference: str
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not TEMPLATE_ID.fullmatch(self.template_id):
            problem = f"{self.template_id!r} is not the id of a dynamic template: d- and 32 hexadecimal digits"
            raise Rejected(SendGrid.name, problem, fields={"template_id": problem})


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a mail. `message_id` begins SendGrid's `sg_message_id` in events; None: no mail went out."""

    message_id: str | None


class Mailer(Protocol):
    """Who sends mail: SendGrid, or nobody."""

    async def send(self, mail: Mail) -> Sent:
        """Send it, once. Raises VendorError."""
        ...

    async def close(self) -> None: ...


class NoMail:
    """Sends nothing, and says so once: for development without a key."""

    def __init__(self) -> None:
        self._said = False

    async def send(self, mail: Mail) -> Sent:
        if not self._said:
            self._said = True
            log.info("mail_switched_off", reason="no SendGrid key", template_id=mail.template_id)
        return Sent(None)

    async def close(self) -> None:
        """Nothing is open."""


class SendGrid(Vendor):
    """SendGrid's Web API v3. A call raises Unavailable, CredentialsRejected or Rejected, with SendGrid's own words.

    sandbox: SendGrid judges each mail and sends none.
    """

    name = "sendgrid"

    def __init__(
        self,
        api_key: str,
        sender: Person,
        clock: Clock,
        *,
        base_url: str = BASE_URL,
        sandbox: bool = False,
        breaker: Breaker | None = None,
        **options: Any,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"}
        super().__init__(base_url, clock, headers=headers, breaker=breaker, **options)
        self._sender = sender
        self._sandbox = sandbox

    async def send(self, mail: Mail) -> Sent:
        """Send a mail. CreditsExceeded, NotAuthorised and CredentialsRejected are the three meanings of 401."""
        body = {
            "from": self._sender.body(),
            "template_id": mail.template_id,
            "personalizations": [
                {
                    "to": [mail.to.body()],
                    "dynamic_template_data": dict(mail.data),
                    "custom_args": {REFERENCE: mail.reference},
                }
            ],
            "mail_settings": {"sandbox_mode": {"enable": self._sandbox}},
        }
        answer = await self.call("POST", "/v3/mail/send", body=body, repeatable=False)
        return Sent(answer.headers.get("x-message-id"))

    def judge(self, answer: Answer) -> VendorError | None:
        status = answer.status
        if 200 <= status < 300:
            return None
        said, fields = complaints(answer)
        if status == 401:
            return self._unauthorised(said)
        if status == 403 and not fields:  # with a field it is the sender that is not verified, not the key
            return NotAuthorised(self.name, said, status=status)
        if status == 404:
            return NotFound(self.name, said, status=status)
        if status == 429:
            return Unavailable(self.name, said, status=status, retry_at=self._reset(answer) or self.retry_at(answer))
        if status >= 500:
            return Unavailable(self.name, said, status=status, retry_at=self.retry_at(answer))
        return Rejected(self.name, said, status=status, fields=fields)

    def _unauthorised(self, said: str) -> VendorError:
        if _CREDITS in said.lower():
            return CreditsExceeded(self.name, said, status=401)
        if _NOT_AUTHORISED in said.lower():
            return NotAuthorised(self.name, said, status=401)
        return CredentialsRejected(self.name, said, status=401)

    def _reset(self, answer: Answer) -> datetime | None:
        """When the limit that we met ends, by `X-RateLimit-Reset` (seconds since 1970), an hour from now at most."""
        value = answer.headers.get("x-ratelimit-reset", "")
        if not (value.isascii() and value.isdecimal() and len(value) <= _RESET_DIGITS_MAX):
            return None
        now = self.clock.now()
        return min(max(datetime.fromtimestamp(int(value), UTC), now), now + timedelta(seconds=RETRY_AFTER_CAP_S))


def complaints(answer: Answer) -> tuple[str, dict[str, str]]:
    """What SendGrid says, and of which fields. One without a field has null there, or "null" as a text (their spec)."""
    listed = answer.body.get("errors") if isinstance(answer.body, dict) else None
    errors = [error for error in listed if isinstance(error, dict)] if isinstance(listed, list) else []
    texts = [str(error["message"]) for error in errors if error.get("message")]
    fields = {
        error["field"]: str(error.get("message", ""))
        for error in errors
        if isinstance(error.get("field"), str) and error["field"] not in ("", "null")
    }
    return "; ".join(texts) or answer.text, fields


def mailer(api_key: str | None, sender: Person, clock: Clock, **options: Any) -> Mailer:
    """SendGrid, or without a key nobody. Whether that is allowed here is for the settings to say."""
    return SendGrid(api_key, sender, clock, **options) if api_key else NoMail()
