"""Defects of what answers look like: lists, names, ids, times, money, errors, health."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from suites.defects.guards import set_guard, sound_guard
from suites.defects.registry import defect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import Request

    from reference_impl.core.auth import Caller, Guard
    from reference_impl.core.errors import PlatformError
    from reference_impl.core.routing import ExactRequest, JsonResponse
    from suites.defects.registry import Patch

    Page = tuple[list[Any], int]
    Around = Callable[[Callable[..., Awaitable[Page]], int, int], Awaitable[Page]]


def _around_lists(patch: Patch, around: Around) -> None:
    """Put `around(sound, limit, offset)` in the place of every query for one page of a list."""
    from reference_impl.modules.customers.repository import CustomerRepository
    from reference_impl.modules.wallet.repository import WalletRepository

    def wrapped(sound: Callable[..., Awaitable[Page]]) -> Callable[..., Awaitable[Page]]:
        async def page(self: object, *arguments: object, limit: int, offset: int, **filters: object) -> Page:
            return await around(partial(sound, self, *arguments, **filters), limit, offset)

        return page

    for owner, name in ((WalletRepository, "page"), (WalletRepository, "ledger"), (CustomerRepository, "page")):
        patch.setattr(owner, name, wrapped(getattr(owner, name)))


@defect("paging.count_is_page_length", breaks=("ENV-02", "WAL-20"))
def count_is_page_length(patch: Patch) -> None:
    """count is the number of rows in the answer."""

    async def around(sound: Callable[..., Awaitable[Page]], limit: int, offset: int) -> Page:
        rows, _ = await sound(limit=limit, offset=offset)
        return rows, len(rows)

    _around_lists(patch, around)


@defect("paging.offset_is_a_page", breaks=("ENV-03", "WAL-20"))
def offset_is_a_page(patch: Patch) -> None:
    """offset is taken for the number of a page."""

    async def around(sound: Callable[..., Awaitable[Page]], limit: int, offset: int) -> Page:
        return await sound(limit=limit, offset=limit * offset)

    _around_lists(patch, around)


@defect("paging.limit_ignored", breaks=("ENV-03", "ENV-02"))
def limit_ignored(patch: Patch) -> None:
    """Every page has twenty rows, whatever was asked for."""

    async def around(sound: Callable[..., Awaitable[Page]], limit: int, offset: int) -> Page:
        return await sound(limit=20, offset=offset)

    _around_lists(patch, around)


@defect("paging.zero_is_no_limit", breaks=("ENV-09", "ENV-06"))
def zero_is_no_limit(patch: Patch) -> None:
    """`limit or 20`: a limit of 0 is taken for none."""

    async def around(sound: Callable[..., Awaitable[Page]], limit: int, offset: int) -> Page:
        return await sound(limit=limit or 20, offset=offset)

    _around_lists(patch, around)


@defect("paging.limit_unbounded", breaks=("ENV-05", "ENV-06"))
def limit_unbounded(patch: Patch) -> None:
    """A limit may be as great as one likes."""
    from typing import Annotated

    from fastapi import Query

    from reference_impl.core import pagination

    patch.setattr(pagination, "Limit", Annotated[int, Query(ge=0)])


@defect("paging.bad_limit_is_default", breaks=("ENV-04", "ENV-06"))
def bad_limit_is_default(patch: Patch) -> None:
    """A limit or an offset that is no number is silently replaced."""
    from typing import Annotated

    from fastapi import Query
    from pydantic import BeforeValidator

    from reference_impl.core import pagination

    def lenient(default: int) -> BeforeValidator:
        return BeforeValidator(lambda value: value if str(value).isdigit() else default)

    patch.setattr(pagination, "Limit", Annotated[int, lenient(20), Query(ge=0, le=pagination.MAX_LIMIT)])
    patch.setattr(pagination, "Offset", Annotated[int, lenient(0), Query(ge=0, le=pagination.MAX_OFFSET)])


@defect("paging.pages_and_total", breaks="ENV-01")
def pages_and_total(patch: Patch) -> None:
    """Lists speak another dialect: total in place of count, and no offset."""
    from dataclasses import fields, is_dataclass

    from reference_impl.core.routing import JsonResponse

    sound = JsonResponse.render

    def render(self: JsonResponse, content: Any) -> bytes:
        if is_dataclass(content) and hasattr(content, "count"):
            data = {one.name: getattr(content, one.name) for one in fields(content)}
            data["total"] = data.pop("count")
            del data["offset"]
            return sound(self, data)
        return sound(self, content)

    patch.setattr(JsonResponse, "render", render)


@defect("envelopes.wallet_without_its_name", breaks="ENV-07")
def wallet_without_its_name(patch: Patch) -> None:
    """A wallet comes as `data`, as the new storefront's client library likes it."""
    from reference_impl.core.routing import JsonResponse

    sound = JsonResponse.render

    def render(self: JsonResponse, content: Any) -> bytes:
        return sound(self, {"data": content.wallet} if type(content).__name__ == "WalletEnvelope" else content)

    patch.setattr(JsonResponse, "render", render)


