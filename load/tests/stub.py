"""A server for the tests of the generator: it answers what it is told to, in as many pieces as it is told to."""

from __future__ import annotations

import contextlib
import itertools
import socketserver
import threading
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Script = Callable[[int], Sequence[bytes] | None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextlib.contextmanager
def a_server(script: Script) -> Iterator[tuple[int, list[bytes]]]:
    """Yields the port, and the requests as they come in. `script(n)` is the n-th answer, in pieces; None: hang up."""
    seen: list[bytes] = []
    turns = itertools.count()

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        @override
        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):
                while (request := _read(self.rfile)) is not None:
                    seen.append(request)
                    answer = script(next(turns))
                    if answer is None:
                        return
                    for piece in answer:
                        self.wfile.write(piece)
                        self.wfile.flush()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1], seen
        finally:
            server.shutdown()
            thread.join()


def _read(stream: Any) -> bytes | None:
    """One whole request, or None at the end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        head += line
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    return head + bytes(stream.read(length))
