"""Pages for people: Jinja2 templates in English and Arabic, under a policy that lets nothing run but our own script."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse

from reference_impl.operations.words import LANGUAGES, WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
REFRESH_MS = 5000
RIGHT_TO_LEFT = frozenset({"ar"})
NAMES = {
    "payload-cms": "Payload CMS",
    "erpnext": "ERPNext",
    "fleetbase": "Fleetbase",
    "temporal": "Temporal",
    "sendgrid": "SendGrid",
    "stripe": "Stripe",
}


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the language that was asked for."""
    language = language_of(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    other = next(one for one in LANGUAGES if one != language)
    text = (
        _templates()
        .get_template(template)
        .render(
            words=WORDS[language],
            language=language,
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            other=other,
            other_name=WORDS[other]["language"],
            other_url=f"?{request.url.include_query_params(lang=other).query}",
            refresh_ms=REFRESH_MS,
            names=NAMES,
            here=_addresses(request),
            **values,
        )
    )
    return HTMLResponse(text, status, {"content-security-policy": policy(), "content-language": language})


def language_of(asked: str | None, accepted: str) -> str:
    """`asked` if it is one of ours, else what `Accept-Language` likes best of ours (RFC 9110 §12.5.4), else English."""
    if asked in LANGUAGES:
        return asked
    liked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")):
        tag, _, quality = part.partition(";")
        weight = quality.strip().removeprefix("q=") or "1"
        if (language := tag.strip().lower().partition("-")[0]) in LANGUAGES and _is_weight(weight):
            liked.append((-float(weight), place, language))
    return min(liked)[2] if liked else LANGUAGES[0]


def _is_weight(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal() and text.isascii() and float(text) > 0


@cache
def policy() -> str:
    """What the browser may do on a page: run and draw what we wrote, and talk with us. Our texts are known by hash."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_digest('page.js')}'",
            f"style-src '{_digest('page.css')}'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _digest(name: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(_source(name).encode()).digest()).decode()


@cache
def _source(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals.update(
        style=Markup(_source("page.css")),  # noqa: S704 (our own text)
        script=Markup(_source("page.js")),  # noqa: S704 (our own text)
    )
    return found


def _addresses(request: Request) -> Mapping[str, Any]:
    """The address of another part of the list."""
    return {"at": lambda offset: f"?{request.url.include_query_params(offset=offset).query}"}
