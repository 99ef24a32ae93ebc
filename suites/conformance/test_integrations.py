"""What operators are told of the vendors and of dead letters, on any target: its shape, and the page that shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fixtures.checks import absent, requirement
from suites.conformance.sessions import in_session
from suites.conformance.shapes import error_faults

if TYPE_CHECKING:
    from fixtures.actors import Operator
    from fixtures.client import Answer, Api

HEALTH: Final = "/admin/integrations/health"
PAGE: Final = "/admin/integrations"
SYSTEMS: Final = frozenset({"payload-cms", "erpnext", "fleetbase", "temporal", "sendgrid"})
STATES: Final = frozenset({"healthy", "degraded", "unhealthy", "credentials_rejected", "not_configured"})
FIELDS: Final = {
    "name": str,
    "status": str,
    "latency_ms": int | None,
    "error": str | None,
    "checked_at": str,
    "circuit_breaker": str | None,
    "waiting": int,
    "dead": int,
}
HTML: Final[dict[str, str | None]] = {"accept": "text/html"}


def offered(api: Api, path: str, headers: dict[str, str | None] | None = None) -> Answer:
    """What a path answers; skips the check on a target that has none."""
    answer = api.get(path, headers=headers)
    if answer.status in (404, 501):
        absent(f"the target has no {path}")
    return answer


@requirement("INT-07")
def test_shape(operator: Operator) -> None:
    """Each of the five systems has its state, and all that an operator needs to judge it."""
    answer = offered(operator.api, HEALTH).expect(200)
    systems = {one["name"]: one for one in answer["systems"]}
    assert set(systems) >= SYSTEMS
    wrong = [
        f"{name}.{field}: {one[field]!r}"
        for name, one in systems.items()
        for field, kind in FIELDS.items()
        if not isinstance(one[field], kind)
    ]
    assert wrong == []
    assert {one["status"] for one in systems.values()} <= STATES
    assert {one["circuit_breaker"] for one in systems.values()} <= {None, "closed", "half_open", "open"}
    assert [name for name, one in systems.items() if not 0 <= one["age_s"] <= 60 or one["waiting"] < 0] == []
    assert [
        name for name, one in systems.items() if (one["latency_ms"] is None) is (one["status"] != "not_configured")
    ] == []
    assert all(one["checked_at"] <= answer["timestamp"] for one in systems.values())


@requirement("INT-10")
def test_page_shows_what_is(operator: Operator) -> None:
    """With an operator's session: each system with its state, in a page on which nothing inline or foreign may run."""
    api = in_session(operator.api)
    page = offered(api, PAGE, HTML).expect(200)
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers.get("content-security-policy", "")
    assert "unsafe" not in policy
    assert re.search(r"(default|script)-src '(none|self|nonce-[^']+|sha256-[^']+)'", policy), policy
    assert "frame-ancestors 'none'" in policy
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//[^"'>\s]+""", page.text) == []
    missing = [name for name in SYSTEMS if name.replace("-", " ") not in page.text.lower()]
    assert missing == []


@requirement("INT-10")
def test_page_in_arabic(operator: Operator) -> None:
    """Who asks for Arabic, by name or by the browser's languages, gets it from right to left; others get English."""
    ways: tuple[tuple[str, dict[str, str | None]], ...] = (
        (f"{PAGE}?lang=ar", HTML),
        (PAGE, {**HTML, "accept-language": "ar-SA,ar;q=0.9,en;q=0.5"}),
    )
    for path, headers in ways:
        page = offered(operator.api, path, headers).expect(200)
        assert re.search(r"<html[^>]* lang=\"?ar\"?[^>]* dir=\"?rtl\"?", page.text), path
        assert re.search(r"[\u0600-\u06ff]{3}", page.text), path
    english = operator.api.get(PAGE, headers={**HTML, "accept-language": "en"}).expect(200)
    assert re.search(r"<html[^>]* lang=\"?en\"?", english.text)


@requirement("INT-10")
def test_page_asks_for_a_log_in(anonymous: Api) -> None:
    """Nobody without a log-in sees anything: a browser gets a form, a program the error that it knows, both 401."""
    form = offered(anonymous, PAGE, HTML).expect(401)
    assert form.headers["content-type"].startswith("text/html")
    assert re.search(r"<input[^>]* type=\"?password", form.text)
    assert "unsafe" not in form.headers.get("content-security-policy", "unsafe: there is none")
    error = anonymous.get(PAGE, headers={"accept": "application/json"}).expect(401)
    assert error_faults(error) == []
