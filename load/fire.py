"""A load generator for one kind of request: keep-alive connections that ask again as soon as they are answered.

It is a closed loop, so it shows what a server can do and hides stalls. Counts are exact: nothing is sent after the end,
and every request that was sent is answered or counted as unanswered. It costs some 30 µs per request on a 2.5 GHz core,
which leaves the machine to the server, and reports its own share, lest a slow generator be taken for a slow server.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import re
import time
from array import array
from typing import TYPE_CHECKING, cast

import msgspec
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNANSWERED = 0
"""Stands for the status of a request that got none: the connection broke, or the answer did not come in time."""

ANSWER_BYTES_MAX = 1 << 20
PATIENCE_S = 15.0  # for the last answers, after the end
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Volley(msgspec.Struct, frozen=True):
    """What came of it. `cpu_share` is the generator's own use of one core, 0 to 1."""

    seconds: float
    statuses: dict[int, int]
    latencies_ms: list[float]  # sorted
    cpu_share: float
    sample: bytes = b""  # the body of the first answer that was
    refusal: str = ""  # the first answer that was not 2xx

    @property
    def accepted(self) -> int:
        """How many were answered with 2xx."""
        return sum(count for status, count in self.statuses.items() if 200 <= status < 300)


def percentile(sorted_values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed (nearest rank); None of nothing."""
    if not sorted_values:
        return None
    return sorted_values[max(0, math.ceil(share * len(sorted_values)) - 1)]


def fire(
    port: int, requests: Iterator[bytes], *, connections: int, seconds: float, requests_max: int | None = None
) -> Volley:
    """Send requests to 127.0.0.1:port for `seconds`, or `requests_max` of them if that comes first.

    `requests` yields whole HTTP/1.1 requests; what it has left over serves the next call. The answers must carry a
    content-length. Raises OSError when nothing listens there.
    """
    import uvloop

    gc.collect()
    gc.freeze()  # the rendered requests: nothing of them is garbage
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_fire(_Tally(requests, requests_max), port, connections, seconds))


async def _fire(tally: _Tally, port: int, connections: int, seconds: float) -> Volley:
    loop = asyncio.get_running_loop()
    started, cpu_started = time.perf_counter(), time.process_time()
    loop.call_later(seconds, tally.end)
    transports = []
    for _ in range(connections):
        transport, _ = await loop.create_connection(lambda: _Connection(tally), "127.0.0.1", port)
        transports.append(transport)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds + PATIENCE_S):
            await tally.done.wait()
    tally.end()
    for transport in transports:
        transport.abort()  # what is still under way is booked as unanswered
    await tally.done.wait()
    elapsed = time.perf_counter() - started
    return Volley(
        seconds=elapsed,
        statuses=tally.statuses,
        latencies_ms=sorted(1000 * latency for latency in tally.latencies_s),
        cpu_share=(time.process_time() - cpu_started) / elapsed,
        sample=tally.sample,
        refusal=tally.refusal,
    )


class _Tally:
    """What all connections share: what to send next, and what came back."""

    def __init__(self, requests: Iterator[bytes], requests_max: int | None) -> None:
        self.done = asyncio.Event()
        self.statuses: dict[int, int] = {}
        self.latencies_s = array("d")
        self.sample = b""
        self.refusal = ""
        self.waiting = 0
        self._requests = requests
        self._left = math.inf if requests_max is None else requests_max
        self._ended = False

    def end(self) -> None:
        """No more requests; done once the last of those under way is answered."""
        self._ended = True
        if not self.waiting:
            self.done.set()

    def next(self) -> bytes | None:
        """The next request, counted as under way; None when it is over."""
        if self._left <= 0:
            self.end()
        request = None if self._ended else next(self._requests, None)
        if request is None:
            self.end()
            return None
        self._left -= 1
        self.waiting += 1
        return request

    def count(self, status: int, latency_s: float, answer: bytes) -> None:
        """Book an answer, or UNANSWERED."""
        self.waiting -= 1
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status != UNANSWERED:
            self.latencies_s.append(latency_s)
        if not self.sample and 200 <= status < 300:
            self.sample = answer.partition(b"\r\n\r\n")[2]
        elif not self.refusal and not 200 <= status < 300:
            self.refusal = answer[:500].decode(errors="replace") or "no answer"
        if self._ended and not self.waiting:
            self.done.set()


class _Connection(asyncio.Protocol):
    """One keep-alive connection: sends, waits for the whole answer, sends again."""

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._received = b""
        self._sent_at: float | None = None  # None: nothing is under way

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, but is not derived from it
        self._send()

    @override
    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        head = data.find(b"\r\n\r\n")
        if head >= 0:
            length = _LENGTH.search(data, 0, head)
            if length is None or (size := head + 4 + int(length[1])) > ANSWER_BYTES_MAX:
                self._transport.abort()  # nothing that can be measured here: counted as unanswered
                return
            if len(data) >= size:
                self._received = b""
                self._book(int(data[9:12]), data)
                self._send()
                return
        self._received = data

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._book(UNANSWERED, self._received)

    def _send(self) -> None:
        request = self._tally.next()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def _book(self, status: int, answer: bytes) -> None:
        if self._sent_at is not None:
            self._tally.count(status, time.perf_counter() - self._sent_at, answer)
            self._sent_at = None
