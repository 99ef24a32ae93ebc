"""Which addresses and headers a provider can be asked by, and what is said of those by which it can't."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from contracts.providers import known
from contracts.providers.fleetbase import Fleetbase
from fixtures.exits import Unreachable, UsageError
from fixtures.simulators import fleetbase
from fixtures.simulators.base import running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def answering(status: int, headers: dict[str, str], body: bytes = b"") -> Iterator[str]:
    """A server that answers everything so; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("base_url", "said"),
    [
        ("erp.example.com", "write it as https://"),
        ("127.0.0.1:8000", "write it as https://"),
        ("ftp://erp.example.com", "write it as https://"),
        ("https://erp.example.com/?site=a", "write it as https://"),
        ("https://erp.example.com:port", "--base-url https://erp.example.com:port: "),
    ],
)
def test_what_is_no_address(base_url: str, said: str) -> None:
    """An address below which no path can be asked is refused, before anybody is asked."""
    with pytest.raises(UsageError, match=said):
        Fleetbase(base_url)


def test_a_password_in_an_address() -> None:
    """It would stand in evidence and records: it is refused, and not repeated."""
    with pytest.raises(UsageError) as refused:
        Fleetbase("https://user:pa55word@fleet.example.com")
    assert "--header" in str(refused.value)
    assert "pa55word" not in str(refused.value)


@pytest.mark.parametrize("value", ["Bearer flb_live_schlüssel", "Bearer flb\r\nx: y", "Bearer flb\x00"])
def test_what_no_header_can_have(value: str) -> None:
    """A header that can't be sent is refused by its name, without its value."""
    with pytest.raises(UsageError, match=r"^--header Authorization: ") as refused:
        Fleetbase("http://127.0.0.1:1", {"Authorization": value})
    assert "flb" not in str(refused.value)


def test_a_server_that_sends_on() -> None:
    """Pact's verifier would follow where the platform's clients do not: such a server is refused."""
    sends_on = answering(308, {"location": "https://elsewhere.example/"})
    with sends_on as base_url, pytest.raises(UsageError, match=r"it sends on to https://elsewhere\.example/"):
        Fleetbase(base_url)


def test_a_page_is_no_simulator() -> None:
    """A server that answers everything with a page has no switches, though it says 200."""
    page = answering(200, {"content-type": "text/html"}, b"<h1>Welcome</h1>")
    with page as base_url, known.at("fleetbase", base_url) as provider:
        assert not provider.is_simulator


def test_a_server_that_is_not_there() -> None:
    """Nobody answers: that is said with the vendor's name."""
    with pytest.raises(Unreachable, match=r"does not answer \(ConnectError\): is fleetbase running there\?"):
        Fleetbase("http://127.0.0.1:1")


def test_a_slash_at_the_end() -> None:
    """The slash that a browser adds changes nothing."""
    with running(fleetbase.Fleetbase()) as there, known.at("fleetbase", f"{there.base_url}/") as provider:
        assert provider.is_simulator
        assert provider.base_url == there.base_url
