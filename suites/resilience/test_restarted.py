"""One release takes over from another: nobody who shops notices."""

from __future__ import annotations

import http.client
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from fixtures.checks import eventually, requirement, settled
from fixtures.client import NoAnswer
from suites.resilience.trade import Trade

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.plugin import Run
    from fixtures.servers import Own, Servers

OLD, NEW = "release-one", "release-two"
SHOPPERS = 3
ORDERS_MOST = 200  # of one shopper: an end, whatever happens
LEAVES_WITHIN_S = 15.0


class Shopping(threading.Event):
    """Somebody who buys and moves money again and again, until the event is set, and notes what failed."""

    def __init__(self, own: Own, trade: Trade, name: str, seed: float) -> None:
        super().__init__()
        self._trade = trade
        self._name = name
        self._api = own.anonymous()
        self._rng = random.Random(seed)  # noqa: S311 - choices, not secrets
        self.builds: list[str] = []  # who answered, in the order of the asking
        self.failed: list[str] = []
        self.orders = 0

    def go_on(self) -> None:
        """Nothing is sent twice: what fails, fails."""
        while not self.is_set() and self.orders < ORDERS_MOST:
            try:
                self._round()
            except (NoAnswer, AssertionError) as problem:
                self.failed.append(f"{self._name}, order {self.orders}: {problem}")

    def _round(self) -> None:
        self.orders += 1
        trade = self._trade
        sale = trade.prepare(f"{self._name}-{self.orders}", self._rng)
        trade.complete(sale)
        assert sale.acknowledged, f"{sale.tag} was not answered with an order"
        wallet = self._rng.choice(list(trade.wallets.values()))
        for move in (trade.operator.credit, trade.operator.debit):
            move(wallet, Decimal(self._rng.randint(1, 9)))
        self.builds.append(str(self._api.get("/health").expect(200)["commit"]))


@requirement("RES-04")
def test_release_takes_over(servers: Servers, run: Run, rng: random.Random) -> None:
    """A second release starts beside the first, which is told to stop: no order and no wallet's move fails."""
    with servers.open() as own, own.serve(OLD) as old:
        trade = Trade(own, run)
        trade.fill_wallets()
        people = [Shopping(own, trade, f"shopper-{number}", rng.random()) for number in range(SHOPPERS)]
        with ThreadPoolExecutor(SHOPPERS) as pool:
            for one in people:
                pool.submit(one.go_on)
            try:
                _everybody_meets(people, OLD)
                kept = _Kept(own)
                kept.ask()
                with own.serve(NEW):  # from here on who connects meets either; who is connected stays with the old one
                    old.tell(signal.SIGTERM)
                    eventually(kept.ask, lambda was_the_last: was_the_last)
                    eventually(old.poll, lambda status: status is not None, LEAVES_WITHIN_S)
                    _everybody_meets(people, NEW)
                    for one in people:
                        one.set()
                    pool.shutdown()
                    assert [failure for one in people for failure in one.failed] == []
                    settled(trade.violations, lambda violations: violations == [])
            finally:
                for one in people:
                    one.set()


@requirement("RES-05")
def test_nobody_is_cut_off(servers: Servers) -> None:
    """Told to stop, a server answers who is in the middle of a request and who was idle, and tells them to go."""
    with servers.open() as own, own.serve() as process:
        assert own.anonymous().get("/health").status == 200
        own.connection.close()  # it would stay open for seconds, and the server with it
        asking, idle, busy = _Kept(own), _Kept(own), _Kept(own)
        asking.ask()
        idle.ask()
        who = own.tenant.operator
        assert who is not None
        begin, end = busy.halves("/auth/user/emailpass", {"email": who.email, "password": who.password})
        begin()
        process.tell(signal.SIGTERM)
        eventually(asking.ask, lambda was_the_last: was_the_last)
        assert idle.ask(), "it closes, and did not say so to who was idle when it was told"
        assert end(), "it did not say that this was the last answer"
        eventually(process.poll, lambda status: status is not None, LEAVES_WITHIN_S)


def _everybody_meets(people: list[Shopping], build: str) -> None:
    """Wait until each of them has had an answer of this build from now on, or has given up."""
    before = [len(one.builds) for one in people]

    def met() -> bool:
        pairs = zip(people, before, strict=True)
        return all(build in one.builds[seen:] or one.failed for one, seen in pairs)

    eventually(met, bool, within_s=60.0)


class _Kept:
    """One connection that is never opened a second time."""

    def __init__(self, own: Own) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", own.site.port, timeout=own.target.timeout_s)
        self._connection.connect()
        self._connection.auto_open = 0

    def ask(self) -> bool:
        """One request, which must be answered; whether that was said to be the last."""
        return self._answered(lambda: self._connection.request("GET", "/health"))

    def halves(self, path: str, body: dict[str, str]) -> tuple[Callable[[], None], Callable[[], bool]]:
        """A request in two halves: send the first, and later the second, which must be answered."""
        content = msgspec.json.encode(body)
        connection = self._connection

        def begin() -> None:
            connection.putrequest("POST", path)
            connection.putheader("content-type", "application/json")
            connection.putheader("content-length", str(len(content)))
            connection.endheaders(content[:1])

        return begin, lambda: self._answered(lambda: connection.send(content[1:]))

    def _answered(self, send: Callable[[], object]) -> bool:
        try:
            send()
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as problem:
            raise AssertionError(f"the connection was cut off: {type(problem).__name__}: {problem}") from problem
        assert answer.status == 200, f"{answer.status} instead of 200"
        return answer.headers.get("connection", "").lower() == "close"
