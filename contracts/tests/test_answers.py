"""Answers from committed contracts: the contract's own examples, and mistakes that are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
import respx

from contracts.consumers.logic.answers import CONSUMER, answering, routed
from contracts.pacts import committed
from fixtures.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.pacts import Interaction

LISTED = "the question what was made for an order of ours"


REQUESTS = [
    pytest.param(contract.provider, one, id=f"{contract.provider}: {one.title}")
    for contract in committed()
    for one in contract.interactions
    if contract.consumer == CONSUMER and not one.is_message
]


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    """Asks nobody but respx."""
    with httpx.Client(base_url="http://vendor.example.com", trust_env=False, verify=False) as client:
        yield client


@pytest.mark.parametrize(("provider", "wanted"), REQUESTS)
def test_every_request_of_ours_is_answered(http: httpx.Client, provider: str, wanted: Interaction) -> None:
    """The example's own path gets the example's status, headers and body, whatever the query."""
    asked, said = wanted.raw["request"], wanted.raw["response"]
    with respx.mock() as router:
        routed(router, provider, wanted.description, *wanted.states)
        got = http.request(asked["method"], f"{asked['path']}?any=1")
    assert got.status_code == said["status"]
    assert all(got.headers.get_list(name) == values for name, values in said.get("headers", {}).items())
    if "body" not in said:
        assert got.content == b""
    else:
        is_json = said["body"]["contentType"] == "application/json"
        assert (got.json() if is_json else got.text) == said["body"]["content"]


def test_a_route_takes_its_own_path_only(http: httpx.Client) -> None:
    """A path below another, or a method beside it, is not answered."""
    with respx.mock(assert_all_called=False) as router:
        routed(router, "fleetbase", LISTED, "an order of ours is there")
        for method, path in (("GET", "/v1/orders/order_1"), ("POST", "/v1/orders"), ("GET", "/api/v1/orders")):
            with pytest.raises(AssertionError, match="not mocked"):
                http.request(method, path)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("fleetbase", "the question whose keys it is"), "the nearest is “the question whose key it is”"),
        (("fleetbase", LISTED), "under several states: name one of .*“an order of ours is there twice”"),
        (("fleetbase", LISTED, "it rains"), "not under “it rains”: name one of"),
        (("fleetbase", "an order that is completed"), "has no request"),
        (("payload", "anything"), "no contract of cityos with payload"),
    ],
)
def test_what_no_contract_says_is_not_made_up(asked: tuple[str, ...], said: str) -> None:
    """An unknown description, a doubtful one, another state and another provider are mistakes with a remedy."""
    with pytest.raises(UsageError, match=said):
        answering(*asked)
