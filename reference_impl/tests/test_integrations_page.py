"""The page of the integrations, in a real browser: five states, fresh by itself, by keyboard, in both directions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from fixtures.checks import eventually
from fixtures.postgres import template
from reference_impl.operations import page as pages
from reference_impl.operations.page import language_of, policy
from reference_impl.operations.words import LANGUAGES, WORDS
from reference_impl.seeds import seed
from reference_impl.tests.browsing import CHROMIUM, Town, answering, browser, chromium, put_dead_letters, statuses
from reference_impl.tests.conftest import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

    from fixtures.postgres import PostgresServer

needs_chromium = pytest.mark.skipif(chromium() is None, reason=f"no Chromium on PATH, and none in {CHROMIUM}")
STATES = {
    "payload-cms": "degraded",
    "erpnext": "healthy",
    "fleetbase": "unhealthy",
    "temporal": "not_configured",
    "sendgrid": "credentials_rejected",
}
REFRESH_MS = 200
PATH = "/admin/integrations"


Seeded = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def street() -> Iterator[Town]:
    made = Town()
    yield made
    made.close()


@pytest.fixture(scope="module")
def database_and_tenant(postgres: PostgresServer) -> Iterator[Seeded]:
    with postgres.fresh("pages", template(postgres, "reference_tests", build)) as url:
        yield url, json.loads(seed(url))["tenants"][0]


@pytest.fixture(scope="module")
def site(database_and_tenant: Seeded, street: Town) -> Iterator[str]:
    with answering(street.settings(database_and_tenant[0])) as base_url:
        yield base_url


@pytest.fixture(autouse=True)
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is looked at stands still."""
    monkeypatch.setattr(pages, "REFRESH_MS", 3_600_000)


@pytest.fixture
def lively(at_rest: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "REFRESH_MS", REFRESH_MS)


@pytest.fixture
def town(street: Town) -> Town:
    street.set_up()
    return street


@pytest.fixture
def database(database_and_tenant: Seeded) -> str:
    """Where the tenant has two dead letters."""
    url, tenant = database_and_tenant
    put_dead_letters(
        url,
        tenant["slug"],
        ("erpnext.invoice", "order_1", "Rejected: erpnext: 417 Could not find Company: Dakkah Test LLC"),
        ("wallet.opened", "cus_1", "<img src=x onerror=alert(1)>"),
    )
    return url


@pytest.fixture
def tenant(database: str, town: Town, database_and_tenant: Seeded) -> dict[str, Any]:
    return database_and_tenant[1]


@pytest.fixture
def context(opened: Browser) -> Iterator[BrowserContext]:
    made = opened.new_context()
    made.set_default_timeout(10_000)
    yield made
    made.close()


def operator(tenant: dict[str, Any], role: str = "admin") -> dict[str, str]:
    found: dict[str, str] = next(one for one in tenant["operators"] if one["role"] == role)
    return found


def enter(context: BrowserContext, site: str, who: dict[str, str], lang: str = "en") -> Page:
    """The page, in a session of this operator."""
    token = httpx.post(f"{site}/auth/user/emailpass", json={"email": who["email"], "password": who["password"]})
    begun = httpx.post(f"{site}/auth/session", headers={"authorization": f"Bearer {token.json()['token']}"})
    name, _, value = begun.headers["set-cookie"].partition(";")[0].partition("=")
    context.add_cookies([{"name": name, "value": value, "url": site, "sameSite": "Lax", "httpOnly": True}])
    page = context.new_page()
    page.goto(f"{site}{PATH}?lang={lang}")
    return page


def shown(page: Page) -> dict[str, str]:
    """The state that each system is shown in."""
    found: dict[str, str] = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('[data-state]')]"
        ".map(item => [item.id.replace('system-', ''), item.dataset.state]))"
    )
    return found


