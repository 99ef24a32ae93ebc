"""How a request reaches a handler and how its result becomes an answer.

Each request is one unit of work: committed after the handler returned and before the first byte of the answer is sent.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

from reference_impl.core import json
from reference_impl.core.database import Work
from reference_impl.core.errors import InvalidData, TooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from starlette.types import Receive, Scope, Send

MAX_BODY_BYTES = 1024 * 1024


class JsonResponse(Response):
    """A value as JSON with exact numbers."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return b"" if content is None else json.encode(content)


class ExactRequest(Request):
    """A request whose body has a bound and whose JSON keeps its digits."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            received = bytearray()
            async for chunk in self.stream():
                received += chunk
                if len(received) > MAX_BODY_BYTES:
                    raise TooLarge
            self._body = bytes(received)
        return self._body

    async def json(self) -> Any:
        body = await self.body()
        if b"\\u0000" in body:  # PostgreSQL has no text with a NUL in it
            raise InvalidData("The body must not contain \\u0000")
        try:
            return json.decode(body)
        except (msgspec.DecodeError, ArithmeticError, UnicodeDecodeError, RecursionError) as broken:
            raise InvalidData(f"The body is not valid JSON: {broken}") from None


class PlatformRoute(APIRoute):
    """A route whose handler returns plain data; everything else is done here, once."""

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Any]], **options: Any) -> None:
        status = options.get("status_code") or 200

        @functools.wraps(endpoint)
        async def rendered(**values: Any) -> Response:
            result = await endpoint(**values)
            return result if isinstance(result, Response) else JsonResponse(result, status_code=status)

        super().__init__(path, rendered, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            state = request.app.state
            work = request.scope["work"] = Work(state.database, state.clock)
            try:
                response = await inner(ExactRequest(request.scope, request.receive))
            except BaseException:
                await work.rollback()
                raise
            await work.commit()
            return response

        return handle


class RouteIndex:
    """Finds a route by the noun its path begins with (`/admin/wallets`), then by trying the few routes of that noun.

    The router alone tries all routes in turn, which grows with each module. It stays behind this for everything else:
    what is not found, redirects, the start and the end of the application.
    """

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._routes: dict[tuple[str, ...], list[BaseRoute]] = {}
        for route in router.routes:
            if isinstance(route, APIRoute):
                self._routes.setdefault(_noun(route.path), []).append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route in self._routes.get(_noun(scope["path"]), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update(found, router=self._router)
                    await route.handle(scope, receive, send)
                    return
        await self._router.app(scope, receive, send)


def _noun(path: str) -> tuple[str, ...]:
    """The first two parts of a path: ("admin", "wallets")."""
    return tuple(path.split("/", 3)[1:3])


def work_of(request: Request) -> Work:
    """The unit of work of this request."""
    work: Work = request.scope["work"]
    return work
