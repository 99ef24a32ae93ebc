"""Checkouts at a fixed rate: carts made beforehand, then the last word to each at its moment, answered or not."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec

from load.stage import HarnessFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from fixtures.reference import Reference

GOODS = 50
"""Checkouts of the same good wait for each other, which is not what is measured here."""
AT_ONCE = 4
"""Who prepares carts at the same time."""
PATIENCE_S = 30.0
# Shorter than the server's own: whoever sends on a connection that is just being closed, loses the race.
IDLE_S = 2.0


class Told(msgspec.Struct, frozen=True):
    """What came of some checkouts. Latencies count from the moment that each was due, in order of size."""

    latencies_ms: list[float]
    orders: list[str]
    failures: list[str]
    late_ms_max: float  # how much later than it was due the generator sent one, at worst


class Till:
    """A customer of the seed's first tenant who fills carts, one thing in each, and then says the last word to them."""

    def __init__(self, reference: Reference, seed: int) -> None:
        from fixtures import targets
        from fixtures.actors import Names, Operator, Shopper
        from fixtures.client import PUBLISHABLE_KEY_HEADER, Connection
        from fixtures.shopping import Buying, Shop
        from fixtures.targets import Credentials

        target = targets.from_seed(reference.base_url, reference.seed)
        if target.main.operator is None:
            raise HarnessFailed("The reference implementation's seed has no operator.")
        self._connection = Connection(target)
        names = Names(f"load-{seed}")
        who = Credentials(names.email(), names.password())
        shop = Shop(Operator.enter(self._connection, target.main))
        shopper = Shopper.register(self._connection, target.main, who)
        self._buying = Buying(shopper.api, shop)
        self._goods = [shop.good() for _ in range(GOODS)]
        self._base_url = reference.base_url
        self._headers = {
            PUBLISHABLE_KEY_HEADER: target.main.publishable_key or "",
            "authorization": f"Bearer {shopper.api.token}",
        }

    def close(self) -> None:
        self._connection.close()

    def carts(self, count: int) -> list[str]:
        """Where to say the last word to so many new carts."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            goods = itertools.islice(itertools.cycle(self._goods), count)
            made = pool.map(lambda good: self._buying(good).prepare(), goods)
            return [f"{cart.path}/complete" for cart in made]

    def complete(self, carts: Sequence[str], *, per_s: float, rng: random.Random) -> Told:
        """Say the last word to all carts, at an even rate but for a little chance, however long answers take."""
        return asyncio.run(_complete(self._base_url, self._headers, carts, moments(len(carts), per_s, rng)))


def moments(count: int, per_s: float, rng: random.Random) -> list[float]:
    """When each is due, in seconds from the start: one in each interval, anywhere in it."""
    return [(number + rng.random()) / per_s for number in range(count)]


async def _complete(base_url: str, headers: dict[str, str], carts: Sequence[str], due_s: Sequence[float]) -> Told:
    import httpx

    latencies_ms: list[float] = []
    orders: list[str] = []
    failures: list[str] = []
    late_s: list[float] = []
    limits = httpx.Limits(max_connections=None, keepalive_expiry=IDLE_S)
    client = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=PATIENCE_S, trust_env=False, limits=limits)
    began = time.perf_counter()

    async def complete(cart: str, due: float) -> None:
        await asyncio.sleep(due - (time.perf_counter() - began))
        late_s.append(time.perf_counter() - began - due)
        try:
            answer = await client.post(cart, json={})
        except httpx.HTTPError as problem:
            failures.append(f"{type(problem).__name__}: {problem}")
            return
        latencies_ms.append(1000 * (time.perf_counter() - began - due))
        order = _order(answer)
        if order is None:
            failures.append(f"{answer.status_code}: {answer.text[:300]}")
        else:
            orders.append(order)

    async with client:
        await asyncio.gather(*(complete(cart, due) for cart, due in zip(carts, due_s, strict=True)))
    return Told(sorted(latencies_ms), orders, failures, 1000 * max(late_s, default=0.0))


def _order(answer: httpx.Response) -> str | None:
    """The order that a cart became, if that is what was answered."""
    body = answer.json() if answer.status_code == 200 else {}
    return str(body["order"]["id"]) if body.get("type") == "order" else None
