"""How a request reaches a handler and how its result becomes an answer.

Each request is one unit of work: committed after the handler returned and before the first byte of the answer is sent.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, get_type_hints

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.params import Depends
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match

from reference_impl.core import json
from reference_impl.core.auth import Guard
from reference_impl.core.database import Work
from reference_impl.core.errors import InvalidData, TooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Coroutine, Mapping

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
            self._body = await body_of(self, MAX_BODY_BYTES)
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
    """A route whose handler returns plain data; everything else is done here, once.

    What depends on nothing but the request (the guard, the services) is given to the handler from here, the guard
    first: nobody's body is read before we know that they may send one. FastAPI sees only what it has to validate and
    document; solving these few as dependencies took it a third of a debit's time. The schemas of the answers are made
    with the OpenAPI document, from `documented()`: no request uses them, and making them was a third of each start.
    """

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Any]], **options: Any) -> None:
        status = options.get("status_code") or 200
        hints = get_type_hints(endpoint, include_extras=True)
        self.providers = {name: found for name, hint in hints.items() if (found := _provider(hint)) is not None}

        @functools.wraps(endpoint)
        async def rendered(request: Request, **values: Any) -> Response:
            result = await endpoint(**values, **request.scope["given"])
            return result if isinstance(result, Response) else JsonResponse(result, status_code=status)

        rendered.__signature__ = _seen_by_fastapi(endpoint, hints, self.providers)  # type: ignore[attr-defined]
        self.documented = functools.partial(APIRoute, path, rendered, **options)
        super().__init__(path, rendered, **{**options, "response_model": None, "responses": None})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        guards_first = sorted(self.providers.items(), key=lambda provider: not isinstance(provider[1], Guard))

        async def handle(request: Request) -> Response:
            state = request.app.state
            work = request.scope["work"] = Work(state.database, state.clock)
            try:
                request.scope["given"] = {name: await provide(request) for name, provide in guards_first}
                response = await inner(ExactRequest(request.scope, request.receive))
            except BaseException:
                await work.rollback()
                raise
            await work.commit()
            return response

        return handle


def _provider(hint: Any) -> Callable[[Request], Awaitable[Any]] | None:
    """What makes an argument out of the request alone, or None when FastAPI has to."""
    if hint is Request:
        return _itself
    for mark in getattr(hint, "__metadata__", ()):
        depends = mark.dependency if isinstance(mark, Depends) else None
        if depends is not None and list(inspect.signature(depends).parameters) == ["request"]:
            return depends
    return None


async def _itself(request: Request) -> Request:
    return request


def _seen_by_fastapi(
    endpoint: Callable[..., Any], hints: Mapping[str, Any], given: Container[str]
) -> inspect.Signature:
    """The handler's signature without what it is given, and with the request instead."""
    parameters = [inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)]
    for name, parameter in inspect.signature(endpoint).parameters.items():
        if name not in given:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name]))
    return inspect.Signature(parameters, return_annotation=hints.get("return", inspect.Signature.empty))


class RouteIndex:
    """Finds a route by its method and the noun its path begins with (`/admin/wallets`), then tries the few left.

    The router alone tries all routes in turn, which grows with each module. It stays behind this for everything else:
    what is not found, redirects, the start and the end of the application.
    """

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._routes: dict[tuple[str, ...], list[BaseRoute]] = {}
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in route.methods or ():
                    self._routes.setdefault((method, *_noun(route.path)), []).append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route in self._routes.get((scope["method"], *_noun(scope["path"])), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.update(found, router=self._router)
                    await route.handle(scope, receive, send)
                    return
        await self._router.app(scope, receive, send)


def _noun(path: str) -> tuple[str, ...]:
    """The first two parts of a path: ("admin", "wallets")."""
    return tuple(path.split("/", 3)[1:3])


async def body_of(request: Request, bytes_max: int) -> bytes:
    """The body as it came; raises TooLarge as soon as it is."""
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > bytes_max:
            raise TooLarge
    return bytes(received)


def work_of(request: Request) -> Work:
    """The unit of work of this request."""
    work: Work = request.scope["work"]
    return work
