"""The outermost layer: what holds for every answer, whatever made it.

A request id and W3C trace context, security and cache headers, metrics, one log line for what failed, and an error body
without internals for what nobody expected.
"""

from __future__ import annotations

import re
import secrets
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog

from reference_impl.core import json
from reference_impl.core.errors import InvalidData, UnknownError

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from reference_impl.core.metrics import RequestMetrics

log = structlog.get_logger()
trace: ContextVar[dict[str, str] | None] = ContextVar("trace", default=None)
"""request_id and trace_id of the request being answered, for log lines."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(rb"00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # https://www.w3.org/TR/trace-context/

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
# Over plain HTTP nobody may heed it: https://www.rfc-editor.org/rfc/rfc6797#section-7.2
_ONLY_HTTPS = (b"strict-transport-security", b"max-age=31536000")
_NO_STORE = (b"cache-control", b"no-store")  # unless the route says otherwise: almost all answers are private or change


def add_trace(_logger: object, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """A structlog processor: which request a line belongs to."""
    return {**(trace.get() or {}), **event}


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, metrics: RequestMetrics, access_log: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = self._trace(scope)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = [*message["headers"], *_HEADERS, (b"x-request-id", request_id)]
                if scope["scheme"] == "https":
                    headers.append(_ONLY_HTTPS)
                headers.extend(scope["answer_headers"] if status == 200 and "answer_headers" in scope else (_NO_STORE,))
                message["headers"] = headers
            await send(message)

        try:
            if b"%00" in scope["query_string"] or "\0" in scope["path"]:
                await _answer(send_with_headers, InvalidData("The address must not contain %00"))
            else:
                await self._app(scope, receive, send_with_headers)
        except Exception:
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if status:
                raise  # the answer has begun; the server can only cut it off
            await _answer(send_with_headers, UnknownError())
        finally:
            seconds = time.perf_counter() - started
            self._metrics.observe(scope, status, seconds)
            if self._access_log:
                log.info(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    duration_ms=round(seconds * 1000, 1),
                )

    @staticmethod
    def _trace(scope: Scope) -> bytes:
        request_id = trace_id = b""
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
                request_id = value
            elif name == b"traceparent" and (found := _TRACEPARENT.fullmatch(value)):
                trace_id = found[1]
        request_id = request_id or secrets.token_hex(8).encode()
        trace.set({"request_id": request_id.decode(), "trace_id": (trace_id or request_id).decode()})
        return request_id


async def _answer(send: Send, error: InvalidData | UnknownError) -> None:
    await send(
        {"type": "http.response.start", "status": error.status, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": json.encode(error.body())})
