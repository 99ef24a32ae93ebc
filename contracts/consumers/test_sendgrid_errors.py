"""How SendGrid says no: 401 and 403 have several meanings each, which only a word or a field tells apart."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.conftest import NOW
from contracts.consumers.sendgrid import (
    JSON,
    MAIL,
    NAME,
    ORDER,
    OURS,
    SCOPES,
    TEMPLATE,
    UNKNOWN_KEY,
    WORKS,
    asking,
    authorised,
    body,
    complaint,
    in_words,
    sending,
)
from reference_impl.integrations.base import CredentialsRejected, Rejected, Unavailable
from reference_impl.integrations.sendgrid.client import CreditsExceeded, Mail, NotAuthorised, Person
from reference_impl.integrations.sendgrid.health import check

if TYPE_CHECKING:
    from contracts.consumers.sendgrid import Contract
    from reference_impl.core.clock import FrozenClock
    from reference_impl.integrations.base import VendorError

pytestmark = pytest.mark.anyio

NO_CREDITS = "the account has no credits left"
MAY_NOT = "the user of the key may not send mail"
NO_SCOPE = "the key has no scope for sending mail"
UNVERIFIED = "the sender is not verified"
TINY = "it takes tiny mails only"
TOO_OFTEN = "it was asked too often"
BROKEN = "it is broken"
REFUSED = "The provided authorization grant is invalid, expired, or revoked"
OTHER_WORDS = r"^(?!.*([Cc]redits exceeded|not authorized)).+$"
FIELD = "^(?!null$).+$"


async def refused(contract: Contract, clock: FrozenClock, state: str, status: int, said: dict[str, Any]) -> VendorError:
    """What the platform makes of such an answer to a mail; it is asked once."""
    pact = contract(NAME)
    sending(pact, "a mail about an order, in sandbox mode", state).will_respond_with(status).with_body(said, JSON)
    return await raised(pact, clock, MAIL)


async def raised(pact: Any, clock: FrozenClock, mail: Mail) -> VendorError:
    """What sending a mail ends in."""
    async with asking(pact, clock) as sendgrid:
        with pytest.raises((Rejected, Unavailable, CredentialsRejected)) as problem:
            await sendgrid.send(mail)
    return problem.value


async def test_a_mail_that_is_wrong(contract: Contract, clock: FrozenClock) -> None:
    """Of a wrong mail SendGrid names the field, by dots and places."""
    mail = Mail(Person("noura at example.com"), TEMPLATE, ORDER)
    pact = contract(NAME)
    field = "personalizations.0.to.0.email"
    asked = sending(pact, "a mail to what is no address, in sandbox mode", OURS, mail=mail)
    said = complaint(match.str("Does not contain a valid address."), field=in_words(field, FIELD))
    asked.will_respond_with(400).with_body(said, JSON)
    problem = await raised(pact, clock, mail)
    assert isinstance(problem, Rejected)
    assert problem.fields == {field: "Does not contain a valid address."}


async def test_a_key_that_is_not_known(contract: Contract, clock: FrozenClock) -> None:
    """401 in other words than those on credits and rights is the key itself, when sending as in health."""
    pact = contract(NAME)
    asked = pact.upon_receiving("the question what a key may do that is nobody's").given(WORKS)
    asked.with_request("GET", SCOPES).with_header("authorization", f"Bearer {UNKNOWN_KEY}")
    asked.will_respond_with(401).with_body(complaint(in_words(REFUSED, OTHER_WORDS)), JSON)
    asked = pact.upon_receiving("a mail by a key that is nobody's").given(OURS)
    asked.with_request("POST", "/v3/mail/send").with_header("authorization", f"Bearer {UNKNOWN_KEY}")
    asked.with_body(body(MAIL, sandbox=True), JSON)
    asked.will_respond_with(401).with_body(complaint(in_words(REFUSED, OTHER_WORDS)), JSON)
    async with asking(pact, clock, UNKNOWN_KEY) as sendgrid:
        assert (await check(sendgrid)).state == "credentials_rejected"
        with pytest.raises(CredentialsRejected, match="invalid, expired, or revoked") as problem:
            await sendgrid.send(MAIL)
    assert not isinstance(problem.value, NotAuthorised)


async def test_an_account_without_credits(contract: Contract, clock: FrozenClock) -> None:
    """The second meaning of 401: the key is right, and mail waits until somebody pays."""
    said = complaint(in_words("Maximum credits exceeded", ".*[Cc]redits exceeded.*"))
    assert isinstance(await refused(contract, clock, NO_CREDITS, 401, said), CreditsExceeded)


async def test_a_user_who_may_not_send(contract: Contract, clock: FrozenClock) -> None:
    """The third meaning of 401: the key is known, and its user may not do this."""
    said = complaint(in_words("Authenticated user is not authorized to send mail", ".*not authorized.*"))
    assert isinstance(await refused(contract, clock, MAY_NOT, 401, said), NotAuthorised)


async def test_a_key_without_the_scope(contract: Contract, clock: FrozenClock) -> None:
    """403 without a field is about the key."""
    said = complaint(match.str("access forbidden"), field=None)
    assert isinstance(await refused(contract, clock, NO_SCOPE, 403, said), NotAuthorised)


async def test_scopes_without_the_needed_one(contract: Contract, clock: FrozenClock) -> None:
    """Such a key is refused in health before anybody tries to send."""
    pact = contract(NAME)
    asked = pact.upon_receiving("the question what the key may do").given(NO_SCOPE).with_request("GET", SCOPES)
    others = match.each_like(match.regex("mail.batch.create", regex=r"^(?!mail\.send$).+$"), min=1)
    authorised(asked).will_respond_with(200).with_body({"scopes": others}, JSON)
    async with asking(pact, clock) as sendgrid:
        assert (await check(sendgrid)).state == "credentials_rejected"


async def test_a_sender_who_is_not_verified(contract: Contract, clock: FrozenClock) -> None:
    """403 with a field is about the mail: asking again would be refused again, and the key is right."""
    words = "The from address does not match a verified Sender Identity."
    problem = await refused(
        contract, clock, UNVERIFIED, 403, complaint(match.str(words), field=in_words("from", FIELD))
    )
    assert isinstance(problem, Rejected)
    assert problem.fields == {"from": words}


async def test_a_mail_that_is_too_large(contract: Contract, clock: FrozenClock) -> None:
    """413 is for good, and about no field."""
    problem = await refused(contract, clock, TINY, 413, complaint(match.str("content too large")))
    assert isinstance(problem, Rejected)
    assert (problem.status, problem.fields) == (413, {})


async def test_too_many_requests(contract: Contract, clock: FrozenClock) -> None:
    """When to come again is in X-RateLimit-Reset, in seconds since 1970; there is no Retry-After."""
    until = NOW + timedelta(seconds=42)
    pact = contract(NAME)
    asked = sending(pact, "a mail about an order, in sandbox mode", TOO_OFTEN).will_respond_with(429)
    asked.with_header("x-ratelimit-reset", match.regex(str(int(until.timestamp())), regex=r"^\d{10}$"))
    asked.with_body(complaint(match.str("too many requests")), JSON)
    problem = await raised(pact, clock, MAIL)
    assert isinstance(problem, Unavailable)
    assert problem.retry_at == until


async def test_health_while_there_were_too_many(contract: Contract, clock: FrozenClock) -> None:
    """Who answers that it was asked too often is there: degraded, not away."""
    pact = contract(NAME)
    asked = pact.upon_receiving("the question what the key may do").given(TOO_OFTEN).with_request("GET", SCOPES)
    authorised(asked).will_respond_with(429).with_body(complaint(match.str("too many requests")), JSON)
    async with asking(pact, clock) as sendgrid:
        assert (await check(sendgrid)).state == "degraded"


async def test_a_server_that_is_broken(contract: Contract, clock: FrozenClock) -> None:
    """After a 500 nothing is sent a second time by itself: SendGrid knows no idempotency key."""
    said = complaint(match.str("internal server error"))
    assert isinstance(await refused(contract, clock, BROKEN, 500, said), Unavailable)
