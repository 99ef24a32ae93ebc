"""How the platform says no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from suites.conformance.shapes import error_faults, internals

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper, Wallet
    from fixtures.client import Api

NO_JSON = {
    "cut off": b'{"email":',
    "bare word": b"email",
    "single quotes": b"{'email': 'a@example.com'}",
    "not UTF-8": b'{"email": "\xff"}',
}
HOSTILE = {
    "quote": "'",
    "statement": "'; select pg_sleep(0)--",
    "NUL": "%00",
    "path": "..%2f..%2fetc%2fpasswd",
    "template": "{{7*7}}",
    "very long": "x" * 3000,
    "not UTF-8": "%ff%fe",
}


@requirement("ERR-01")
def test_wrong_password_is_unauthorized(anonymous: Api, regular: Shopper) -> None:
    """A refused log-in says so with 401 and the type unauthorized."""
    answer = anonymous.post("/auth/customer/emailpass", {"email": regular.email, "password": "wrong"}).expect(401)
    assert error_faults(answer) == []
    assert answer["type"] == "unauthorized"


@requirement("ERR-01")
def test_unknown_customer_is_not_found(operator: Operator) -> None:
    """An id that nobody has is answered with 404 and the type not_found."""
    answer = operator.api.get("/admin/customers/cus_01HZZZZZZZZZZZZZZZZZZZZZZZ").expect(404)
    assert error_faults(answer) == []


@requirement("ERR-01")
def test_missing_key_is_not_allowed(anonymous: Api) -> None:
    """A store route without a publishable key is answered with 400 and the type not_allowed."""
    answer = anonymous.get("/store/customers/me", headers={"x-publishable-api-key": None}).expect(400)
    assert error_faults(answer) == []
    assert answer["type"] == "not_allowed"


@requirement("ERR-03")
@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
def test_core_route_refuses_what_is_no_json(anonymous: Api, body: bytes) -> None:
    """A log-in whose body is not JSON is the caller's mistake: 400, not 500."""
    answer = anonymous.post("/auth/customer/emailpass", content=body).expect(400)
    assert error_faults(answer) == []


@requirement("ERR-04")
@pytest.mark.parametrize("area", ["/store", "/admin"])
def test_unknown_path(operator: Operator, area: str) -> None:
    """A path that nobody serves is 404, in any area."""
    operator.api.get(f"{area}/nothing-here").expect(404)


@requirement("ERR-04")
def test_unknown_method(operator: Operator) -> None:
    """A method that a path does not know is 404 or 405, never 500."""
    operator.api.put("/admin/users/me", {}).expect(404, 405)  # DELETE finds Medusa's /admin/users/:id


@requirement("ERR-05")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_id_shows_nothing(operator: Operator, text: str) -> None:
    """Whatever stands where an id belongs, the answer is a plain refusal without a word about the inside."""
    answer = operator.api.get(f"/admin/customers/{text}")
    assert answer.status >= 400  # a core answers 500 to bytes that are no text
    assert internals(answer) == []


@requirement("ERR-05")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_wallet_id_shows_nothing(operator: Operator, regular_wallet: Wallet, text: str) -> None:
    """Whatever stands where a wallet's or its customer's id belongs, nothing of the inside is shown or harmed."""
    answers = [operator.api.get(f"/admin/wallets/{text}"), operator.api.get(f"/admin/wallets?customer_id={text}")]
    assert [answer for answer in answers if answer.status >= 500] == []
    assert [shown for answer in answers for shown in internals(answer)] == []
    assert operator.wallet(regular_wallet) == regular_wallet


@requirement("ERR-05")
def test_broken_bodies_show_nothing(operator: Operator, regular_wallet: Wallet) -> None:
    """A body of the wrong kind is refused without a stack trace, a query or a file name."""
    wrong_kinds = b'{"type": {"$gt": ""}, "amount": {"$gt": 0}}'
    for body in (b"{", b"[]", b"null", wrong_kinds, b'{"type": "credit\\u0000", "amount": 1}'):
        answer = operator.api.post(f"/admin/wallets/{regular_wallet.id}", content=body)
        assert internals(answer) == []
        assert answer.status < 500
    assert operator.wallet(regular_wallet) == regular_wallet
