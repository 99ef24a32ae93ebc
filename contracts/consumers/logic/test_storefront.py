"""The storefront's client by itself: exact amounts both ways, and answers that no page knows what to do with."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from contracts.consumers.storefront import Storefront
from contracts.consumers.storefront_shapes import Broken, Invalid, LoggedOut, LoginRefused, NotAllowed

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = "https://shop.example.com"
WALLET = "/store/wallet/me"


@pytest.fixture
def platform() -> Iterator[respx.MockRouter]:
    """What answers as a test tells it to."""
    with respx.mock(base_url=BASE) as router:
        yield router


@pytest.fixture
def storefront() -> Iterator[Storefront]:
    """A customer's."""
    with Storefront(BASE, "pk_1", "token") as one:
        yield one


def test_what_every_request_says(platform: respx.MockRouter, storefront: Storefront) -> None:
    """The shop's key and the customer's token; no header names the tenant."""
    asked = platform.get("/store/bookings").mock(return_value=httpx.Response(200, json={"bookings": []}))
    assert storefront.bookings() == []
    headers = asked.calls.last.request.headers
    assert (headers["x-publishable-api-key"], headers["authorization"]) == ("pk_1", "Bearer token")
    assert not [name for name in headers if "tenant" in name]


def test_amounts_are_exact(platform: respx.MockRouter, storefront: Storefront) -> None:
    """An amount keeps the digits that it was written with, in and out."""
    rich = b'{"wallet":{"id":"wal_1","currency":"kwd","balance":90071992547409.930,"status":"active"}}'
    platform.get(WALLET).mock(return_value=httpx.Response(200, content=rich))
    assert str(storefront.wallet().balance) == "90071992547409.930"
    said = {"id": "c", "claim_number": "1", "status": "pending", "claim_amount": 1, "currency_code": "kwd"}
    filed = platform.post("/store/insurance/claims").mock(return_value=httpx.Response(201, json={"claim": said}))
    storefront.file_claim("p", "It fell.", Decimal("90071992547409.931"))
    assert b'"claim_amount":90071992547409.931' in filed.calls.last.request.content


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, {"type": "invalid_data", "message": "no"}, Invalid),
        (400, {"type": "not_allowed", "message": "no"}, NotAllowed),
        (401, {"message": "no"}, LoggedOut),
        (401, {"type": "unauthorized", "message": "no"}, LoggedOut),
        (418, {"type": "teapot", "message": "no"}, Broken),
        (500, {"type": "unknown_error", "message": "An unknown error occurred."}, Broken),
        (502, "<html>Bad Gateway</html>", Broken),
        (400, {"error": "no"}, Broken),
    ],
)
def test_refusals(
    platform: respx.MockRouter, storefront: Storefront, status: int, body: Any, expected: type[Exception]
) -> None:
    """Each refusal has a type; one without the platform's words is broken, whatever its status."""
    text = body if isinstance(body, str) else json.dumps(body)
    platform.get(WALLET).mock(return_value=httpx.Response(status, text=text))
    with pytest.raises(expected) as raised:
        storefront.wallet()
    assert type(raised.value) is expected


@pytest.mark.parametrize("said", [{"message": "no"}, {"type": "unauthorized", "message": "no"}])
def test_a_log_in_that_is_refused(platform: respx.MockRouter, storefront: Storefront, said: dict[str, str]) -> None:
    """401 to a log-in is said below the form: it is no reason to send the shopper to it."""
    platform.post("/auth/customer/emailpass").mock(return_value=httpx.Response(401, json=said))
    with pytest.raises(LoginRefused):
        storefront.log_in("layla@example.com", "Wrong-horse-1")


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}", '{"wallet":{"id":"wal_1"}}', '{"wallet":null}'])
def test_answers_in_another_form(platform: respx.MockRouter, storefront: Storefront, body: str) -> None:
    """What a page cannot read is broken, and nothing is made up for it."""
    platform.get(WALLET).mock(return_value=httpx.Response(200, text=body))
    with pytest.raises(Broken):
        storefront.wallet()


def test_a_line_that_stays(platform: respx.MockRouter, storefront: Storefront) -> None:
    """A line that was not taken out is not shown as gone."""
    stays = {"id": "cali_1", "deleted": False, "parent": {}}
    platform.delete("/store/carts/cart_1/line-items/cali_1").mock(return_value=httpx.Response(200, json=stays))
    with pytest.raises(Broken, match="not deleted"):
        storefront.remove("cart_1", "cali_1")
