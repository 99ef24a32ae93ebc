"""kill -9 while orders are placed: what was promised is kept, and nothing is left half done."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from fixtures.checks import eventually, requirement, settled
from suites.resilience.trade import Trade

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from fixtures.effects import Sale
    from fixtures.plugin import Run
    from fixtures.servers import Servers

CARTS = 10  # per life of the server
AT_ONCE = 6
A_MOMENT_S = 0.05


@requirement("RES-01", "RES-02", "RES-03")
def test_killed_while_selling(servers: Servers, run: Run, rng: random.Random) -> None:
    """Killed at random moments, the server comes back with every acknowledged order whole, and no other half there."""
    with servers.open() as own, ExitStack() as lives:
        process = lives.enter_context(own.serve())
        trade = Trade(own, run)
        trade.fill_wallets()
        for life in range(run.rounds(merge=3, nightly=20)):
            cancelled = [sale for sale in trade.sales if sale.acknowledged and rng.random() < 0.3][-2:]
            sales = [trade.prepare(f"life-{life}-cart-{number}", rng) for number in range(CARTS)]
            acts = [partial(trade.complete, sale) for sale in sales]
            acts += [partial(trade.cancel, sale) for sale in cancelled if not sale.cancelled]
            rng.shuffle(acts)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                _begin(pool, acts, rng)
                process.kill()
                process = lives.enter_context(own.serve())  # those who wait for an answer wait for this one
            for sale in _again(sales, rng):
                trade.complete(sale)
            assert trade.unexpected == []
            eventually(trade.violations, _none)
        settled(trade.violations, _none)


def _begin(pool: ThreadPoolExecutor, acts: Sequence[Callable[[], None]], rng: random.Random) -> None:
    """Let all acts begin, and return at a random moment of that, counted in acts: a slow machine is no other then."""
    news = threading.Semaphore(0)  # an act has begun, an act has ended

    def go(act: Callable[[], None]) -> None:
        news.release()
        act()
        news.release()

    for act in acts:
        pool.submit(go, act)
    for _ in range(rng.randint(len(acts), 2 * len(acts) - AT_ONCE)):  # some have ended, and the others are under way
        assert news.acquire(timeout=60.0), "the server does not answer"
    threading.Event().wait(rng.uniform(0, A_MOMENT_S))  # not to wait for anything: the moment is the point


def _again(sales: list[Sale], rng: random.Random) -> list[Sale]:
    """Half of the carts, once or twice; the others are left as the killed server left them."""
    return [sale for sale in sales if rng.random() < 0.5 for _ in range(rng.randint(1, 2))]


def _none(violations: list[str]) -> bool:
    return violations == []
