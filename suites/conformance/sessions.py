"""Sessions as a browser has them: begun with a token, kept as a cookie."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from fixtures.checks import absent
from fixtures.client import Unexpected

if TYPE_CHECKING:
    from http.cookies import Morsel

    from fixtures.client import Answer, Api

PATH = "/auth/session"
# What the proxy before a server says that took the request over https: without it a Medusa core gives no cookie.
BEHIND_TLS = {"x-forwarded-proto": "https"}


def begin(api: Api) -> Answer:
    """Ask for a session with the token; whatever is answered. Skips the check on a target without sessions."""
    answer = api.post(PATH, headers=BEHIND_TLS)
    if answer.status in (404, 501):
        absent(f"the target has no sessions: {answer!r}")
    return answer


def cookie_of(answer: Answer) -> Morsel[str]:
    """The one cookie of an answer; raises Unexpected when there is none."""
    try:
        cookies = list(SimpleCookie(answer.headers.get("set-cookie", "")).values())
    except CookieError:
        cookies = []
    if not cookies:
        raise Unexpected(f"{answer!r} sets no cookie")
    return cookies[0]


def in_session(api: Api) -> Api:
    """Who has the token, now with a new session's cookie in its place."""
    cookie = cookie_of(begin(api).expect(200))
    return api.with_cookie(f"{cookie.key}={cookie.coded_value}")
