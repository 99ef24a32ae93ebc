"""Sessions: a log-in that a browser keeps as a cookie, in place of the token.

The cookie is a random word; the database keeps its hash, so that who reads the table has no session. A session ends
when it is told to, after ten hours (Medusa's time), or with the token that it was begun with, whichever is first.
Other sites' requests do not carry it (SameSite), and where a browser says that one is another site's, it counts for
nothing: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site
"""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

from reference_impl.core import json

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import Request, Response

COOKIE = "connect.sid"
LIFETIME_S = 10 * 3600
_LENGTH_MAX = 100


def new_word() -> str:
    """What a new session's cookie holds: 256 bits of chance."""
    return secrets.token_urlsafe(32)


def hash_of(word: str) -> str:
    """What the database knows of a session's word. It is no password: nobody guesses it, so one hash is enough."""
    return hashlib.sha256(word.encode()).hexdigest()


def word_of(request: Request) -> str | None:
    """The word in the request's cookie, unless the browser says that another site sent it along."""
    if request.headers.get("sec-fetch-site") == "cross-site":
        return None
    word = request.cookies.get(COOKIE, "")
    return word if 0 < len(word) <= _LENGTH_MAX else None


async def session_claims(request: Request) -> dict[str, Any] | None:
    """The claims of the session that the request's cookie names, or None when it names none that lasts."""
    word = word_of(request)
    if word is None:
        return None
    state = request.app.state
    row = await state.database.row(
        "SELECT claims FROM auth_session WHERE id = $1 AND expires_at > $2", hash_of(word), state.clock.now()
    )
    claims: dict[str, Any] | None = None if row is None else json.decode(row["claims"].encode())
    return claims


def give_cookie(request: Request, answer: Response, word: str, expires: datetime) -> None:
    """Hand the session to the browser: no script reads it, no other site sends it, and no plain HTTP if it can be."""
    answer.set_cookie(COOKIE, word, expires=expires, httponly=True, samesite="lax", secure=_is_secure(request))


def take_cookie(request: Request, answer: Response) -> None:
    """Let the browser forget the session."""
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=_is_secure(request))


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https" or request.app.state.settings.environment == "production"
