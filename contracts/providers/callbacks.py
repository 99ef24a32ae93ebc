"""What Pact's verifier calls back while it works: one address for provider states, one for messages.

A state is asked for as `{"state", "params", "action": "setup"|"teardown"}`, and answered with its values; a message by
its description, and answered with its body, its headers as Base64 in Pact-Message-Metadata
(https://docs.pact.io/implementation_guides/rust/pact_verifier_cli).
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from contracts.providers.states import StateFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.pacts import Interaction
    from contracts.providers.states import Provider

STATES = "/states"
MESSAGES = "/messages"


@dataclass(frozen=True)
class SetUp:
    """What became of a state that was asked for. refused: why it could not be set up."""

    took_s: float
    refused: str | None


@dataclass
class Callbacks:
    """Where the verifier calls back, and what it was given.

    set_ups: by a state's name and parameters, in the order in which it was asked for: several interactions may be under
    the same one. untold: why a message did not come, by its description and states.
    """

    port: int
    set_ups: dict[str, list[SetUp]] = field(default_factory=dict)
    untold: dict[str, str] = field(default_factory=dict)
    messages: str = MESSAGES

    @property
    def states_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{STATES}"

    def taken(self, interaction: Interaction) -> list[SetUp]:
        """What became of its states; to be asked once for each interaction, in the contract's order."""
        return [self.set_ups[key].pop(0) for key in _keys(interaction.raw) if self.set_ups.get(key)]

    def why_untold(self, interaction: Interaction) -> str | None:
        """Why its message did not come; None when it did."""
        return self.untold.get(_message_key(interaction.raw))


@contextlib.contextmanager
def serving(provider: Provider) -> Iterator[Callbacks]:
    """Answer the verifier's calls for a provider until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    callbacks = Callbacks(int(server.server_address[1]))
    one_by_one = threading.Lock()  # a state that takes too long is still being set up when the next is asked for

    class Answering(BaseHTTPRequestHandler):
        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))) or b"{}")
            with one_by_one:
                answer = (_changed if self.path == STATES else _told)(provider, asked, callbacks)
            with contextlib.suppress(OSError):  # who asked did not wait for it
                self._answer(*answer)

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server.RequestHandlerClass = Answering
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield callbacks
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _changed(provider: Provider, asked: dict[str, Any], callbacks: Callbacks) -> tuple[int, bytes, dict[str, str]]:
    """The values of a state that was set up; or that it was taken back."""
    kind = {"content-type": "application/json"}
    name = asked.get("state", "")
    if asked.get("action") == "teardown":
        provider.tear_down()
        return 200, b"{}", kind
    if not name:  # of an interaction that needs no state
        return 200, json.dumps({"authorization": provider.authorization}).encode(), kind
    began, why, given = time.monotonic(), None, b""
    try:
        given = json.dumps(provider.set_up(name, asked.get("params") or {})).encode()
    except StateFailed as problem:
        why = str(problem)
    except Exception as problem:  # noqa: BLE001 - a fault of the state's own code, to be told as any other
        why = f"“{name}”: {type(problem).__name__} in the code of this state: {problem}"
    came = SetUp(time.monotonic() - began, why)
    callbacks.set_ups.setdefault(_key(name, asked.get("params")), []).append(came)
    if why is None:
        return 200, given, kind
    provider.tear_down()  # what it had made until then: the verifier asks for no teardown after this
    return 400, json.dumps({"error": why}).encode(), kind  # a 5xx is asked again and again, for minutes


def _told(provider: Provider, asked: dict[str, Any], callbacks: Callbacks) -> tuple[int, bytes, dict[str, str]]:
    """A message as the provider sends it."""
    description = str(asked.get("description", ""))
    try:
        body, headers = provider.message(description)
    except StateFailed as problem:
        callbacks.untold[_message_key(asked)] = str(problem)
        return 500, str(problem).encode(), {"content-type": "text/plain"}
    metadata = base64.b64encode(json.dumps(headers).encode()).decode()
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "application/json")
    return 200, body, {"content-type": kind, "pact-message-metadata": metadata}


def _key(name: str, parameters: Any) -> str:
    return json.dumps([name, parameters or {}], sort_keys=True)


def _keys(raw: dict[str, Any]) -> list[str]:
    """Of the states of an interaction, as the file and the verifier's question have them."""
    return [_key(state["name"], state.get("params")) for state in raw.get("providerStates") or []]


def _message_key(raw: dict[str, Any]) -> str:
    return json.dumps([str(raw.get("description", "")), _keys(raw)])
