"""A stub: serves a contract to whoever develops the consumer, and says of each request that no interaction allows why.

Each interaction has a mock server of Pact's own, so what matches is decided by the library that verifies; this file
chooses among them. A request that several allow (they differ in their states) gets the one that it names in the header
`X-Pact-State`, else one that has this very path, then one that succeeds. A request that none allows is answered with
500, the nearest interaction, and what differs.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import httpx

os.environ["PACT_DO_NOT_TRACK"] = "true"

from pact import Pact
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fixtures.serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

    from contracts.pacts import Contract, Interaction

STATE = "x-pact-state"
SERVED = "x-pact-interaction"
UNEXPECTED = 500  # as Pact's own mock servers answer
_HOP = frozenset({"connection", "content-length", "date", "host", "server", "transfer-encoding"})
_FAR = 1000  # a request to another path, by another method, is no near miss, however much of the rest agrees


@dataclass(frozen=True)
class Miss:
    """An interaction that does not allow a request, and why."""

    interaction: Interaction
    differences: Sequence[str]
    distance: int


class Stub:
    """An ASGI application that answers as a contract says. told: of each request, its status and what decided."""

    def __init__(self, contract: Contract, told: Callable[[str], None], states: Sequence[str] = ()) -> None:
        served = [each for each in contract.interactions if not each.is_message]
        if states:
            served = [each for each in served if set(each.states) & set(states)]
        self._served = served
        self._told = told
        self.count = len(served)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = await self._answer(Request(scope, receive))
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> ASGIApp:
        body = await request.body()
        line = f"{request.method} {request.url.path}{f'?{request.url.query}' if request.url.query else ''}"
        wanted = request.headers.get(STATE)
        misses: list[Miss] = []
        found: list[tuple[Interaction, httpx.Response]] = []
        for interaction in self._served:
            if wanted is not None and wanted not in interaction.states:
                continue
            got = await _tried(interaction, request, body)
            if isinstance(got, Miss):
                misses.append(got)
            else:
                found.append((interaction, got))
        if not found:
            return self._refusal(line, misses, wanted)
        interaction, answer = min(found, key=lambda one: (_path(one[0]) != request.url.path, one[1].status_code >= 400))
        self._told(f"{line} {answer.status_code} {interaction.title}")
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
        headers[SERVED] = interaction.title.encode("ascii", "replace").decode()
        return Response(answer.content, answer.status_code, headers)

    def _refusal(self, line: str, misses: Sequence[Miss], wanted: str | None) -> ASGIApp:
        nearest = min(misses, key=_nearness, default=None)
        if nearest is None:
            said = f"no interaction has the state “{wanted}”"
            self._told(f"{line} {UNEXPECTED} {said}")
            return JSONResponse({"error": f"{line}: {said}"}, UNEXPECTED)
        self._told(f"{line} {UNEXPECTED} no interaction allows it; the nearest is “{nearest.interaction.title}”:")
        for difference in nearest.differences:
            self._told(f"    {difference}")
        body = {
            "error": f"{line}: no interaction allows it",
            "nearest": nearest.interaction.title,
            "differences": list(nearest.differences),
        }
        return JSONResponse(body, UNEXPECTED)


async def _tried(interaction: Interaction, request: Request, body: bytes) -> httpx.Response | Miss:
    """What a server of Pact's answers that has this interaction alone: a new one each time, since it never forgets
    what it was asked. One of another method or path is not even started.
    """
    distance = _distance(interaction, request)
    elsewhere = _elsewhere(interaction, request)
    if elsewhere:
        return Miss(interaction, elsewhere, distance + len(elsewhere))
    pact = Pact("stub", "stub").with_specification("V4")
    _add(pact, interaction)
    target = request.scope["raw_path"] + (b"?" + request.scope["query_string"] if request.url.query else b"")
    headers = [(name, value) for name, value in request.headers.raw if name.decode() not in {*_HOP, STATE}]
    with pact.serve(raises=False, verbose=False) as server:
        url = httpx.URL(str(server.url)).copy_with(raw_path=target)
        async with httpx.AsyncHTTPTransport() as straight:  # a client would add headers of its own
            asked = httpx.Request(request.method, url, headers=headers, content=body)
            answer = await straight.handle_async_request(asked)
            await answer.aread()
        if "x-pact" not in answer.headers:
            return answer
        told = [each for each in server.mismatches if type(each).__name__ != "MissingRequest"]
    differences = _words(told[-1]) if told else []
    if not differences:
        differences = [f"Path: expected one like {_path(interaction)}, got {request.url.path}"]
    return Miss(interaction, differences, distance + len(differences))


def _add(pact: Pact, interaction: Interaction) -> None:
    """The interaction as the file has it, rules and all."""
    raw = interaction.raw
    asked, answered = raw["request"], raw["response"]
    making = pact.upon_receiving(interaction.description).with_request(asked["method"], asked["path"])
    for name, values in asked.get("query", {}).items():
        making.with_query_parameter(name, values[0]) if len(values) == 1 else making.with_query_parameters(
            {name: values}
        )
    _part(making, asked, "Request")
    making.will_respond_with(int(answered["status"]))
    _part(making, answered, "Response")


def _part(making: Any, raw: dict[str, Any], part: str) -> None:
    for name, values in raw.get("headers", {}).items():
        for value in [values] if isinstance(values, str) else values:
            making.with_header(name, value, part=part)
    body = raw.get("body")
    if body and "content" in body:
        content = body["content"]
        said = content if isinstance(content, str) and "json" not in body["contentType"] else json.dumps(content)
        making.with_body(said, body["contentType"], part=part)
    if raw.get("matchingRules"):
        making.with_matching_rules(json.dumps(raw["matchingRules"]), part=part)


def _nearness(miss: Miss) -> tuple[int, bool]:
    """Of two that are as near, the one that succeeds is meant."""
    return miss.distance, int(miss.interaction.raw["response"]["status"]) >= 400


def _distance(interaction: Interaction, request: Request) -> int:
    """How far a request is from an interaction before its differences are counted: by path, then by method."""
    asked = interaction.raw["request"]
    theirs, ours = (path.strip("/").split("/") for path in (_path(interaction), request.url.path))
    apart: int = sum(one != other for one, other in zip(theirs, ours, strict=False)) + abs(len(theirs) - len(ours))
    query = set(asked.get("query", {})) ^ set(parse_qs(request.url.query))
    other_method = str(asked["method"]) != request.method
    return _FAR * apart + (_FAR // 2) * other_method + len(query)


def _path(interaction: Interaction) -> str:
    """Where it is asked, without escapes, as the request has it too."""
    return unquote(str(interaction.raw["request"]["path"]))


def _elsewhere(interaction: Interaction, request: Request) -> list[str]:
    """That it is another request altogether."""
    method = str(interaction.raw["request"]["method"])
    other_path = _path(interaction) != request.url.path and "path" not in interaction.raw["request"].get(
        "matchingRules", {}
    )
    return [
        *([f"Method: expected {method}, got {request.method}"] if method != request.method else []),
        *([f"Path: expected {_path(interaction)}, got {request.url.path}"] if other_path else []),
    ]


def _words(mismatch: Any) -> list[str]:
    """What differs, each in a sentence; nothing where only method or path do."""
    return sorted(" ".join(str(each).split()) for each in getattr(mismatch, "mismatches", []))


@contextlib.contextmanager
def served(stub: Stub, port: int = 0) -> Iterator[str]:
    """The stub on a port of 127.0.0.1 until the end of the block; its address. Raises OSError when it can't be had.

    Pages of any origin may ask it: a shop under development is served from a port of its own.
    """
    anybody = CORSMiddleware(stub, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"])
    with serving(anybody, port) as url:
        yield url
