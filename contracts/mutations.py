"""Providers that changed: a proxy in front of a real one alters its answers, and every alteration has to be caught.

What is altered comes from the contract itself: each member that it demands is renamed, each number turned into a text,
each status changed, each header left out; and a provider state that can't be set up, an answer that takes too long, a
connection that is reset, an endpoint that is not there. So a contract that says too little shows as a mutation that
nobody catches, and a verification that blames the wrong interaction as one that was caught without a mutation.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
from typing_extensions import override

from contracts.providers.states import StateFailed
from contracts.providers.verify import FAIL, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contracts.pacts import Contract, Interaction
    from contracts.providers.states import Provider, Values
    from contracts.providers.verify import Result

LATE_S = 20.0
_HOP = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})
_OTHER_STATUS = {200: 201, 201: 200, 202: 200, 204: 200, 401: 403, 403: 401, 404: 410, 500: 200, 503: 500}


@dataclass
class Answer:
    """What the provider answered, to be altered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Mutation:
    """A way in which a provider changes. alter: what it does to the answer of an interaction; None: nothing to alter.

    The words that it gives say what was done.
    """

    name: str
    alter: Callable[[Answer, Interaction, random.Random], str | None]


@dataclass(frozen=True)
class Caught:
    """What became of one interaction under a mutation. done: what was altered, None when nothing was."""

    mutation: str
    interaction: str
    done: str | None
    result: Result

    @property
    def right(self) -> bool:
        """Whether it failed because it was altered, or passed because it was not."""
        return (self.result.outcome == FAIL) == (self.done is not None)

    @property
    def words(self) -> str:
        """What an integrator reads."""
        return "; ".join(f"{each.where}: {each.says}" for each in self.result.differences)


def _demanded(interaction: Interaction) -> Any:
    body = interaction.raw["response"].get("body") or {}
    return body.get("content")


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The members that a body demands, by their paths, down to what is neither an object nor a list."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name), member
            yield from _leaves(member, (*path, name))
    elif isinstance(value, list) and value:
        yield from _leaves(value[0], (*path, 0))


def _holder(body: Any, path: Sequence[str | int]) -> Any:
    """What holds the member at a path in what really came; None when it did not come."""
    try:
        for step in path[:-1]:
            body = body[step]
    except (KeyError, IndexError, TypeError):
        return None
    return body if isinstance(body, dict) and path[-1] in body else None


def _either(interaction: Interaction, path: Sequence[str | int]) -> bool:
    """Whether the contract compares a member as a text, whatever it is: an id that may be a number or a text."""
    rules = interaction.raw["response"].get("matchingRules", {}).get("body", {})
    here = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    mine = [rule for at, rule in rules.items() if _any_index(at) == _any_index(here)]
    return any(matcher["match"] == "regex" for rule in mine for matcher in rule["matchers"])


def _any_index(path: str) -> str:
    return re.sub(r"\[(\d+|\*)\]", "[*]", re.sub(r"\['([^']+)'\]", r".\1", path))


def _in_body(change: Callable[[dict[str, Any], str, Any], bool]) -> Callable[..., str | None]:
    """Alter one member of a JSON body: one that the contract demands and the change applies to, chosen by the dice."""

    def alter(answer: Answer, interaction: Interaction, dice: random.Random) -> str | None:
        members = [(path, example) for path, example in _leaves(_demanded(interaction)) if isinstance(path[-1], str)]
        dice.shuffle(members)
        try:
            body = json.loads(answer.body)
        except ValueError:
            return None
        for path, example in members:
            holder = _holder(body, path)
            if holder is not None and change(holder, str(path[-1]), None if _either(interaction, path) else example):
                answer.body = json.dumps(body).encode()
                return "$." + ".".join(map(str, path))
        return None

    return alter


def _rename(holder: dict[str, Any], name: str, _example: Any) -> bool:
    holder[f"{name}_v2"] = holder.pop(name)
    return True


def _to_text(holder: dict[str, Any], name: str, example: Any) -> bool:
    """Of what the contract demands as a number."""
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (holder[name], example)):
        return False
    holder[name] = str(holder[name])
    return True


def _status(answer: Answer, _interaction: Interaction, _dice: random.Random) -> str:
    was, answer.status = answer.status, _OTHER_STATUS.get(answer.status, answer.status + 1)
    return f"{was} → {answer.status}"


def _header(answer: Answer, interaction: Interaction, dice: random.Random) -> str | None:
    demanded = sorted(str(name).lower() for name in interaction.raw["response"].get("headers", {}))
    present = [name for name in demanded if any(name == each.lower() for each, _ in answer.headers)]
    if not present:
        return None
    gone = dice.choice(present)
    answer.headers = [(name, value) for name, value in answer.headers if name.lower() != gone]
    return gone


