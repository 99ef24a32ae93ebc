"""The generator: exact counts, whatever the answers look like; and what it sends."""

from __future__ import annotations

import itertools
import re

import msgspec
import pytest

from load import fire as generator
from load.debits import debits
from load.fire import UNANSWERED, fire, percentile
from load.tests.stub import OK, a_server

REFUSED = b"HTTP/1.1 409 Conflict\r\ncontent-length: 4\r\n\r\nbusy"
LONG = 30.0  # seconds; what ends these volleys is their count


def _requests() -> itertools.repeat[bytes]:
    return itertools.repeat(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")


def test_counts_each_status() -> None:
    """Every answer is counted under its status, and the first of either kind is kept."""
    with a_server(lambda turn: [REFUSED if turn % 4 == 0 else OK]) as (port, seen):
        volley = fire(port, _requests(), connections=4, seconds=LONG, requests_max=100)
    assert volley.statuses == {200: 75, 409: 25}
    assert (volley.accepted, len(volley.latencies_ms), len(seen)) == (75, 100, 100)
    assert volley.sample == b"{}"
    assert volley.refusal.endswith("busy")


def test_puts_pieces_together() -> None:
    """An answer that comes byte by byte is one answer."""
    with a_server(lambda _: [OK[at : at + 1] for at in range(len(OK))]) as (port, _):
        volley = fire(port, _requests(), connections=2, seconds=LONG, requests_max=10)
    assert volley.statuses == {200: 10}


def test_sends_nothing_after_the_end() -> None:
    """When the time is over, what was sent is what was counted."""
    with a_server(lambda _: [OK]) as (port, seen):
        volley = fire(port, _requests(), connections=8, seconds=0.1)
    assert volley.accepted == len(seen) > 0


def test_counts_a_broken_connection() -> None:
    """A server that hangs up on each request leaves one unanswered request per connection, and the volley ends."""
    with a_server(lambda _: None) as (port, _):
        volley = fire(port, _requests(), connections=3, seconds=0.1)
    assert volley.statuses == {UNANSWERED: 3}


def test_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that never ends is given up some time after the end, and counted as none."""
    monkeypatch.setattr(generator, "PATIENCE_S", 0.2)
    with a_server(lambda _: [OK[:-1]]) as (port, _):
        volley = fire(port, _requests(), connections=2, seconds=0.1)
    assert volley.statuses == {UNANSWERED: 2}


def test_refuses_an_answer_without_a_length() -> None:
    """What can't be delimited is not measured: it counts as no answer."""
    with a_server(lambda _: [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"]) as (port, _):
        volley = fire(port, _requests(), connections=1, seconds=0.1)
    assert volley.statuses == {UNANSWERED: 1}


def test_says_when_nobody_listens() -> None:
    """Without a server it raises, and counts nothing."""
    with a_server(lambda _: [OK]) as (port, _):
        pass
    with pytest.raises(OSError, match="refused"):
        fire(port, _requests(), connections=1, seconds=0.1)


def test_goes_on_where_it_stopped() -> None:
    """Two volleys from one stream of debits send no reference twice, and each wallet as often as the others."""
    wallets = [f"wal_{number}" for number in range(5)]
    stream = debits(1, "token", wallets, "test")
    with a_server(lambda _: [OK]) as (port, seen):
        for _ in range(2):
            fire(port, stream, connections=3, seconds=LONG, requests_max=10)
    bodies = [msgspec.json.decode(request.partition(b"\r\n\r\n")[2]) for request in seen]
    assert {body["type"] for body in bodies} == {"debit"}
    assert len({body["reference_id"] for body in bodies}) == 20
    paths = [re.match(rb"POST /admin/wallets/(wal_\d) ", request) for request in seen]
    assert sorted(found[1] for found in paths if found) == sorted(4 * [wallet.encode() for wallet in wallets])


def test_names_the_caller() -> None:
    """A debit carries the operator's token and says how long its body is."""
    request = next(debits(8080, "secret", ["wal_1"], "test"))
    head, _, body = request.partition(b"\r\n\r\n")
    assert b"authorization: Bearer secret\r\n" in head
    assert f"content-length: {len(body)}".encode() in head
    assert b'"amount":0.01' in body


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 2.0), (0.51, 3.0), (0.75, 3.0), (0.99, 4.0), (1.0, 4.0), (0.0, 1.0)]
)
def test_percentiles_are_values_that_occurred(share: float, expected: float) -> None:
    """A percentile is the smallest value that reaches the share."""
    assert percentile([1.0, 2.0, 3.0, 4.0], share) == expected


def test_no_percentile_of_nothing() -> None:
    """Without a value there is no percentile."""
    assert percentile([], 0.5) is None
