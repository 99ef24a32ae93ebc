"""A small provider with its states, and contracts with it: for the tests of verification."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from contracts.providers.states import Provider, StateFailed, Values, state
from contracts.tests.contract_samples import contract, http, message
from fixtures.serving import Served

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.requests import Request

    from contracts.pacts import Contract

ORDER = {"id": "42", "total": 12.5, "paid": False, "lines": [{"sku": "abaya", "qty": 2}]}
THERE = "an order is there"
REFUSED = "the shop is full"
BY_TURNS = "the shop is full at first"
SLOW = "an order comes late"
BROKEN = "the state's own code fails"
ASKS = "the shop was asked"
SIMULATED = "the shop is on fire"


class Shop(Provider):
    """`log`: what its states did. `wait`: a slow state is set up when this is set."""

    name: ClassVar[str] = "shop"
    defaults: ClassVar[Mapping[str, str]] = {"colour": "red"}

    def __init__(self, *given: Any, **named: Any) -> None:
        self.log: list[str] = []
        self.wait = threading.Event()
        self.full = True
        super().__init__(*given, **named)

    @state(THERE)
    def order_is_there(self, order_id: str = "42") -> Values:
        self.log.append(f"{order_id} made")
        self.undo.callback(self.log.append, f"{order_id} gone")
        return {"order_id": order_id}

    @state(REFUSED)
    def refused(self) -> Values:
        self.undo.callback(self.log.append, "tidied")
        raise StateFailed("POST /orders was answered with 507: no room")

    @state(BY_TURNS)
    def by_turns(self) -> Values:
        was, self.full = self.full, False
        if was:
            raise StateFailed("no room yet")
        return {}

    @state(SLOW)
    def slow(self) -> Values:
        self.wait.wait(0.2)
        return {}

    @state(BROKEN)
    def broken(self) -> Values:
        raise RuntimeError("a fault of ours")

    @state(ASKS)
    def asks(self) -> Values:
        return {"key": self.ask("GET", "/whose")["key"]}

    @state("what was made will not go")
    def sticks(self) -> Values:
        self.undo.callback(self.ask, "DELETE", "/nowhere")
        return {}

    @state(SIMULATED, simulated=True)
    def on_fire(self) -> Values:
        self.log.append("on fire")
        return {}

    def message(self, description: str) -> tuple[bytes, dict[str, str]]:
        if description == "an order was lost":
            raise StateFailed("no such delivery within 10 s; 0 others came")
        return b'{"id": "42", "total": 12.5}', {"content-type": "application/json", "topic": "orders"}


async def _order(request: Request) -> Response:
    return JSONResponse({**ORDER, "id": request.path_params["id"]}, headers={"x-shop": "1"})


async def _text(_: Request) -> Response:
    return PlainTextResponse("sold out")


async def _late(_: Request) -> Response:
    await asyncio.Event().wait()
    return Response()


async def _whose(request: Request) -> Response:
    return JSONResponse({"key": request.headers.get("authorization", "")})


def app() -> Starlette:
    """Orders of any number; a text, an answer that never comes, and whose key it was."""
    routes = [("/orders/{id}", _order), ("/text", _text), ("/late", _late), ("/whose", _whose)]
    return Starlette(routes=[Route(path, answer) for path, answer in routes])


@functools.cache
def address() -> str:
    """Where it answers: one server for all tests of a process, since it keeps nothing."""
    return Served(app, "shop").base_url


@contextlib.contextmanager
def shop(**named: Any) -> Iterator[Shop]:
    """The provider, with its states anew."""
    with contextlib.closing(Shop(address(), **named)) as provider:
        yield provider


@contextlib.contextmanager
def hanging_up() -> Iterator[str]:
    """An address where every connection is closed before an answer."""

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.recv(1)
                connection.close()

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def asked(
    description: str = "an order",
    *states: str,
    path: str = "/orders/42",
    answer: Any = ORDER,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    rules: Mapping[str, str] | None = None,
    **parameters: Any,
) -> dict[str, Any]:
    """An interaction. rules: kinds of matchers by paths of the body."""
    given = tuple({"name": name, "params": parameters} for name in states or (THERE,))
    made = http(f"GET {path}", status, answer, states=given)
    made["description"] = description
    made["response"]["headers"].update({name: [value] for name, value in (headers or {}).items()})
    if rules:
        matchers = {at: {"combine": "AND", "matchers": [{"match": kind}]} for at, kind in rules.items()}
        made["response"]["matchingRules"] = {"body": matchers}
    return made


def told(description: str, content: Any, *states: str) -> dict[str, Any]:
    """A message, as the provider should send it."""
    return {
        **message("orders", content),
        "description": description,
        "providerStates": [{"name": name} for name in states],
    }


def with_shop(*interactions: dict[str, Any]) -> Contract:
    """A contract with it."""
    return contract("shop", *interactions)
