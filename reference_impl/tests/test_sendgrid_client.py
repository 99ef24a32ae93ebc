"""The SendGrid client against a simulated SendGrid over HTTP: mail goes out, or says why not in SendGrid's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from fixtures.faults import faulty
from fixtures.simulators.base import running
from fixtures.simulators.sendgrid import KEY_REFUSED, SendGridSimulator
from fixtures.toxics import ResetPeer
from reference_impl.core.clock import FrozenClock
from reference_impl.integrations.base import CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.breaker import Breaker
from reference_impl.integrations.sendgrid import health
from reference_impl.integrations.sendgrid.client import (
    CreditsExceeded,
    Mail,
    NoMail,
    NotAuthorised,
    Person,
    SendGrid,
    Sent,
    mailer,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fixtures.simulators.base import Running

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TEMPLATE = "d-0123456789abcdef0123456789abcdef"
SENDER = Person("orders@example.com", "CityOS")
MAIL = Mail(Person("ali@example.com", "علي"), TEMPLATE, "order_1", {"total": Decimal("10.50"), "name": "علي"})


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
def vendor() -> SendGridSimulator:
    return SendGridSimulator(now=lambda: NOW)


@pytest.fixture
def served(vendor: SendGridSimulator) -> Iterator[Running]:
    with running(vendor) as started:
        yield started


@pytest.fixture
async def client(served: Running, clock: FrozenClock) -> AsyncIterator[SendGrid]:
    sendgrid = SendGrid("test-key", SENDER, clock, base_url=served.base_url, answer_s=2.0, seed=1)
    yield sendgrid
    await sendgrid.close()


async def test_mail_goes_out_with_its_data_and_our_reference(client: SendGrid, vendor: SendGridSimulator) -> None:
    """One request, one mail: the template's data as it was, amounts digit for digit, our reference beside it."""
    sent = await client.send(MAIL)
    [mail] = vendor.sent
    assert sent == Sent(mail.message_id)
    assert (mail.to, mail.sender, mail.template_id) == (("ali@example.com",), "orders@example.com", TEMPLATE)
    assert mail.data["name"] == "علي"
    assert mail.custom_args == {"cityos_reference": "order_1"}
    assert b'"total":10.50' in vendor.received[0].body


async def test_sandbox_is_judged_and_sends_nothing(
    served: Running, vendor: SendGridSimulator, clock: FrozenClock
) -> None:
    client = SendGrid("test-key", SENDER, clock, base_url=served.base_url, sandbox=True)
    assert await client.send(MAIL) == Sent(None)
    vendor.unverified.add(SENDER.email)
    with pytest.raises(Rejected):
        await client.send(MAIL)
    assert vendor.sent == []
    await client.close()


