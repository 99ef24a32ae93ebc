"""What the tests of SendGrid's contract share: the client, a mail, and how SendGrid's complaints look."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pact import match

from contracts.consumers.matchers import given
from reference_impl.integrations.sendgrid.client import REFERENCE, Mail, Person, SendGrid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from pact import Pact
    from pact.interaction import HttpInteraction

    from reference_impl.core.clock import FrozenClock

    Contract = Callable[[str], Pact]

NAME = "sendgrid"
JSON = "application/json"
SCOPES = "/v3/scopes"
KEY = "SG.ngeVfQFYQlKU0ufo8x5d1A.TwL2iGABf9DHoTf09kqeF8tAmbihYzrnopKc1s5CR"
UNKNOWN_KEY = "SG.0000000000000000000000.0000000000000000000000000000000000000000000"
SENDER = Person("orders@dakkah.com", "Dakkah")
TEMPLATE = "d-4f9c2b7a1e3d4856a0c9d8e7f6b5a493"
ORDER = "order_01JD8Y3M6QK4ZB7X9V2N5T0RWE"
BUYER = Person("noura@example.com", "Noura")
MAIL = Mail(BUYER, TEMPLATE, ORDER, {"number": 1042, "total": "343.85", "currency": "SAR"})

WORKS = "the key is right"
OURS = "a sender and a template of ours are known"


@contextlib.asynccontextmanager
async def asking(pact: Pact, clock: FrozenClock, key: str = KEY, *, sandbox: bool = True) -> AsyncIterator[SendGrid]:
    """The platform's own client, with nothing but the contract on the other side."""
    with pact.serve() as server:
        client = SendGrid(key, SENDER, clock, base_url=str(server.url).rstrip("/"), sandbox=sandbox)
        try:
            yield client
        finally:
            await client.close()


def authorised(interaction: HttpInteraction) -> HttpInteraction:
    """With a key that the provider's state gives."""
    return interaction.with_header("authorization", given("${authorization}", f"Bearer {KEY}", form=r"Bearer \S+"))


def sending(pact: Pact, description: str, state: str, *, sandbox: bool = True, mail: Mail = MAIL) -> HttpInteraction:
    """A request to send a mail, from a sender and by a template that the provider's state gives."""
    asked = authorised(pact.upon_receiving(description).given(state).with_request("POST", "/v3/mail/send"))
    return asked.with_body(body(mail, sandbox=sandbox), JSON)


def body(mail: Mail, *, sandbox: bool) -> dict[str, Any]:
    """What is sent: one personalization, its data in it, our reference beside that."""
    return {
        "from": {**SENDER.body(), "email": given("${sender}", SENDER.email, form=r"[^@]+@[^@]+")},
        "template_id": given("${template_id}", TEMPLATE, form="d-[0-9a-f]{32}"),
        "personalizations": [
            {
                "to": [mail.to.body()],
                "dynamic_template_data": dict(mail.data),
                "custom_args": {REFERENCE: mail.reference},
            }
        ],
        "mail_settings": {"sandbox_mode": {"enable": sandbox}},
    }


def complaint(message: Any, **more: Any) -> dict[str, Any]:
    """SendGrid's envelope, with one error; more: what is read of it beside its words."""
    return {"errors": [{"message": message, **more}]}


def in_words(example: str, form: str) -> Any:
    """Words that the platform decides by."""
    return match.regex(example, regex=form)
