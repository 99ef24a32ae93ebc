"""What every answer tells a browser to keep to, whatever the answer is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fixtures.checks import omit, requirement
from fixtures.targets import is_loopback
from suites.conformance.routes import NOWHERE
from suites.conformance.sessions import BEHIND_TLS

if TYPE_CHECKING:
    from fixtures.actors import Operator, Shopper
    from fixtures.client import Answer, Api
    from fixtures.targets import Target

_CAREFUL: Final = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
_VERSION = re.compile(r"\d")


@requirement("HDR-01")
def test_answers_of_custom_routes(anonymous: Api, operator: Operator, regular: Shopper) -> None:
    """What a custom route answers, or refuses with 400, 401, 403 or 404, may be neither guessed at nor framed."""
    answers = [
        regular.api.get("/store/wallet/me").expect(200),
        operator.api.get("/admin/wallets", {"limit": "abc"}).expect(400),
        anonymous.get("/admin/wallets").expect(401),
        operator.api.get(f"/admin/wallets/{NOWHERE}").expect(404),
    ]
    assert [fault for answer in answers for fault in _faults(answer)] == []


@requirement("HDR-02")
def test_all_other_answers(anonymous: Api, operator: Operator, regular: Shopper) -> None:
    """Nor what the core answers or refuses, nor what comes where no route is; and no answer boasts of its server."""
    answers = [
        anonymous.get("/health"),
        regular.api.get("/store/customers/me").expect(200),
        regular.api.get("/store/customers/me", headers={"x-publishable-api-key": None}).expect(400),
        anonymous.get("/admin/customers").expect(401),
        operator.api.get(f"/admin/customers/{NOWHERE}").expect(404),
        anonymous.get("/nothing-here").expect(404),
        anonymous.get("/store/%00"),
        operator.api.put("/admin/users/me", {}).expect(404, 405),
        anonymous.post("/auth/customer/emailpass", content=b"{"),
    ]
    assert [fault for answer in answers for fault in (*_faults(answer), *_boasts(answer))] == []


@requirement("HDR-03")
def test_https_is_for_good(target: Target, anonymous: Api) -> None:
    """Strict-Transport-Security comes over https, on refusals as well, and only there."""
    secure = target.base_url.startswith("https:")
    if not secure and not is_loopback(target.base_url):
        omit("the target is reached over plain HTTP")
    for path in ("/health", "/nothing-here"):
        answer = anonymous.get(path, headers=BEHIND_TLS)
        assert "max-age=" in answer.headers.get("strict-transport-security", ""), f"{answer!r} over https"
    if not secure:
        assert "strict-transport-security" not in anonymous.get("/health").headers


def _faults(answer: Answer) -> list[str]:
    headers = answer.headers
    faults = []
    if headers.get("x-content-type-options", "").lower() != "nosniff":
        faults.append(f"{answer!r} has no X-Content-Type-Options: nosniff")
    if not set(headers.get("referrer-policy", "").lower().replace(" ", "").split(",")) & _CAREFUL:
        faults.append(f"{answer!r} has the Referrer-Policy {headers.get('referrer-policy')!r}")
    framed = headers.get("x-frame-options", "").upper() not in ("DENY", "SAMEORIGIN")
    if framed and "frame-ancestors" not in headers.get("content-security-policy", ""):
        faults.append(f"{answer!r} may be framed by any page")
    return faults


def _boasts(answer: Answer) -> list[str]:
    told = {name: answer.headers[name] for name in ("server", "x-powered-by") if name in answer.headers}
    return [
        f"{answer!r} tells {name}: {value}"
        for name, value in told.items()
        if name == "x-powered-by" or _VERSION.search(value)
    ]
