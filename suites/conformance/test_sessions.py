"""Sessions: the cookie that a browser keeps in place of a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.checks import requirement
from suites.conformance.sessions import PATH, begin, cookie_of, in_session
from suites.conformance.shapes import error_faults
from suites.conformance.tokens import flipped, resigned, unsigned

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.actors import Operator, Shopper
    from fixtures.client import Api

OWN = "/store/customers/me"
ADMIN = "/admin/users/me"
FORGERIES: dict[str, Callable[[str], str | None]] = {
    "none": lambda _: None,
    "unsigned": unsigned,
    "altered": flipped,
    "well-known secret": lambda token: resigned(token, "supersecret"),
}


@requirement("AUTH-10")
def test_customer_in_session(shopper: Shopper) -> None:
    """A session is told whose it is, and its cookie opens the customer's own data as the token does."""
    user = begin(shopper.api).expect(200)["user"]
    assert (user["actor_id"], user["actor_type"]) == (shopper.id, "customer")
    assert in_session(shopper.api).get(OWN).expect(200)["customer"] == shopper.api.get(OWN).expect(200)["customer"]


@requirement("AUTH-10")
def test_operator_in_session(operator: Operator) -> None:
    """An operator's cookie opens the admin's area, as the same operator."""
    assert in_session(operator.api).get(ADMIN).expect(200)["user"] == operator.api.get(ADMIN).expect(200)["user"]


@requirement("AUTH-10")
def test_cookie_is_no_scripts_business(shopper: Shopper) -> None:
    """The cookie is HttpOnly: a script that got into a page does not carry the log-in away."""
    assert cookie_of(begin(shopper.api).expect(200))["httponly"]


@requirement("AUTH-10")
@pytest.mark.parametrize("forgery", FORGERIES)
def test_session_wants_a_good_token(shopper: Shopper, forgery: str) -> None:
    """Without a token, or with a forged one, there is no session."""
    forged = shopper.api.with_token(FORGERIES[forgery](str(shopper.api.token)))
    answer = begin(forged).expect(401)
    assert error_faults(answer) == []


@requirement("AUTH-11")
def test_customers_cookie_is_no_operators(shopper: Shopper, operator: Operator) -> None:
    """A customer's cookie opens no admin route, and an operator's nobody's own data."""
    assert error_faults(in_session(shopper.api).get(ADMIN).expect(401)) == []
    assert error_faults(in_session(operator.api).get(OWN).expect(401)) == []


@requirement("AUTH-11")
def test_two_cookies_are_two(shopper: Shopper, other_shopper: Shopper) -> None:
    """Each of two cookies opens the data of its own customer, and none of them a shop without its key."""
    cookies = [in_session(who.api) for who in (shopper, other_shopper)]
    seen = [cookie.get(OWN).expect(200)["customer"]["id"] for cookie in cookies]
    assert seen == [shopper.id, other_shopper.id]
    keyless = cookies[0].get(OWN, headers={"x-publishable-api-key": None}).expect(400)
    assert keyless["type"] == "not_allowed"


@requirement("AUTH-12")
def test_end_of_a_session(shopper: Shopper) -> None:
    """Once it was ended a session opens nothing, and the same customer's other session goes on."""
    ended, other = in_session(shopper.api), in_session(shopper.api)
    ended.get(OWN).expect(200)
    assert ended.delete(PATH).expect(200)["success"] is True
    assert error_faults(ended.get(OWN).expect(401)) == []
    ended.delete(PATH).expect(401)
    assert other.get(OWN).expect(200)["customer"]["id"] == shopper.id


@requirement("AUTH-12")
def test_cookie_that_was_not_given(shopper: Shopper, anonymous: Api) -> None:
    """A cookie that is altered, cut or made up opens nothing and ends nothing."""
    good = in_session(shopper.api)
    name, _, value = str(good.cookie).partition("=")
    for forged in (_flipped_end(value), value[: len(value) // 2], "", "x", shopper.id, str(shopper.api.token)):
        stranger = anonymous.with_cookie(f"{name}={forged}")
        assert error_faults(stranger.get(OWN).expect(401)) == []
        stranger.delete(PATH).expect(401)
    good.get(OWN).expect(200)


@requirement("AUTH-13")
def test_cookie_stays_with_its_site(shopper: Shopper) -> None:
    """The cookie is SameSite=Lax or Strict, so that another site's page sends no request in the customer's name."""
    assert str(cookie_of(begin(shopper.api).expect(200))["samesite"]).lower() in ("lax", "strict")


@requirement("AUTH-13")
def test_cookie_stays_on_https(shopper: Shopper) -> None:
    """A cookie that was given over https is Secure: it is never sent in the clear."""
    assert cookie_of(begin(shopper.api).expect(200))["secure"]


@requirement("AUTH-13")
def test_request_of_another_site(shopper: Shopper) -> None:
    """Where the browser says that another site made it send the request, the cookie counts for nothing."""
    session = in_session(shopper.api)
    for site, status in (("same-origin", 200), ("cross-site", 401)):
        session.send("POST", OWN, json={"last_name": site}, headers={"sec-fetch-site": site}).expect(status)
    assert session.get(OWN).expect(200)["customer"]["last_name"] == "same-origin"


def _flipped_end(value: str) -> str:
    """The value with another last character."""
    return value[:-1] + ("A" if value[-1:] != "A" else "B")
