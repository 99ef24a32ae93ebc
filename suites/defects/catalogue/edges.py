"""Defects at the edge: headers that answers lack, bodies that are too long, keys that nobody knows."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Message, Receive, Scope, Send

    from reference_impl.core.edge import Edge
    from reference_impl.core.routing import ExactRequest
    from suites.defects.registry import Patch

    Headers = list[tuple[bytes, bytes]]


def _headers(patch: Patch, change: Callable[[Headers, int, Scope], Headers]) -> None:
    """Let `change(headers, status, scope)` say what an answer's headers are."""
    from reference_impl.core import edge

    sound = edge.Edge.__call__

    async def call(self: Edge, scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = change(message["headers"], message["status"], scope)
            await send(message)

        await sound(self, scope, receive, changed)

    patch.setattr(edge.Edge, "__call__", call)


def _without(*names: bytes) -> Callable[[Headers], Headers]:
    return lambda headers: [(name, value) for name, value in headers if name not in names]


@defect("headers.for_success_alone", breaks=("HDR-01", "HDR-02"))
def for_success_alone(patch: Patch) -> None:
    """Security headers are put on what handlers return; an error goes another way."""
    bare = _without(b"x-content-type-options", b"referrer-policy", b"x-frame-options")
    _headers(patch, lambda headers, status, _scope: bare(headers) if status >= 400 else headers)


@defect("headers.framed_by_anybody", breaks="HDR-01")
def framed_by_anybody(patch: Patch) -> None:
    """The content management shows the shop in a frame, and the header was in its way."""
    bare = _without(b"x-frame-options")
    _headers(patch, lambda headers, _status, _scope: bare(headers))


@defect("headers.proud_of_its_server", breaks="HDR-02")
def proud_of_its_server(patch: Patch) -> None:
    """Every answer tells the server and its version, as the template had it."""
    _headers(patch, lambda headers, _status, _scope: [*headers, (b"server", b"uvicorn/0.54.0")])


@defect("headers.https_for_the_happy", breaks="HDR-03")
def https_for_the_happy(patch: Patch) -> None:
    """Strict-Transport-Security comes with pages that exist, and not with those that do not."""
    bare = _without(b"strict-transport-security")
    _headers(patch, lambda headers, status, _scope: bare(headers) if status >= 400 else headers)


@defect("bodies.length_is_believed", breaks=("BDY-01", "BDY-03"))
def length_is_believed(patch: Patch) -> None:
    """A body that is too long is refused by its Content-Length; one that tells none is read to its end."""
    from reference_impl.core import routing
    from reference_impl.core.errors import TooLarge

    sound, bound = routing.ExactRequest.body, routing.MAX_BODY_BYTES

    async def body(self: ExactRequest) -> bytes:
        if int(self.headers.get("content-length", 0)) > bound:
            raise TooLarge
        return await sound(self)

    patch.setattr(routing.ExactRequest, "body", body)
    patch.setattr(routing, "MAX_BODY_BYTES", 1 << 40)


def _spare_keys(patch: Patch, module: str) -> None:
    """Let one module's bodies have keys that nobody knows: what a body is, is read when the module is."""
    from pydantic import BaseModel, ConfigDict

    from reference_impl.core import bodies

    class Body(BaseModel):
        model_config = ConfigDict(extra="ignore", strict=True)

    sound: Any = bodies.Body
    patch.setattr(bodies, "Body", Body)
    importlib.import_module(f"reference_impl.modules.{module}.schemas")
    patch.setattr(bodies, "Body", sound)


@defect("bodies.spare_keys_of_a_claim", breaks="BDY-02")
def spare_keys_of_a_claim(patch: Patch) -> None:
    """A claim may have more keys than are read, for clients to come; who misspells an amount claims nothing."""
    _spare_keys(patch, "insurance")


@defect("bodies.spare_keys_of_a_cart", breaks="BDY-03")
def spare_keys_of_a_cart(patch: Patch) -> None:
    """The storefront sends the whole cart back, and what is not for us to change is passed over."""
    _spare_keys(patch, "carts")