def _missing(answer: Answer, interaction: Interaction, _dice: random.Random) -> str | None:
    if interaction.raw["response"]["status"] == 404:
        return None  # what is asked for is not there either way
    answer.status, answer.body = 404, b"<!doctype html><title>Not Found</title>"
    answer.headers = [("content-type", "text/html")]
    return "404, a page"


class _Late(Exception):
    pass


class _Reset(Exception):
    pass


def _late(*_: object) -> str:
    raise _Late


def _reset(*_: object) -> str:
    raise _Reset


STATE = Mutation("a state that can't be set up", lambda *_: None)
MUTATIONS = (
    Mutation("a field renamed", _in_body(_rename)),
    Mutation("a number turned into a text", _in_body(_to_text)),
    Mutation("a status changed", _status),
    Mutation("a header missing", _header),
    STATE,
    Mutation("an answer after 20 s", _late),
    Mutation("a connection reset", _reset),
    Mutation("an endpoint that is not there", _missing),
)
AT_MOST = {"an answer after 20 s": 2}
"""Each costs as long as the verification waits for an answer."""


@dataclass
class _Proxy:
    """In front of a provider: the answer to the nth request is altered for the nth interaction."""

    upstream: str
    mutation: Mutation
    interactions: Sequence[Interaction]
    seed: int
    at_most: int
    done: dict[str, str] = field(default_factory=dict)
    count: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def altered(self, answer: Answer) -> Answer:
        interaction = self.interactions[self.count]
        self.count += 1
        if len(self.done) < self.at_most:
            title = interaction.title
            try:
                done = self.mutation.alter(answer, interaction, random.Random(f"{self.seed}{title}"))  # noqa: S311
            except (_Late, _Reset):
                self.done[title] = self.mutation.name
                raise
            if done is not None:
                self.done[title] = done
        return answer


@contextlib.contextmanager
def _serving(proxy: _Proxy) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def _forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = [(name, value) for name, value in self.headers.items() if name.lower() not in _HOP]
            answer = httpx.request(
                self.command, proxy.upstream + self.path, headers=headers, content=body, timeout=60, trust_env=False
            )
            kept = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in _HOP]
            kept = [(name, value) for name, value in kept if name.lower() != "content-encoding"]
            try:
                told = proxy.altered(Answer(answer.status_code, kept, answer.content))
            except _Late:
                proxy.over.wait(LATE_S)
                self.close_connection = True
                return
            except _Reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                os.close(self.connection.detach())  # at once: `close` would wait for what was made of it
                return
            self.send_response_only(told.status)
            for name, value in told.headers:
                self.send_header(name, value)
            self.send_header("content-length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _forward  # noqa: N815 (http.server's names)

        @override
        def handle(self) -> None:
            with contextlib.suppress(OSError, ValueError):  # who asked is gone, or was sent away
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        proxy.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def mutate(
    contract: Contract, provider: Provider, mutation: Mutation, *, seed: int = 0, answer_s: float = 2.0
) -> list[Caught]:
    """Verify a contract against a provider that changed in one way, at each interaction that has something to change.

    Messages are left out: they are not answers. answer_s: how long the verification waits for one.
    """
    wanted = [each for each in contract.interactions if not each.is_message]
    wanted = [each for each in wanted if not any(map(provider.why_not, each.states))]
    at_most = AT_MOST.get(mutation.name, len(wanted))
    proxy = _Proxy(provider.base_url, mutation, wanted, seed, at_most)
    with _serving(proxy) as url, _in_front(provider, url, mutation, proxy):
        found = verify(contract.only(wanted), provider, answer_s)
    return [Caught(mutation.name, each.title, proxy.done.get(each.title), each) for each in found.results]


@contextlib.contextmanager
def _in_front(provider: Provider, url: str, mutation: Mutation, proxy: _Proxy) -> Iterator[None]:
    """Only the verifier asks through the proxy; states are set up past it, unless they are what fails."""
    direct, provider.base_url = provider.base_url, url
    set_up = provider.set_up

    def refused(name: str, parameters: Any) -> Values:
        raise StateFailed(f"“{name}” {dict(parameters)}: the provider refuses to be brought there")

    if mutation is STATE:
        provider.set_up = refused  # type: ignore[method-assign]
        proxy.done.update({each.title: "its set-up is refused" for each in proxy.interactions})
    try:
        yield
    finally:
        provider.base_url = direct
        provider.set_up = set_up  # type: ignore[method-assign]
