"""The CMS answers 503 for an hour, in a server whose hour is short: quiet, ever more seldom asked, and then all there.

The first cycle is cut in the middle. How often somebody was asked, and when, is what the CMS itself saw; its time is
the machine's, and counts as often as the server's runs faster.
"""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fixtures.checks import eventually, requirement
from fixtures.payload import COLLECTIONS
from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext
from fixtures.simulators.payload_cms import PayloadCms
from suites.resilience.vendors import environment, said

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.types import ASGIApp, Receive, Scope, Send

    from fixtures.plugin import Run
    from fixtures.servers import Own, Servers

FIRST = timedelta(minutes=1)
PERIOD = timedelta(minutes=15)
JITTER = 0.2  # of a gap, which chance may take away
ATTEMPTS = 9  # an hour, and in the second half of it the gaps have reached the cap
SHORT = 4  # so many gaps before that are short: a busy machine shows in each of them, and less in their sum
SHORTER = 0.7  # than planned, and no more, is a gap whose first attempt was late
HEALTH = "/api/users/me"
LAST = f"/api/{list(COLLECTIONS)[-1]}"
MIDDLE = f"/api/{list(COLLECTIONS)[len(COLLECTIONS) // 2]}"
DOCTYPES = {"countries": "Country", "governance-authorities": "CMS Governance Authority"} | {
    slug: f"CMS {name}"
    for slug, name in (
        ("scopes", "Scope"),
        ("categories", "Category"),
        ("subcategories", "Subcategory"),
        ("tenants", "Tenant"),
        ("stores", "Store"),
        ("portals", "Portal"),
    )
}
ALWAYS = 1_000_000_000
Hierarchy = dict[tuple[str, str], dict[str, Any]]


class Leaving(PayloadCms):
    """Answers until it was asked for a collection in the middle, and from then on 503 until `back` is called.

    So the documents of that collection were read, and which of them are still there was not.
    """

    gone = True

    def app(self) -> ASGIApp:
        inner = super().app()

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            away = self.gone and any(one.path == MIDDLE for one in self.received)
            self.switches.flapping = ALWAYS if away else 0
            await inner(scope, receive, send)

        return served

    def back(self) -> None:
        self.gone = False

    def asked(self) -> list[datetime]:
        """When somebody began a cycle: by asking how it is."""
        return [one.at for one in self.received if one.path == HEALTH]

    def ended(self, cycle: int) -> bool:
        """Whether the cycle that began as the nth has come to its last collection's last question."""
        paths = [one.path for one in self.received]
        begins = [number for number, path in enumerate(paths) if path == HEALTH]
        return len(begins) >= cycle and paths[begins[cycle - 1] :].count(LAST) >= 2

    def hierarchy(self) -> Hierarchy:
        """What is there: fields that are set, relations by their names, by collection and id."""
        found: Hierarchy = {}
        for slug, fields in COLLECTIONS.items():
            for document in self.store.all(slug):
                shown = self.store.rendered(slug, document, 1)
                values = {field["name"]: _name(shown.get(field["name"])) for field in fields}
                found[slug, str(document["id"])] = {name: one for name, one in values.items() if one is not None}
        return found


def _name(value: Any) -> Any:
    """A relation by its name; what is no relation as it is."""
    if isinstance(value, list):
        return [_name(one) for one in value]
    if isinstance(value, dict):
        return value.get("name", value)
    return value if value is None else str(value)


def _carried(books: ErpNext) -> Hierarchy:
    """What ERPNext has of the CMS, in the same form."""
    found: Hierarchy = {}
    for slug, doctype in DOCTYPES.items():
        prefix, title = ("custom_", "country_name") if doctype == "Country" else ("", "title")
        for document in books.documents(doctype):
            if "custom_cms_ref_id" in document:
                names = {f"{prefix}{field['name']}": field["name"] for field in COLLECTIONS[slug]} | {title: "name"}
                values = {own: _read(document[name]) for name, own in names.items() if document.get(name) is not None}
                found[slug, str(document["custom_cms_ref_id"])] = values
    return found


