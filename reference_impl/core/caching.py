"""Who may keep an answer, and for how long. Nobody, unless a route says otherwise (see edge.py).

Source: RFC 9111, 5.2.2; the publishable key decides the tenant, so it is what a shared cache must tell apart.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

PUBLIC_MINUTE = ((b"cache-control", b"public, max-age=60"), (b"vary", b"x-publishable-api-key, authorization"))


async def _public_minute(request: Request) -> None:
    request.scope["answer_headers"] = PUBLIC_MINUTE


PublicForAMinute = Annotated[None, Depends(_public_minute)]
"""A parameter that lets anybody keep the answer for a minute: `cached: PublicForAMinute`. Errors are never kept."""
