"""What the tests of Payload CMS's contract share: the client, and how its questions and Payload's answers look."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pact import match
from pact.match.matcher import GenericMatcher

from contracts.consumers.matchers import given
from reference_impl.integrations.breaker import Breaker
from reference_impl.integrations.payload_cms.client import PayloadCms, written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from pact import Pact
    from pact.interaction import HttpInteraction

    from reference_impl.core.clock import FrozenClock

    Contract = Callable[[str], Pact]

NAME = "payload-cms"
KEY = "2f6c1a9e-7d34-4b0f-9a51-c8e0d7b64f12"
JSON = "application/json"
CHANGED = datetime(2026, 11, 22, 10, 44, 17, 454000, tzinfo=UTC)

WORKS = "the key is right"


@contextlib.asynccontextmanager
async def asking(pact: Pact, clock: FrozenClock, key: str = KEY) -> AsyncIterator[PayloadCms]:
    """The platform's own client, with nothing but the contract on the other side; it does not wait between attempts."""

    async def at_once(seconds: float) -> None:
        assert seconds > 0

    with pact.serve() as server:
        breaker = Breaker(clock, threshold=1_000_000)
        client = PayloadCms(str(server.url).rstrip("/"), key, clock, breaker=breaker, sleep=at_once)
        try:
            yield client
        finally:
            await client.close()


def asked(pact: Pact, description: str, state: str, path: Any, **parameters: Any) -> HttpInteraction:
    """A question with a key that the provider's state gives."""
    interaction = pact.upon_receiving(description).given(state, **parameters).with_request("GET", path)
    key = given("${authorization}", f"users API-Key {KEY}", form="users API-Key .+")
    return interaction.with_header("authorization", key)


def who_we_are(pact: Pact, state: str = WORKS) -> None:
    """The question that each doubt about an answer comes back to."""
    answer = asked(pact, "the question whose key it is", state, "/api/users/me").will_respond_with(200)
    answer.with_body({"user": {"id": an_id(1)}}, JSON)


def an_id(example: int) -> GenericMatcher[Any]:
    """Opaque: a number, or the text of a UUID or of a MongoDB ObjectId."""
    return GenericMatcher("regex", value=example, extra_fields={"regex": r"^(\d+|[0-9a-f-]{24,36})$"})


def id_given(name: str, example: int) -> GenericMatcher[str]:
    """An id in a query that the provider's state gives."""
    return given(f"${{{name}}}", str(example), form=r".+")


def moment(at: datetime) -> GenericMatcher[str]:
    """A time as Payload writes it: read with its zone, sent back in milliseconds."""
    return match.regex(written(at), regex=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")  # type: ignore[return-value]


def moment_given(at: datetime) -> GenericMatcher[str]:
    """The moment in a query that the provider's state gives."""
    return given("${since}", written(at), form=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def document(identity: int, at: datetime = CHANGED, **fields: Any) -> dict[str, Any]:
    """What is read of every document."""
    return {"id": an_id(identity), "updatedAt": moment(at), **fields}


def page(documents: Any, *, more: Any) -> dict[str, Any]:
    """What is read of a list. more: True where the next page is what is asked for, else any truth value."""
    return {"docs": documents, "totalDocs": match.int(2), "hasNextPage": more}


def first(limit: int, sort: str, **where: Any) -> Mapping[str, Any]:
    """The query for the first documents in an order, without those that they refer to."""
    return {"depth": "0", "limit": str(limit), "sort": sort, **where}
