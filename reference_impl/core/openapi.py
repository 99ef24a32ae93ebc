"""The OpenAPI document: what the routes declare, and what holds for each of them without their saying so."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import override

from reference_impl.core import json
from reference_impl.core.errors import InvalidData
from reference_impl.core.routing import PlatformRoute

if TYPE_CHECKING:
    from fastapi import Request

_NOT_VALID = {
    "description": InvalidData.default,
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/ErrorBody"},
            "examples": {"InvalidData": {"value": InvalidData().body()}},
        }
    },
}


class Platform(FastAPI):
    """An application whose document says what the platform answers, not what FastAPI would.

    The document takes a third of a second to make. It is made when somebody asks for it and beside the event loop, so
    that neither a start nor another request waits for it.
    """

    _written: bytes | None = None

    @override
    def setup(self) -> None:
        self.router.routes.append(Route(self.openapi_url or "/openapi.json", self._answer, include_in_schema=False))
        super().setup()

    @override
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            routes = [route.documented() for route in self.routes if isinstance(route, PlatformRoute)]
            found = get_openapi(
                title=self.title, version=self.version, openapi_version=self.openapi_version, routes=routes
            )
            self.openapi_schema = _as_answered(found)
        return self.openapi_schema

    async def _answer(self, _request: Request) -> Response:
        if self._written is None:
            self._written = await asyncio.to_thread(lambda: json.encode(self.openapi()))
        return Response(self._written, media_type="application/json")


def _as_answered(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the platform's 400 for what is not valid, which any route may answer, not FastAPI's 422."""
    for path in document["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            if "HTTPValidationError" in str(responses.get("422")):
                del responses["422"]
            operation["responses"] = dict(sorted({"400": _NOT_VALID, **responses}.items()))
    for unused in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document
