"""SendGrid's client by itself: no mail is asked for twice, and what its refusals mean for those that wait."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from contracts.consumers.logic.answers import answering, bodies, outcome, routed
from contracts.consumers.sendgrid import KEY, MAIL, NAME, ORDER, OURS, SENDER, WORKS
from reference_impl.integrations.base import CredentialsRejected, Unavailable
from reference_impl.integrations.sendgrid.client import REFERENCE, SendGrid
from reference_impl.integrations.sendgrid.health import check

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import respx

    from contracts.consumers.logic.answers import Outcome, Waits
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

OUT, SANDBOXED = "a mail about an order", "a mail about an order, in sandbox mode"
SCOPES = "the question what the key may do"
BROKEN, TOO_OFTEN, NO_CREDITS = "it is broken", "it was asked too often", "the account has no credits left"
NOBODYS = "a mail by a key that is nobody's"
AT_MOST = 5
"""As many failures in a row as the breaker lets through."""


@pytest.fixture
async def sendgrid(clock: FrozenClock, waits: Waits) -> AsyncIterator[SendGrid]:
    """The platform's own client."""
    client = SendGrid(KEY, SENDER, clock, base_url="http://mail.example.com", sleep=waits)
    yield client
    await client.close()


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("half"), (SANDBOXED, BROKEN)])
async def test_a_mail_whose_answer_was_lost(
    vendor: respx.MockRouter, sendgrid: SendGrid, waits: Waits, lost: Outcome
) -> None:
    """A mail is asked for once per call, and waited for a minute; who asks again sends the same, reference and all."""
    posted = routed(vendor, NAME, OUT).mock(side_effect=[outcome(NAME, lost), answering(NAME, OUT)])
    with pytest.raises(Unavailable) as away:
        await sendgrid.send(MAIL)
    assert (posted.call_count, waits.seconds, away.value.retry_at) == (1, [], None)
    assert (await sendgrid.send(MAIL)).message_id == "14c5d75ce93.dfd.64b469"
    first, second = bodies(posted)
    assert first == second
    assert first["personalizations"][0]["custom_args"] == {REFERENCE: ORDER}
    assert posted.calls.last.request.extensions["timeout"]["read"] == 60


@pytest.mark.parametrize("said", ["<html>Accepted</html>", '{"errors": [', "[]"])
async def test_what_stands_in_a_success(vendor: respx.MockRouter, sendgrid: SendGrid, said: str) -> None:
    """A mail that was taken is not asked for again over the words that come with it: only its header is read."""
    posted = routed(vendor, NAME, OUT)
    posted.return_value = httpx.Response(202, text=said, headers={"x-message-id": "14c5d75ce93.dfd.64b469"})
    assert (await sendgrid.send(MAIL)).message_id == "14c5d75ce93.dfd.64b469"
    assert posted.call_count == 1


async def test_a_refusal_without_json(vendor: respx.MockRouter, sendgrid: SendGrid) -> None:
    """A proxy's page in place of SendGrid's errors is told as it stands, and as an outage where its status says so."""
    posted = routed(vendor, NAME, OUT).mock(return_value=httpx.Response(502, html="<h1>Bad Gateway</h1>"))
    with pytest.raises(Unavailable, match="502 <h1>Bad Gateway</h1>"):
        await sendgrid.send(MAIL)
    assert posted.call_count == 1


async def test_mails_over_the_limit(vendor: respx.MockRouter, sendgrid: SendGrid, clock: FrozenClock) -> None:
    """Each is told when the limit ends; after five nothing is sent for 30 s, and then one mail decides."""
    posted = routed(vendor, NAME, SANDBOXED, TOO_OFTEN)
    for sent in range(AT_MOST):
        with pytest.raises(Unavailable, match="429 too many requests") as often:
            await sendgrid.send(MAIL)
        assert often.value.retry_at == clock.now() + timedelta(seconds=42)
        assert posted.call_count == sent + 1
    with pytest.raises(Unavailable, match="sendgrid: too many requests") as resting:
        await sendgrid.send(MAIL)
    assert resting.value.retry_at == clock.now() + timedelta(seconds=30)
    assert posted.call_count == AT_MOST
    clock.advance(timedelta(seconds=30))
    posted.return_value = answering(NAME, SANDBOXED, OURS)
    assert (await sendgrid.send(MAIL)).message_id is None
    assert (posted.call_count, sendgrid.breaker.state, sendgrid.outage) == (AT_MOST + 1, "closed", None)


@pytest.mark.parametrize(
    ("refusal", "error", "state"),
    [
        ((SANDBOXED, NO_CREDITS), Unavailable, "open"),
        ((NOBODYS,), CredentialsRejected, "closed"),
        ((SANDBOXED, "the key has no scope for sending mail"), CredentialsRejected, "closed"),
    ],
)
async def test_who_rests_by_which_refusal(
    vendor: respx.MockRouter, sendgrid: SendGrid, refusal: tuple[str, ...], error: type[Exception], state: str
) -> None:
    """Two of three refusals by 401 and 403 are answers about our key; only an account without credits is an outage."""
    posted = routed(vendor, NAME, OUT).mock(return_value=answering(NAME, *refusal))
    for _ in range(AT_MOST):
        with pytest.raises(error):
            await sendgrid.send(MAIL)
    assert (posted.call_count, sendgrid.breaker.state) == (AT_MOST, state)
    assert sendgrid.outage is not None


async def test_health_asks_past_the_rest(vendor: respx.MockRouter, sendgrid: SendGrid) -> None:
    """While nothing is sent, health still asks, once; that it is well again is for the next mail to find out."""
    posted = routed(vendor, NAME, OUT).mock(side_effect=httpx.ConnectError("away"))
    for _ in range(AT_MOST):
        with pytest.raises(Unavailable):
            await sendgrid.send(MAIL)
    scopes = routed(vendor, NAME, SCOPES, WORKS)
    assert (await check(sendgrid)).state == "healthy"
    assert (scopes.call_count, sendgrid.breaker.state) == (1, "open")
    with pytest.raises(Unavailable, match="ConnectError: away"):
        await sendgrid.send(MAIL)
    assert posted.call_count == AT_MOST


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(200, text='{"scopes": ["mail.se')])
async def test_health_asks_once(
    vendor: respx.MockRouter, sendgrid: SendGrid, waits: Waits, answer: httpx.Response
) -> None:
    """A broken or half answer is how it is at this moment: not asked again, and nothing is kept back for it."""
    scopes = routed(vendor, NAME, SCOPES, WORKS).mock(return_value=answer)
    for _ in range(AT_MOST):
        assert (await check(sendgrid)).state == "unhealthy"
    assert (scopes.call_count, waits.seconds, sendgrid.breaker.state) == (AT_MOST, [], "closed")
