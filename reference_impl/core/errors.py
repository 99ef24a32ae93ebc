"""Errors as the platform answers them: `{"type", "message", "code"?}`, each class with its own status.

Types, codes and statuses are those of Medusa's error handler.
"""

from __future__ import annotations

from typing import Any, ClassVar

from fastapi import HTTPException
from pydantic import BaseModel


class ErrorBody(BaseModel):
    """The body of every error."""

    type: str | None = None
    message: str
    code: str | None = None


class PlatformError(HTTPException):
    """An answer that is not a success; raised by services and guards, rendered in one place.

    An HTTPException, because FastAPI lets only those through from where it reads the body.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str | None] = "unknown_error"
    code: ClassVar[str | None] = None
    default: ClassVar[str] = "An unknown error occurred."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.default
        super().__init__(self.status, self.message)

    def body(self) -> dict[str, str]:
        found = {"code": self.code, "type": self.type, "message": self.message}
        return {key: value for key, value in found.items() if value is not None}


class UnknownError(PlatformError):
    """Ours to mend: the caller learns nothing of the inside."""

    code = "unknown_error"


class InvalidData(PlatformError):
    status, type, default = 400, "invalid_data", "Invalid request"


class NotAllowed(PlatformError):
    status, type, default = 400, "not_allowed", "Not allowed"


class InsufficientBalance(NotAllowed):
    default = "Insufficient balance"


class NoPublishableKey(NotAllowed):
    default = (
        "Publishable API key required in the request header: x-publishable-api-key. "
        "You can manage your keys in settings in the dashboard."
    )


class UnknownPublishableKey(NotAllowed):
    default = "A valid publishable key is required to proceed with the request"


class Unauthorized(PlatformError):
    """No log-in, or one that does not count here; Medusa's guards answer with the message alone."""

    status, type, default = 401, None, "Unauthorized"


class LoginRefused(PlatformError):
    status, type, default = 401, "unauthorized", "Invalid email or password"


class Forbidden(PlatformError):
    status, type, default = 403, "forbidden", "Your role does not allow this"


class NotFound(PlatformError):
    status, type, default = 404, "not_found", "Not found"


class Conflict(PlatformError):
    status, type, code, default = 409, "conflict", "invalid_state_error", "The request conflicts with the present state"


class TooLarge(PlatformError):
    status, type, default = 413, "invalid_data", "The body is too large"


class Duplicate(PlatformError):
    status, type, code, default = 422, "duplicate_error", "invalid_request_error", "It exists already"


def errors(*kinds: type[PlatformError]) -> dict[int | str, dict[str, Any]]:
    """What a route declares for `responses=`: one entry per status, with an example for each error."""
    declared: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = declared.setdefault(
            kind.status,
            {"model": ErrorBody, "description": kind.default, "content": {"application/json": {"examples": {}}}},
        )
        entry["content"]["application/json"]["examples"][kind.__name__] = {"value": kind().body()}
    return declared
