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
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from contracts.providers.states import StateFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contracts.providers.states import Provider

STATES = "/states"
MESSAGES = "/messages"


@dataclass
class Callbacks:
    """Where the verifier calls back. failures: the states that could not be set up, with the reason."""

    port: int
    failures: dict[str, str] = field(default_factory=dict)
    messages: str = MESSAGES

    @property
    def states_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{STATES}"


@contextlib.contextmanager
def serving(provider: Provider) -> Iterator[Callbacks]:
    """Answer the verifier's calls for a provider until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    callbacks = Callbacks(int(server.server_address[1]))

    class Answering(BaseHTTPRequestHandler):
        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers.get("content-length", "0"))) or b"{}")
            if self.path == STATES:
                self._answer(*_changed(provider, asked, callbacks))
            else:
                self._answer(*_told(provider, asked, callbacks))

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
    try:
        values = provider.set_up(name, asked.get("params") or {})
    except StateFailed as problem:
        callbacks.failures[name] = str(problem)
        return 400, json.dumps({"error": str(problem)}).encode(), kind  # a 5xx is asked again and again, for minutes
    return 200, json.dumps(values).encode(), kind


def _told(provider: Provider, asked: dict[str, Any], callbacks: Callbacks) -> tuple[int, bytes, dict[str, str]]:
    """A message as the provider sends it."""
    description = str(asked.get("description", ""))
    try:
        body, headers = provider.message(description)
    except StateFailed as problem:
        callbacks.failures[description] = str(problem)
        return 500, str(problem).encode(), {"content-type": "text/plain"}
    metadata = base64.b64encode(json.dumps(headers).encode()).decode()
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "application/json")
    return 200, body, {"content-type": kind, "pact-message-metadata": metadata}
