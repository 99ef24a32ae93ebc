"""What a provider answers, as its committed contract says, given by respx: for tests of the client's own logic.

Pact's mock server answers each question once. How often a client asks, how long it waits between, and what it makes of
an answer that was lost want answers in a row, and none at all; what is in them is still the contract's example. Such a
test writes no contract: what it answers by stands in one already, and has been verified with the provider.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from typing import TYPE_CHECKING, Any

import httpx

from contracts.pacts import FOLDER, committed
from fixtures.exits import UsageError

if TYPE_CHECKING:
    import respx

    from contracts.pacts import Interaction

CONSUMER = "cityos"

Outcome = Exception | tuple[str, ...]
"""What becomes of a request: no answer, or the contract's to a description under states."""


class Waits:
    """A client's sleep that takes no time; `seconds`: what was to be slept."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def answering(provider: str, description: str, *states: str) -> httpx.Response:
    """The contract's example of an answer to the request of this description, under these states.

    states: their names; may be left out where the contract has the description once only.
    Raises UsageError when the committed contract has no such request, or more than one.
    """
    response = _interaction(provider, description, states).raw["response"]
    body = response.get("body", {})
    if body.get("encoded"):
        raise UsageError(f"“{description}” of {provider} is answered with {body['encoded']}: only texts are given here")
    headers = [(name, value) for name, values in response.get("headers", {}).items() for value in values]
    return httpx.Response(response["status"], headers=headers, content=_text(body))


def routed(vendor: respx.MockRouter, provider: str, description: str, *states: str) -> respx.Route:
    """Answer requests of the contract's method and path, whatever their query, until told otherwise as it says.

    Where several descriptions share method and path, the route is the same, and the last one given is answered.
    """
    request = _interaction(provider, description, states).raw["request"]
    pattern = re.compile(rf"https?://[^/]+{_path(request)}(\?.*)?\Z")
    answer = answering(provider, description, *states)
    return vendor.route(method=request["method"], url__regex=pattern).mock(return_value=answer)


def outcome(provider: str, what: Outcome) -> Exception | httpx.Response:
    """As respx takes it in a row of answers."""
    return what if isinstance(what, Exception) else answering(provider, *what)


def changed(answer: httpx.Response, **fields: Any) -> httpx.Response:
    """The answer with these fields of its JSON object set."""
    return httpx.Response(answer.status_code, json={**answer.json(), **fields})


def bodies(route: respx.Route) -> list[Any]:
    """What was sent there as JSON, in order."""
    return [json.loads(call.request.content) for call in route.calls]


def queries(route: respx.Route) -> list[dict[str, str]]:
    """What was asked there in the query, in order."""
    return [dict(call.request.url.params) for call in route.calls]


@functools.cache
def _interactions(provider: str) -> list[Interaction]:
    """The contract's requests; read once."""
    contracts = [contract for contract in committed(provider) if contract.consumer == CONSUMER]
    if not contracts:
        raise UsageError(f"{FOLDER} has no contract of {CONSUMER} with {provider}: is it spelled as in a file's name?")
    return [one for contract in contracts for one in contract.interactions if not one.is_message]


def _interaction(provider: str, description: str, states: tuple[str, ...]) -> Interaction:
    """The one that is meant."""
    described = [one for one in _interactions(provider) if one.description == description]
    found = [one for one in described if not states or sorted(one.states) == sorted(states)]
    if len(found) == 1:
        return found[0]
    where = f"the committed contract with {provider}"
    if described:
        known = "; ".join(f"“{' and '.join(one.states)}”" for one in described)
        asked = f"not under “{' and '.join(states)}”" if states else "under several states"
        raise UsageError(f"{where} has “{description}” {asked}: name one of {known}")
    near = difflib.get_close_matches(description, [one.description for one in _interactions(provider)], 1, 0)
    raise UsageError(
        f"{where} has no request “{description}”: name one that it has (the nearest is “{''.join(near)}”), or have a "
        f"new one written first, by `cityos contracts generate`"
    )


def _text(body: dict[str, Any]) -> bytes:
    """A body as it goes over the wire: JSON, or a text of another type as it stands."""
    if not body:
        return b""
    content = body["content"]
    return (json.dumps(content) if "json" in body["contentType"] else str(content)).encode()


def _path(request: dict[str, Any]) -> str:
    """A regular expression of the path, still encoded: the contract's own where it has one, else the path itself."""
    rule = request.get("matchingRules", {}).get("path", {})
    for matcher in rule.get("matchers", []):
        if matcher["match"] == "regex":
            inner = str(matcher["regex"]).removeprefix("^").removesuffix("$")
            return f"(?:{inner})"
    return re.escape(str(request["path"]))