def faults(page: Page) -> list[str]:
    """What axe finds wrong."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    found = Axe().run(page).response
    assert len(found["passes"]) > 20 or found["violations"], "axe has looked at next to nothing"
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


@needs_chromium
def test_five_states_are_told_apart(context: BrowserContext, site: str, town: Town, tenant: dict[str, Any]) -> None:
    """By a word, and by a shape of its own, beside the colour; with what the vendor said itself."""
    town.set_up(slow_s=1.2)
    page = enter(context, site, operator(tenant))
    assert shown(page) == STATES
    cards = page.locator(".system")
    words = [text.strip() for text in cards.locator(".state").all_inner_texts()]
    assert words == [WORDS["en"][state] for state in STATES.values()]
    shapes = [cards.nth(number).locator(".state svg").inner_html() for number in range(5)]
    assert len(set(words)) == len(set(shapes)) == 5
    said = page.locator("#system-sendgrid .said").inner_text()
    assert said == "The provided authorization grant is invalid, expired, or revoked"


@pytest.mark.usefixtures("lively")
@needs_chromium
def test_a_change_is_shown_without_losing_the_focus(
    context: BrowserContext, site: str, town: Town, tenant: dict[str, Any]
) -> None:
    """The page follows a vendor by itself and says so; who was on a button is still on it."""
    page = enter(context, site, operator(tenant))
    button = page.locator("#replay-wallet\\.opened-" + "evt_01JD0000000000000000000001")
    button.focus()
    page.evaluate("document.querySelector('main').dataset.before = 'yes'")
    town.parcels.start()
    page.locator("#system-fleetbase.healthy").wait_for()
    assert page.locator("#news").inner_text() == "Fleetbase: Healthy"
    assert page.evaluate("document.querySelector('main').dataset.before") is None
    assert page.evaluate("document.activeElement.id") == button.get_attribute("id")


@pytest.mark.usefixtures("lively")
@needs_chromium
def test_paused_it_stands_still(context: BrowserContext, site: str, town: Town, tenant: dict[str, Any]) -> None:
    """Who wants to read in peace stops it, and nobody is asked meanwhile."""
    page = enter(context, site, operator(tenant))
    page.get_by_role("button", name=WORDS["en"]["pause"]).click()
    page.wait_for_timeout(3 * REFRESH_MS)  # what was under way
    asked = len(town.books.simulator.received)
    page.wait_for_timeout(3 * REFRESH_MS)
    assert len(town.books.simulator.received) == asked
    page.get_by_role("button", name=WORDS["en"]["pause"]).click()
    eventually(lambda: len(town.books.simulator.received), lambda now: now > asked)


@needs_chromium
def test_a_dead_letter_is_replayed_by_keyboard(
    context: BrowserContext, site: str, database: str, tenant: dict[str, Any]
) -> None:
    """Tab to its button, Enter: it is pending again, gone from the list, and a status message says so."""
    page = enter(context, site, operator(tenant))
    page.locator("#letters").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == WORDS["en"]["replay"]
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text=WORDS["en"]["replayed"]).wait_for()
    assert statuses(database) == [("erpnext.invoice", "dead", 8), ("wallet.opened", "pending", 0)]
    assert page.locator("tbody tr").count() == 1
    assert page.evaluate("document.activeElement.id") == "dead-letters"


@needs_chromium
def test_who_may_not_replay_has_no_button(context: BrowserContext, site: str, tenant: dict[str, Any]) -> None:
    """A viewer reads."""
    page = enter(context, site, operator(tenant, "viewer"))
    assert page.locator("tbody tr").count() == 2
    assert page.locator("[data-replay]").count() == 0


@needs_chromium
def test_arabic_is_right_to_left(context: BrowserContext, site: str, tenant: dict[str, Any]) -> None:
    """In the browser's language too; names and numbers of others are kept apart from the Arabic around them."""
    page = enter(context, site, operator(tenant), lang="ar")
    assert page.evaluate("[document.documentElement.lang, document.dir]") == ["ar", "rtl"]
    assert page.locator("#system-fleetbase .state").inner_text().strip() == WORDS["ar"]["unhealthy"]
    places = page.evaluate("[...document.querySelectorAll('.system')].map(card => card.getBoundingClientRect().right)")
    assert places[0] > places[1], "the first card stands on the right"
    outside = page.evaluate(
        "() => { const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);"
        " const found = []; while (walk.nextNode()) { const node = walk.currentNode;"
        " if (/[A-Za-z0-9]/.test(node.textContent) && !node.parentElement.closest('bdi, [dir]:not(html)'))"
        " found.push(node.textContent); } return found; }"
    )
    assert outside == []


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_axe_finds_nothing(opened: Browser, site: str, tenant: dict[str, Any], lang: str, scheme: Any) -> None:
    """Names, roles, focus and contrast of the log-in form and of the page, light and dark."""
    context = opened.new_context(color_scheme=scheme)
    try:
        page = context.new_page()
        page.goto(f"{site}{PATH}?lang={lang}")
        assert faults(page) == []
        page = enter(context, site, operator(tenant), lang)
        assert faults(page) == []
    finally:
        context.close()


@needs_chromium
def test_nothing_foreign_runs(context: BrowserContext, site: str, tenant: dict[str, Any]) -> None:
    """What a vendor said is text, and the browser lets nothing run, load or draw that is not ours."""
    page = enter(context, site, operator(tenant))
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url) if not request.url.startswith(site) else None)
    page.reload()
    page.locator(".systems").wait_for()
    assert page.locator("td.error").first.inner_text() == "<img src=x onerror=alert(1)>"
    assert problems == []
    page.evaluate(
        "() => { const added = document.createElement('script'); added.textContent = 'window.ran = 1';"
        " document.body.append(added); document.querySelector('h1').setAttribute('style', 'color: red'); }"
    )
    assert page.evaluate("window.ran") is None
    assert any("Content Security Policy" in problem for problem in problems)