@defect("envelopes.times_without_zone", breaks="ENV-07")
def times_without_zone(patch: Patch) -> None:
    """Times are written without saying in which zone."""
    import re

    from reference_impl.core import json

    sound = json.encode
    patch.setattr(json, "encode", lambda value: re.sub(rb'(T\d\d:\d\d:\d\d(?:\.\d+)?)Z"', rb'\1"', sound(value)))


@defect("envelopes.uuid_ids", breaks="ENV-07")
def uuid_ids(patch: Patch) -> None:
    """Ids are UUIDs."""
    from uuid import uuid4

    from reference_impl.core import ids

    patch.setattr(ids, "new_id", lambda prefix: str(uuid4()))


@defect("envelopes.money_as_text", breaks="ENV-08")
def money_as_text(patch: Patch) -> None:
    """Amounts are texts, which is what the JSON library makes of decimals by itself."""
    import msgspec

    from reference_impl.core import json

    patch.setattr(json, "encode", msgspec.json.Encoder().encode)


@defect("envelopes.money_in_cents", breaks=("ENV-08", "WAL-04"))
def money_in_cents(patch: Patch) -> None:
    """The ledger speaks of hundredths, as the payment provider does."""
    from reference_impl.modules.wallet import schemas

    sound = schemas.Transaction

    def in_cents(**values: Any) -> Any:
        return sound(**{**values, "amount": values["amount"] * 100, "balance_after": values["balance_after"] * 100})

    from reference_impl.modules.wallet import repository

    patch.setattr(repository, "Transaction", in_cents)


@defect("errors.message_only", breaks="ERR-01")
def message_only(patch: Patch) -> None:
    """An error is a message, without the type that clients decide by."""
    from reference_impl.core import errors

    def body(self: PlatformError) -> dict[str, str]:
        return {"message": self.message}

    patch.setattr(errors.PlatformError, "body", body)


@defect("errors.malformed_json_500", breaks=("ERR-02", "ERR-03", "WAL-16"))
def malformed_json_500(patch: Patch) -> None:
    """Whatever goes wrong while a body is read counts as our own mistake."""
    import msgspec

    from reference_impl.core import json, routing
    from reference_impl.core.errors import UnknownError

    async def parsed(self: ExactRequest) -> Any:
        try:
            return json.decode(await self.body())
        except (msgspec.DecodeError, ArithmeticError, ValueError):
            raise UnknownError from None

    patch.setattr(routing.ExactRequest, "json", parsed)


@defect("errors.stack_trace_in_body", breaks="ERR-05")
def stack_trace_in_body(patch: Patch) -> None:
    """Errors carry their stack trace, which was so practical in development."""
    import traceback

    from reference_impl.core import errors

    sound = errors.PlatformError.body

    def body(self: PlatformError) -> dict[str, str]:
        return {**sound(self), "stack": "".join(traceback.format_exception(self))}

    patch.setattr(errors.PlatformError, "body", body)


@defect("errors.unknown_path_is_200", breaks="ERR-04")
def unknown_path_is_200(patch: Patch) -> None:
    """What no route serves is answered with the storefront's page, so that its own router can find it."""
    from fastapi.responses import HTMLResponse

    from reference_impl import app

    async def page(_request: Request, _error: Exception) -> HTMLResponse:
        return HTMLResponse("<!doctype html><div id=root></div>")

    patch.setattr(app, "_http_error", page)


@defect("operations.health_in_other_words", breaks="HLT-01")
def health_in_other_words(patch: Patch) -> None:
    """Health says "ok", which no monitor of ours understands."""
    from reference_impl.operations import health

    sound = health.Health
    patch.setattr(health, "Health", lambda **values: sound(**{**values, "status": "ok"}))


@defect("operations.metrics_for_everybody", breaks="HLT-02")
def metrics_for_everybody(patch: Patch) -> None:
    """Metrics are open, because the scraper has no log-in."""
    from reference_impl.core import auth

    sound = sound_guard()

    async def guard(self: Guard, request: Request) -> Caller:
        return auth.Caller() if request.url.path == "/admin/metrics" else await sound(self, request)

    set_guard(patch, guard)
