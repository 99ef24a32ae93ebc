"""The listener for webhooks: keeps what comes, and gives it out as soon as it is there."""

from __future__ import annotations

import threading

import httpx
import pytest

from contracts.providers.deliveries import listening
from contracts.providers.states import StateFailed


def test_keeps_what_came() -> None:
    """A delivery is answered with 200 and kept byte for byte, its headers in lower case."""
    with listening() as deliveries:
        answer = httpx.post(deliveries.url, content=b'{"a" : 1}\r\n', headers={"X-Signed-By": "Me"}, trust_env=False)
        found = deliveries.wait(lambda each: each.json() == {"a": 1})
    assert answer.status_code == 200
    assert (found.body, found.headers["x-signed-by"]) == (b'{"a" : 1}\r\n', "Me")


def test_waits_for_the_right_one() -> None:
    """Who waits gets the delivery that is meant, whatever comes before it."""
    with listening() as deliveries:
        posts = [
            threading.Thread(target=httpx.post, args=(deliveries.url,), kwargs={"content": body, "trust_env": False})
            for body in (b"no JSON", b"{}", b'{"wanted": true}')
        ]
        for post in posts:
            post.start()
        found = deliveries.wait(lambda each: bool((each.json() or {}).get("wanted")))
        for post in posts:
            post.join()
        assert len(deliveries.came) == 3
    assert found.body == b'{"wanted": true}'


def test_nothing_comes() -> None:
    """Where nothing fitting comes in time, that is a state which could not be set up."""
    with listening() as deliveries, pytest.raises(StateFailed, match="0 others came"):
        deliveries.wait(lambda _: True, within_s=0.01)
