"""Defects of the API's own description: what it declares is not what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from fastapi import Request, Response

    from reference_impl.core.errors import PlatformError
    from suites.defects.registry import Patch


@defect("openapi.invalid_is_422", breaks="PRP-02")
def invalid_is_422(patch: Patch) -> None:
    """What is not valid is answered with the framework's own 422, which the document does not speak of."""
    from fastapi.exception_handlers import request_validation_exception_handler

    from reference_impl import app

    patch.setattr(app, "_invalid", request_validation_exception_handler)


@defect("openapi.refusals_are_counted", breaks="PRP-01")
def refusals_are_counted(patch: Patch) -> None:
    """What is refused is counted by what was sent, in a dictionary: a list or an object cannot be a key of it."""
    from collections import Counter

    from fastapi.exceptions import RequestValidationError

    from reference_impl import app

    sound = app._invalid
    sent: Counter[Any] = Counter()

    async def counted(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        sent.update(problem["input"] for problem in error.errors())
        return await sound(request, error)

    patch.setattr(app, "_invalid", counted)


@defect("openapi.message_is_a_list", breaks=("PRP-03", "PRP-04"))
def message_is_a_list(patch: Patch) -> None:
    """An error's message became a list, so that it can say several things; nobody told the document."""
    from reference_impl.core import errors

    sound = errors.PlatformError.body

    def body(self: PlatformError) -> dict[str, Any]:
        found = sound(self)
        return {**found, "message": [found["message"]]}

    patch.setattr(errors.PlatformError, "body", body)


@defect("openapi.errors_are_text", breaks="PRP-02")
def errors_are_text(patch: Patch) -> None:
    """Errors are sent as text/plain, because the gateway shows them to people."""
    from reference_impl import app
    from reference_impl.core.errors import PlatformError
    from reference_impl.core.routing import JsonResponse

    async def plain(_request: Request, error: Exception) -> Response:
        assert isinstance(error, PlatformError)
        return JsonResponse(error.body(), status_code=error.status, media_type="text/plain")

    patch.setattr(app, "_platform_error", plain)


@defect("openapi.refusals_are_200", breaks=("PRP-05", "PRP-03"))
def refusals_are_200(patch: Patch) -> None:
    """What is not valid is answered with 200 and the error in the body, because the client's library threw at a 400."""
    from reference_impl import app

    sound = app._invalid

    async def friendly(request: Request, error: Exception) -> Response:
        response = await sound(request, error)
        response.status_code = 200
        return response

    patch.setattr(app, "_invalid", friendly)