def _read(value: Any) -> Any:
    """A column's value; numbers are kept as texts there."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("[", "{") else str(value)


def _writes(books: ErpNext) -> int:
    return sum(one.method != "GET" for one in books.received)


@requirement("VEN-01", "VEN-02", "VEN-03", "VEN-04", "VEN-05")
def test_an_hour_without_the_cms(servers: Servers, run: Run) -> None:
    """Asked at gaps that double up to 15 minutes, with a line in each of those; one cycle then carries all, once."""
    speed = run.rounds(merge=1000, nightly=60)
    cms, books = Leaving(), ErpNext(currency="USD")
    with running(cms) as asked, running(books) as told:
        env = {**environment(payload_cms=asked, erpnext=told), "CITYOS_CLOCK_SPEED": str(speed)}
        with servers.open(env=env) as own, own.serve() as process:
            wanted = cms.hierarchy()
            eventually(lambda: len(cms.asked()), lambda times: times >= 2)
            writes = _writes(books)
            eventually(lambda: _no_more(cms, speed), bool, 30.0 + ATTEMPTS * PERIOD.total_seconds() / speed)
            attempts = cms.asked()
            assert _services(own)["payload-cms"] == "unhealthy"
            carried = _carried(books)
            assert 0 < len(carried) < len(wanted), "the first cycle was to be cut in the middle"
            assert carried == {key: wanted[key] for key in carried}, "something is half written"
            assert _writes(books) == writes, "something was written while the CMS was away"
            assert not any(one.method == "DELETE" for one in books.received), "what could not be read was deleted"
            _patient(attempts, speed)
            _quiet(said(process), attempts, speed)
            cms.back()
            eventually(lambda: _carried(books), lambda carried: carried == wanted, within_s=30.0)
            assert len(cms.asked()) <= len(attempts) + 1, "it took more than one cycle"
            cycle = len(attempts) + 1
            eventually(lambda: cms.ended(cycle), bool, within_s=30.0)
            writes = _writes(books)
            eventually(lambda: cms.ended(cycle + 1), bool, within_s=30.0)
            assert (_writes(books), _carried(books)) == (writes, wanted), "what is there was written again"
            assert _services(own)["payload-cms"] == "healthy"


def _services(own: Own) -> dict[str, str]:
    """What its health says of its vendors; it serves all the same."""
    return dict(own.anonymous().get("/health").expect(200)["services"])


def _no_more(cms: Leaving, speed: int) -> bool:
    """Whether an hour is over: all attempts were made, or nobody asks any more."""
    asked = cms.asked()
    return len(asked) >= ATTEMPTS or (cms.now() - asked[-1]) * speed > 4 * PERIOD


def _patient(attempts: list[datetime], speed: int) -> None:
    """Judge the gaps between attempts. They may be longer than planned, on a busy machine, and hardly shorter."""
    assert len(attempts) >= ATTEMPTS, f"it gave up after {len(attempts)} attempts"
    gaps = [(later - earlier) * speed for earlier, later in pairwise(attempts)]
    planned = [min(FIRST * 2**number, PERIOD) for number in range(len(gaps))]
    gaps, planned = ([sum(each[:SHORT], timedelta()), *each[SHORT:]] for each in (gaps, planned))
    pairs = list(zip(gaps, planned, strict=True))
    shown = [f"{gap / FIRST:.1f} of {plan / FIRST:g} min" for gap, plan in pairs]
    assert all(gap > plan * (1 - JITTER) * SHORTER for gap, plan in pairs), f"gaps do not double: {shown}"
    assert min(gaps[-3:]) < 1.7 * PERIOD, f"gaps grow beyond their cap: {shown}"
    assert any(gap < plan - timedelta(seconds=5) for gap, plan in pairs[1:]), f"gaps have no jitter: {shown}"


def _quiet(lines: list[dict[str, Any]], attempts: list[datetime], speed: int) -> None:
    """Judge what was said of it: no more than a line in each period, one warning, no error."""
    about = [line for line in lines if "hierarchy" in line["event"] or line.get("vendor") == "payload_cms"]
    levels = [line["level"] for line in about]
    periods = ((attempts[-1] - attempts[0]) * speed + FIRST) // PERIOD + 1
    assert 1 <= levels.count("info") <= periods, f"in {periods} periods: {about}"
    assert levels.count("warning") == 1, about
    assert set(levels) == {"info", "warning"}, about
