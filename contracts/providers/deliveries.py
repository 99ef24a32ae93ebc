"""What a provider delivers by webhook: a small listener on 127.0.0.1 that keeps it as it came, byte for byte."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from contracts.providers.states import StateFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WITHIN_S = 10.0
BODY_MAX = 4 * 1024 * 1024  # bytes; no webhook here comes near


@dataclass(frozen=True)
class Delivery:
    """One request that came: the raw body, and the headers by their names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body parsed; None for one that is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Deliveries:
    """What came to one listener, oldest first. Threads of the server add to it, `wait` looks for one."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/hook"
        self._came: list[Delivery] = []
        self._more = threading.Condition()

    @property
    def came(self) -> list[Delivery]:
        """All until now."""
        with self._more:
            return list(self._came)

    def add(self, delivery: Delivery) -> None:
        with self._more:
            self._came.append(delivery)
            self._more.notify_all()

    def wait(self, wanted: Callable[[Delivery], bool], within_s: float = WITHIN_S) -> Delivery:
        """The first delivery that is wanted, as soon as it is there. Raises StateFailed when none comes in time."""
        deadline = time.monotonic() + within_s
        looked_at = 0
        with self._more:
            while True:
                for delivery in self._came[looked_at:]:
                    if wanted(delivery):
                        return delivery
                looked_at = len(self._came)
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise StateFailed(f"no such delivery within {within_s:g} s; {looked_at} others came")
                self._more.wait(left_s)


@contextlib.contextmanager
def listening(port: int = 0) -> Iterator[Deliveries]:
    """Take what is posted to `url`, and answer 200, until the end of the block. port 0: a free one.

    Raises StateFailed when the port can't be had.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler)
    except OSError as problem:
        raise StateFailed(f"port {port} of 127.0.0.1 can't be had: {problem.strerror}") from None
    deliveries = Deliveries(int(server.server_address[1]))

    class Taking(BaseHTTPRequestHandler):
        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", "0"))
            fits = 0 <= length <= BODY_MAX
            if fits:
                headers = {name.lower(): value for name, value in self.headers.items()}
                deliveries.add(Delivery(self.path, headers, self.rfile.read(length)))
            self.send_response(200 if fits else 413)
            self.send_header("content-length", "0")
            self.end_headers()

        do_PUT = do_POST  # noqa: N815 (Frappe's webhooks may use it)

    server.RequestHandlerClass = Taking
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield deliveries
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
