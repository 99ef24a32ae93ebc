"""How Payload CMS fails, as far as the platform does something else for it.

It never says that a key is refused: who is not known is nobody, and nobody may read. Nor does it when its database is
away, since a key is looked up there. Only a log-in tells the two apart.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pact import match

from contracts.consumers.matchers import given
from contracts.consumers.payload_cms import JSON, NAME, WORKS, asked, asking, who_we_are
from reference_impl.integrations.base import CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.payload_cms.client import NOBODY

if TYPE_CHECKING:
    from pact import Pact

    from contracts.consumers.payload_cms import Contract
    from reference_impl.core.clock import FrozenClock

pytestmark = pytest.mark.anyio

UNKNOWN_KEY = "00000000-0000-4000-8000-000000000000"
DATABASE_AWAY = "the database is away"
CLOSED = "a collection is closed to the key"
TOO_OFTEN = "a proxy before it is asked too often"
NOT_REACHED = "a proxy before it does not reach it"
COUNT = "/api/categories/count"


def said() -> dict[str, Any]:
    """How most errors are told: in words."""
    return {"errors": match.each_like({"message": match.str("You are not allowed to perform this action.")}, min=1)}


def by_a_stranger(pact: Pact, description: str, path: str) -> Any:
    """A question with a key that is nobody's."""
    question = pact.upon_receiving(description).given(WORKS).with_request("GET", path)
    return question.with_header("authorization", f"users API-Key {UNKNOWN_KEY}")


def nobody_logs_in(pact: Pact, state: str) -> Any:
    """The log-in that nobody can make: its refusal shows that the database answers."""
    question = pact.upon_receiving("a log-in of nobody").given(state).with_request("POST", "/api/users/login")
    return question.with_body(NOBODY, JSON)


def refused(pact: Pact, state: str = WORKS) -> None:
    """The log-in is refused: the database answers."""
    nobody_logs_in(pact, state).will_respond_with(401).with_body(said(), JSON)


async def test_a_key_that_is_nobodys(contract: Contract, clock: FrozenClock) -> None:
    """A refused key is a success that knows nobody, and the log-in that is refused tells why."""
    pact = contract(NAME)
    question = by_a_stranger(pact, "the question whose key it is, with nobody's", "/api/users/me")
    question.will_respond_with(200).with_body({"user": None}, JSON)
    refused(pact)
    async with asking(pact, clock, UNKNOWN_KEY) as cms:
        with pytest.raises(CredentialsRejected, match="its database answers"):
            await cms.ping()


async def test_reading_with_a_key_that_is_nobodys(contract: Contract, clock: FrozenClock) -> None:
    """What is not allowed is 403, never 401; the reason is found out by asking who we are."""
    pact = contract(NAME)
    by_a_stranger(pact, "a count with nobody's key", COUNT).will_respond_with(403).with_body(said(), JSON)
    question = by_a_stranger(pact, "the question whose key it is, with nobody's", "/api/users/me")
    question.will_respond_with(200).with_body({"user": None}, JSON)
    refused(pact)
    async with asking(pact, clock, UNKNOWN_KEY) as cms:
        with pytest.raises(CredentialsRejected):
            await cms.count("categories")


async def test_a_database_that_is_away(contract: Contract, clock: FrozenClock) -> None:
    """It answers as to an unknown key, but a log-in fails as well: to be tried again, and not the key's fault."""
    pact = contract(NAME)
    count = asked(pact, "a count of all categories", DATABASE_AWAY, COUNT)
    count.will_respond_with(403).with_body(said(), JSON)
    question = asked(pact, "the question whose key it is", DATABASE_AWAY, "/api/users/me")
    question.will_respond_with(200).with_body({"user": None}, JSON)
    nobody_logs_in(pact, DATABASE_AWAY).will_respond_with(500)
    async with asking(pact, clock) as cms:
        with pytest.raises(Unavailable, match="knows nobody") as away:
            await cms.count("categories")
    assert away.value.retry_at is None


async def test_a_collection_that_the_key_may_not_read(contract: Contract, clock: FrozenClock) -> None:
    """403 with a key that is known stays so: it is the user's rights, not an outage."""
    pact = contract(NAME)
    path = given("/api/${collection}/count", "/api/payload-kv/count", form=r"/api/[a-z-]+/count")
    asked(pact, "a count of a closed collection", CLOSED, path).will_respond_with(403).with_body(said(), JSON)
    who_we_are(pact)
    async with asking(pact, clock) as cms:
        with pytest.raises(Rejected, match="may not read /api/payload-kv/count") as refusal:
            await cms.count("payload-kv")
    assert refusal.value.status == 403


async def test_a_collection_that_is_not_there(contract: Contract, clock: FrozenClock) -> None:
    """A route that is not there has a message and no `errors`: a fault of ours, no missing document."""
    pact = contract(NAME)
    question = asked(pact, "a count of a collection that is not there", WORKS, "/api/no-such-collection/count")
    answer = {"message": match.str('Route not found "/api/no-such-collection/count"')}
    question.will_respond_with(404).with_body(answer, JSON)
    async with asking(pact, clock) as cms:
        with pytest.raises(Rejected, match="Route not found") as refusal:
            await cms.count("no-such-collection")
    assert not isinstance(refusal.value, NotFound)


async def test_a_condition_on_a_field_that_is_not_there(contract: Contract, clock: FrozenClock) -> None:
    """A wrong condition is refused and names the field, instead of being left out."""
    pact = contract(NAME)
    question = asked(pact, "a count by a field that is not there", WORKS, COUNT)
    question.with_query_parameter("where[nowhere][equals]", "1")
    words = "The following path cannot be queried: nowhere"
    error = {"data": [{"path": "nowhere"}], "message": match.str(words)}
    question.will_respond_with(400).with_body({"errors": [error]}, JSON)
    async with asking(pact, clock) as cms:
        with pytest.raises(Rejected) as refusal:
            await cms.count("categories", {"[nowhere][equals]": "1"})
    assert refusal.value.fields == {"nowhere": words}


async def test_too_often(contract: Contract, clock: FrozenClock) -> None:
    """A time that is named in the answer is waited for; nothing is asked before it."""
    pact = contract(NAME)
    question = asked(pact, "a count of all categories", TOO_OFTEN, COUNT)
    question.will_respond_with(429).with_header("retry-after", match.regex("30", regex=r"^\d+$"))
    async with asking(pact, clock) as cms:
        with pytest.raises(Unavailable) as away:
            await cms.count("categories")
    assert away.value.retry_at == clock.now() + timedelta(seconds=30)


async def test_a_proxy_that_does_not_reach_it(contract: Contract, clock: FrozenClock) -> None:
    """An answer of the proxy's, in whatever words, is an outage to be waited out."""
    pact = contract(NAME)
    asked(pact, "a count of all categories", NOT_REACHED, COUNT).will_respond_with(503)
    async with asking(pact, clock) as cms:
        with pytest.raises(Unavailable) as away:
            await cms.count("categories")
    assert away.value.status == 503