@needs_chromium
def test_another_site_cannot_replay(context: BrowserContext, site: str, database: str, tenant: dict[str, Any]) -> None:
    """A page of another site posts a form there, in the browser of an operator who is logged in: nothing happens."""
    enter(context, site, operator(tenant))
    other = context.new_page()
    other.route("http://localhost/**", lambda route: route.fulfill(body="<p>hello</p>", content_type="text/html"))
    other.goto("http://localhost/evil")
    with other.expect_response(re.compile("/replay$")) as answered:
        other.evaluate(
            "action => { const form = document.createElement('form'); form.method = 'post'; form.action = action;"
            " document.body.append(form); form.submit(); }",
            f"{site}/admin/dead-letters/erpnext.invoice/evt_01JD0000000000000000000000/replay",
        )
    assert answered.value.status == 401
    assert ("erpnext.invoice", "dead", 8) in statuses(database)


@needs_chromium
def test_a_wrong_password_is_told_and_a_log_out_ends_it(
    context: BrowserContext, site: str, tenant: dict[str, Any]
) -> None:
    """The form stays, with a message; and who logs out is asked to log in again."""
    page = context.new_page()
    page.goto(site + PATH)
    page.get_by_label(WORDS["en"]["email"]).fill(operator(tenant)["email"])
    page.get_by_label(WORDS["en"]["password"]).fill("not this one")
    page.keyboard.press("Enter")
    page.get_by_role("status").filter(has_text=WORDS["en"]["refused"]).wait_for()
    page.get_by_label(WORDS["en"]["password"]).fill(operator(tenant)["password"])
    page.keyboard.press("Enter")
    page.locator(".systems").wait_for()
    page.get_by_role("button", name=WORDS["en"]["log_out"]).click()
    page.locator("#log-in").wait_for()
    assert context.cookies() == []


@needs_chromium
def test_it_reads_without_scripts(opened: Browser, site: str, context: BrowserContext, tenant: dict[str, Any]) -> None:
    """Whose browser runs none sees everything but buttons."""
    enter(context, site, operator(tenant))
    plain = opened.new_context(java_script_enabled=False, storage_state=context.storage_state())
    try:
        page = plain.new_page()
        page.goto(site + PATH)
        assert page.locator(".system").count() == 5
        assert page.locator("tbody tr").count() == 2
        assert page.locator("button:visible").count() == 0
        assert WORDS["en"]["needs_scripts"] in page.content()
    finally:
        plain.close()


@pytest.mark.usefixtures("lively")
@needs_chromium
def test_a_platform_that_went_away_is_told(context: BrowserContext, site: str, tenant: dict[str, Any]) -> None:
    """What is on the page stays, and a message says that it is old, until it is so no longer."""
    page = enter(context, site, operator(tenant))
    context.set_offline(True)
    page.get_by_role("status").filter(has_text=WORDS["en"]["unreachable"]).wait_for()
    assert set(shown(page)) == set(STATES)
    context.set_offline(False)
    page.get_by_role("status").filter(has_not_text=WORDS["en"]["unreachable"]).wait_for(state="attached")


def test_the_policy_lets_nothing_inline() -> None:
    """No unsafe-inline, no other origin, and not in anybody's frame."""
    parts = dict(part.split(" ", 1) for part in policy().split("; "))
    assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == parts["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy()
    assert "http" not in policy()


def test_every_word_is_there_in_both_languages() -> None:
    """And none is empty, or left in English."""
    english, arabic = (WORDS[language] for language in LANGUAGES)
    assert english.keys() == arabic.keys()
    assert all(english.values())
    assert [key for key, text in arabic.items() if not re.search(r"[\u0600-\u06ff]", text)] == []


def test_words_that_are_used_are_the_words_that_are_there() -> None:
    """No template asks for a word that is missing, and no word waits for nobody."""
    source = "".join(path.read_text("utf-8") for path in pages.TEMPLATES.glob("*.html"))
    used = set(re.findall(r"words\.(\w+)", source))
    by_value = {"language", *STATES.values(), "closed", "half_open", "open"}
    assert used | by_value == set(WORDS["en"])


@pytest.mark.parametrize(
    ("asked", "accepted", "found"),
    [
        ("ar", "en", "ar"),
        (None, "ar-SA,ar;q=0.9,en;q=0.8", "ar"),
        (None, "fr, en;q=0.5, ar;q=0.7", "ar"),
        (None, "en;q=0.9, ar;q=0.9", "en"),
        (None, "ar;q=0", "en"),
        (None, "ar;q=x, ,;;", "en"),
        ("xx", "", "en"),
    ],
)
def test_language(asked: str | None, accepted: str, found: str) -> None:
    """Asked for by name, else by the browser, else English."""
    assert language_of(asked, accepted) == found