@pytest.mark.parametrize(
    "template", ["", "welcome", TEMPLATE[2:], TEMPLATE[:-1], TEMPLATE + "0", TEMPLATE.upper(), TEMPLATE + "\n"]
)
def test_template_id_of_another_kind_is_refused_before_anybody_asks(template: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Mail(MAIL.to, template, "order_1")
    assert "template_id" in refusal.value.fields


async def test_refused_key_is_one_warning_per_outage(client: SendGrid, vendor: SendGridSimulator) -> None:
    """Ten mails meet a refused key: one line; and one when the key works again."""
    vendor.switches.refuse_key = True
    with capture_logs() as lines:
        for _ in range(10):
            with pytest.raises(CredentialsRejected, match=KEY_REFUSED):
                await client.send(MAIL)
        vendor.switches.refuse_key = False
        await client.send(MAIL)
    assert [(line["event"], line["log_level"]) for line in lines] == [
        ("vendor_outage", "warning"),
        ("vendor_recovered", "info"),
    ]
    assert "test-key" not in str(lines)


async def test_401_has_three_meanings(client: SendGrid, vendor: SendGridSimulator) -> None:
    """A key that is refused, an account without credits, and a user who may not: each is its own error."""
    vendor.switches.refuse_key = True
    with pytest.raises(CredentialsRejected) as refused:
        await client.send(MAIL)
    vendor.switches.refuse_key = False
    vendor.switches.credits_exceeded = True
    with pytest.raises(CreditsExceeded) as exceeded:
        await client.send(MAIL)
    vendor.switches.credits_exceeded = False
    vendor.switches.not_authorised = True
    with pytest.raises(NotAuthorised) as forbidden:
        await client.send(MAIL)
    assert type(refused.value) is CredentialsRejected
    assert [error.value.status for error in (refused, exceeded, forbidden)] == [401] * 3
    assert [error.value.words for error in (exceeded, forbidden)] == [
        "Maximum credits exceeded",
        "Authenticated user is not authorized to send mail",
    ]


async def test_key_without_the_scope_is_not_authorised(client: SendGrid, vendor: SendGridSimulator) -> None:
    vendor.scopes.remove("mail.send")
    with pytest.raises(NotAuthorised, match="access forbidden"):
        await client.send(MAIL)


async def test_sender_that_is_not_verified_is_a_rejection_with_its_field(
    client: SendGrid, vendor: SendGridSimulator
) -> None:
    """It is 403 as well, and the key is right."""
    vendor.unverified.add(SENDER.email)
    with pytest.raises(Rejected, match="verified Sender Identity") as refusal:
        await client.send(MAIL)
    assert (refusal.value.status, list(refusal.value.fields)) == (403, ["from"])


async def test_wrong_address_is_a_rejection_with_its_field(client: SendGrid) -> None:
    with pytest.raises(Rejected) as refusal:
        await client.send(Mail(Person("nobody"), TEMPLATE, "order_1"))
    assert (refusal.value.status, list(refusal.value.fields)) == (400, ["personalizations.0.to.0.email"])


async def test_too_large_is_a_rejection(client: SendGrid, vendor: SendGridSimulator) -> None:
    vendor.switches.bytes_max = 100
    with pytest.raises(Rejected, match="content too large") as refusal:
        await client.send(MAIL)
    assert refusal.value.status == 413


async def test_limit_says_when_to_come_again(client: SendGrid, vendor: SendGridSimulator) -> None:
    """`X-RateLimit-Reset` is an instant in seconds since 1970, and nothing is asked twice."""
    vendor.switches.rate_limited = True
    with pytest.raises(Unavailable, match="too many requests") as limited:
        await client.send(MAIL)
    assert (limited.value.status, limited.value.retry_at) == (429, NOW + timedelta(seconds=60))
    assert len(vendor.received) == 1


@pytest.mark.parametrize(
    ("now", "retry_at"),
    [(NOW + timedelta(days=1), NOW + timedelta(hours=1)), (NOW - timedelta(days=1), NOW), (None, None)],
)
async def test_limit_with_a_time_that_cannot_be(
    client: SendGrid, vendor: SendGridSimulator, now: datetime | None, retry_at: datetime | None
) -> None:
    """A reset far ahead is an hour, one that is past is now, and one that is no time is none."""
    vendor.switches.rate_limited = True
    if now is None:
        answer = vendor.limited()
        answer.headers["X-RateLimit-Reset"] = "soon"
        vendor.limited = lambda: answer  # type: ignore[method-assign]
    else:
        vendor.now = lambda: now
    with pytest.raises(Unavailable) as limited:
        await client.send(MAIL)
    assert limited.value.retry_at == retry_at


async def test_broken_vendor_is_asked_once_per_mail(client: SendGrid, vendor: SendGridSimulator) -> None:
    """Nobody knows whether it went out: asking again by ourselves might send it twice."""
    vendor.switches.flapping = 2
    with pytest.raises(Unavailable, match="internal server error"):
        await client.send(MAIL)
    assert len(vendor.received) == 1
    assert (await client.send(MAIL)).message_id


async def test_vendor_that_went_away_and_came_back(client: SendGrid, served: Running) -> None:
    served.stop()
    with pytest.raises(Unavailable):
        await client.send(MAIL)
    served.start()
    assert (await client.send(MAIL)).message_id


async def test_lost_answer_is_not_made_up_for_by_a_second_mail(
    served: Running, vendor: SendGridSimulator, clock: FrozenClock
) -> None:
    """SendGrid took the mail, and its answer did not arrive: whoever keeps the mail decides what is done about it."""
    with faulty(port=int(served.base_url.rpartition(":")[2])) as proxy:
        client = SendGrid("test-key", SENDER, clock, base_url=proxy.base_url)
        proxy.add(ResetPeer())
        with pytest.raises(Unavailable):
            await client.send(MAIL)
        assert len(vendor.sent) == 1
        proxy.reset()
        assert (await client.send(MAIL)).message_id == vendor.sent[1].message_id
        await client.close()


async def test_slow_vendor_is_not_waited_for(served: Running, vendor: SendGridSimulator, clock: FrozenClock) -> None:
    vendor.switches.slow_s = 1.0
    client = SendGrid("test-key", SENDER, clock, base_url=served.base_url, answer_s=0.1, patience_s=0.1)
    with pytest.raises(Unavailable, match="Timeout"):
        await client.send(MAIL)
    await client.close()


async def test_late_answer_is_waited_for(served: Running, vendor: SendGridSimulator, clock: FrozenClock) -> None:
    """A mail that is given up would be sent again: it is waited for, and the outage is told meanwhile, once."""
    client = SendGrid("test-key", SENDER, clock, base_url=served.base_url, answer_s=0.2)
    with capture_logs() as logs:
        vendor.switches.slow_s = 0.5
        for _ in range(2):
            assert (await client.send(MAIL)).message_id
        assert client.outage == "no answer within 0.2 s; it is waited for"
        vendor.switches.slow_s = 0
        assert (await client.send(MAIL)).message_id
    assert [each["event"] for each in logs] == ["vendor_outage", "vendor_recovered"]
    assert len(vendor.sent) == 3
    await client.close()


async def test_late_answers_open_the_breaker(served: Running, vendor: SendGridSimulator, clock: FrozenClock) -> None:
    """Who is slow is left alone for a while, as who is away is."""
    breaker = Breaker(clock, threshold=2)
    client = SendGrid("test-key", SENDER, clock, base_url=served.base_url, answer_s=0.05, breaker=breaker)
    vendor.switches.slow_s = 0.2
    for _ in range(2):
        assert (await client.send(MAIL)).message_id
    with pytest.raises(Unavailable, match="it is waited for"):
        await client.send(MAIL)
    assert len(vendor.sent) == 2
    await client.close()


async def test_unknown_path_is_not_found(client: SendGrid) -> None:
    with pytest.raises(NotFound, match="not found"):
        await client.call("GET", "/v3/nothing")
    with pytest.raises(Rejected, match="method not allowed"):
        await client.call("GET", "/v3/mail/send")


async def test_without_a_key_nothing_is_sent_and_that_is_said_once(clock: FrozenClock) -> None:
    nobody = mailer(None, SENDER, clock)
    assert isinstance(nobody, NoMail)
    assert (await health.check(nobody)).state == "not_configured"
    with capture_logs() as lines:
        assert [await nobody.send(MAIL) for _ in range(3)] == [Sent(None)] * 3
    assert [(line["event"], line["log_level"]) for line in lines] == [("mail_switched_off", "info")]
    await nobody.close()
    somebody = mailer("key", SENDER, clock)
    assert isinstance(somebody, SendGrid)
    await somebody.close()


async def test_health_tells_who_may_send(client: SendGrid, vendor: SendGridSimulator) -> None:
    """A key that may send is healthy; one that is refused, or lacks the scope, is rejected credentials."""
    assert (await health.check(client)).state == "healthy"
    vendor.switches.refuse_key = True
    refused = await health.check(client)
    assert (refused.state, refused.words) == ("credentials_rejected", KEY_REFUSED)
    vendor.switches.refuse_key = False
    vendor.scopes.remove("mail.send")
    lacking = await health.check(client)
    assert (lacking.state, lacking.words) == ("credentials_rejected", "the key has no scope mail.send")


async def test_health_without_credits_is_not_a_bad_key(client: SendGrid, vendor: SendGridSimulator) -> None:
    """Credits exceeded is 401 too: the vendor is there and sends nothing."""
    vendor.switches.scopes_need_credits = True
    vendor.switches.credits_exceeded = True
    spent = await health.check(client)
    assert (spent.state, spent.words) == ("degraded", "Maximum credits exceeded")


async def test_health_of_a_limited_broken_or_absent_vendor(
    client: SendGrid, vendor: SendGridSimulator, served: Running
) -> None:
    vendor.switches.rate_limited = True
    assert (await health.check(client)).state == "degraded"
    vendor.switches.rate_limited = False
    vendor.switches.flapping = 1000
    assert (await health.check(client)).state == "unhealthy"
    vendor.switches.flapping = 0
    vendor.switches.half_answers = True
    assert (await health.check(client)).state == "unhealthy"
    vendor.switches.half_answers = False
    served.stop()
    assert (await health.check(client)).state == "unhealthy"
    served.start()
    assert (await health.check(client)).state == "healthy"
