"""The ERPNext client over HTTP: any document by any name, and errors in the vendor's words."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext as Simulator
from reference_impl.core.clock import FrozenClock
from reference_impl.integrations.base import Conflict, CredentialsRejected, NotFound, Rejected, Unavailable
from reference_impl.integrations.erpnext import health
from reference_impl.integrations.erpnext.answers import NotPermitted, stripped, told
from reference_impl.integrations.erpnext.client import ErpNext
from reference_impl.tests.books import BUYER, INVOICE, NOW, WIDGET, Forgetful, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fixtures.simulators.base import Running

pytestmark = pytest.mark.anyio


@pytest.fixture
def vendor() -> Forgetful:
    return Forgetful(now=lambda: NOW)


@pytest.fixture
def served(vendor: Forgetful) -> Iterator[Running]:
    with running(vendor) as started:
        yield started


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
async def books(served: Running, vendor: Forgetful, clock: FrozenClock) -> AsyncIterator[ErpNext]:
    erpnext = opened(served.base_url, vendor.api_key, clock)
    yield erpnext
    await erpnext.close()


@pytest.fixture
async def shop(books: ErpNext) -> ErpNext:
    """With a customer and an item."""
    await books.customer(BUYER)
    await books.item(WIDGET)
    return books


# Any document


@pytest.mark.parametrize(
    "name",
    ["A/B", "A#1", "why?", "100%", "%2F", "a%20b", "x&y=z", "a+b c", "محافظة / الرياض", "..a/../b", "it's", "a;b"],
)
async def test_every_name_can_be_addressed(books: ErpNext, vendor: Forgetful, name: str) -> None:
    before = len(vendor.documents("Country"))
    for code in ("x1", "x2", "x2"):
        assert await books.upsert("Country", name, {"country_name": name, "code": code}) == name
    assert (await books.get("Country", name))["code"] == "x2"
    assert len(vendor.documents("Country")) == before + 1
    assert await books.delete("Country", name)
    assert not await books.delete("Country", name)
    assert len(vendor.documents("Country")) == before


@pytest.mark.parametrize("name", ["", " ", ".", ".."])
async def test_a_name_that_is_no_part_of_a_path_is_not_asked_for(books: ErpNext, vendor: Forgetful, name: str) -> None:
    with pytest.raises(Rejected, match="can't be addressed"):
        await books.delete("Country", name)
    assert vendor.received == []


async def test_upsert_keeps_what_it_is_not_told(books: ErpNext) -> None:
    """Also one that was there before us, and one whose answer is lost."""
    await books.upsert("Country", "Saudi Arabia", {"country_name": "Saudi Arabia", "custom_cms_ref_id": "7"})
    kept = await books.get("Country", "saudi arabia")
    assert (kept["code"], kept["custom_cms_ref_id"]) == ("sa", "7")
    with pytest.raises(Conflict):
        await books.upsert("Country", "Atlantis", {"country_name": "Atlantis", "custom_cms_ref_id": "7"})


async def test_upsert_whose_answer_is_lost_makes_one(books: ErpNext, vendor: Forgetful) -> None:
    vendor.losing = 1
    store = {"title": "A/1", "country": "Oman"}
    assert await books.upsert("CMS Store", "A/1", store) == "A/1"
    assert len(vendor.documents("CMS Store")) == 1
    with pytest.raises(Rejected, match="Could not find Country: Nowhere"):
        await books.upsert("CMS Store", "A/1", {"country": "Nowhere"})
    with pytest.raises(Rejected, match="is linked with CMS Store A/1"):
        await books.delete("Country", "Oman")


async def test_rows_are_all_told_once_while_others_go(books: ErpNext, vendor: Forgetful) -> None:
    """By numbers, each row that goes while we read would hide one that stays."""
    names = [f"Land {number:03d}" for number in range(45)]
    for name in names:
        vendor.site.insert("Country", {"country_name": name, "code": "zz"}, "Administrator")
    told_of = []
    async for row in books.rows("Country", ("code",), [["code", "=", "zz"]], page=20):
        if row["name"] == "Land 005":
            for name in names[:5]:
                vendor.site.delete("Country", name)
        told_of.append(row["name"])
    assert told_of == names
    assert len([row async for row in books.rows("Country")]) == len(vendor.documents("Country")) > 60


# How it fails


@pytest.mark.parametrize("tracebacks", [True, False])
async def test_each_refusal_is_its_own_error(shop: ErpNext, vendor: Forgetful, tracebacks: bool) -> None:
    """By `exc_type`, with or without tracebacks, in words without HTML."""
    vendor.tracebacks = tracebacks
    with pytest.raises(NotFound) as gone:
        await shop.get("Country", "Nowhere")
    assert (gone.value.status, gone.value.words) == (404, "DoesNotExistError: Country Nowhere not found")
    with pytest.raises(Rejected) as lacking:
        await shop.call("POST", "/api/resource/Customer", body={"customer_type": "Company"})
    assert lacking.value.words == "MandatoryError: Error: Value missing for Customer: Customer Name"
    assert list(lacking.value.fields) == (["customer_name"] if tracebacks else [])
    with pytest.raises(Conflict) as twice:
        await shop.call("POST", "/api/resource/Item", body=WIDGET.body())
    assert (twice.value.status, twice.value.words) == (409, "DuplicateEntryError: Item SKU-1 already exists")
    with pytest.raises(Rejected) as odd:
        await shop.item(replace(WIDGET, code="SKU<4>"))
    assert (odd.value.status, type(odd.value)) == (409, Rejected)  # nothing is there already
    with pytest.raises(Conflict) as stale:
        await shop.change("Item", "SKU-1", {"item_name": "x", "modified": "2020-01-01 00:00:00.000000"})
    assert stale.value.status == 417
    with pytest.raises(Rejected) as unknown:
        await shop.change("Nothing", "x", {})
    assert (unknown.value.status, type(unknown.value)) == (500, Rejected)


async def test_a_refused_key_is_not_a_missing_role(served: Running, vendor: Forgetful, clock: FrozenClock) -> None:
    wrong = opened(served.base_url, "nope:nope", clock)
    with capture_logs() as logs:
        with pytest.raises(CredentialsRejected) as refused:
            await wrong.logged_in()
        with pytest.raises(CredentialsRejected):
            await wrong.logged_in()
    assert (refused.value.status, refused.value.words) == (401, "AuthenticationError")
    assert [entry["event"] for entry in logs] == ["vendor_outage"]
    weak = opened(served.base_url, vendor.restricted_key, clock)
    with pytest.raises(NotPermitted) as barred:
        await weak.item(WIDGET)
    assert barred.value.status == 403
    assert "readonly@example.com" in barred.value.words
    assert "<" not in barred.value.words
    assert weak.outage is None
    await wrong.close()
    await weak.close()


async def test_too_often_waits_as_long_as_it_is_told(shop: ErpNext, vendor: Forgetful) -> None:
    vendor.received.clear()
    vendor.switches.rate_limited = True
    with pytest.raises(Unavailable) as limited:
        await shop.invoice(INVOICE)
    assert (limited.value.status, limited.value.retry_at) == (429, NOW + timedelta(seconds=30))
    assert len(vendor.received) == 1


async def test_maintenance_is_waited_out(shop: ErpNext, vendor: Forgetful) -> None:
    vendor.received.clear()
    vendor.maintenance = True
    with pytest.raises(Unavailable) as away:
        await shop.get("Item", "SKU-1")
    assert (away.value.status, away.value.words) == (503, "SessionStopped: Session Stopped")
    assert len(vendor.received) == 3
    vendor.maintenance = False
    vendor.switches.flapping = 3
    assert (await shop.get("Item", "SKU-1"))["name"] == "SKU-1"


async def test_a_server_without_the_site_is_away(vendor: Forgetful, served: Running, clock: FrozenClock) -> None:
    """Its 404 is a page of HTML, and must not be read as "this document is gone"."""
    lost = opened(served.base_url, vendor.api_key, clock)
    lost._http.headers["host"] = "other.example"
    with pytest.raises(Unavailable, match=r"other\.example does not exist"):
        await lost.delete("Country", "Oman")
    await lost.close()


@pytest.mark.parametrize("bad", ["half_answers", "gone", "slow"])
async def test_no_answer_is_unavailable(vendor: Forgetful, served: Running, clock: FrozenClock, bad: str) -> None:
    impatient = opened(served.base_url, vendor.api_key, clock, answer_s=0.1)
    vendor.switches.half_answers = bad == "half_answers"
    vendor.switches.slow_s = 0.5 if bad == "slow" else 0
    if bad == "gone":
        served.stop()
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await impatient.logged_in()
    assert time.monotonic() - began < 2
    await impatient.close()


def test_words_are_text() -> None:
    assert stripped("<p>a &amp; b</p><p><b>c</b>d<br>e</p><script>f()</script>") == "a & b cd e"
    assert told({"exc_type": "X", "_server_messages": "no json"}) == "X"
    assert (
        told({"exc_type": "X", "_server_messages": '["plain", "{\\"message\\": \\"<b>told</b>\\"}"]'})
        == "X: plain; told"
    )
    assert told({"exc_type": "X", "exception": "frappe.exceptions.X: a: b"}) == "X: a: b"


# Health


async def test_health_tells_the_states_apart(
    books: ErpNext, vendor: Forgetful, served: Running, clock: FrozenClock
) -> None:
    well = await health.check(books)
    assert (well.state, well.words) == ("healthy", "")
    for key, state, words in (
        ("nope:nope", "credentials_rejected", "AuthenticationError"),
        (vendor.restricted_key, "degraded", "Payment Entry: PermissionError"),
    ):
        other = opened(served.base_url, key, clock)
        found = await health.check(other)
        assert (found.state, found.words[: len(words)]) == (state, words)
        await other.close()
    vendor.maintenance = True
    assert (await health.check(books)).state == "unhealthy"
    vendor.maintenance = False
    vendor.switches.rate_limited = True
    assert (await health.check(books)).state == "degraded"
    served.stop()
    assert (await health.check(books)).state == "unhealthy"


async def test_a_site_without_our_fields_is_degraded_and_makes_nothing(clock: FrozenClock) -> None:
    """Without the field a POST would drop our id and make an invoice each time: it is not sent."""
    plain = Simulator(now=lambda: NOW, custom_fields={})
    with running(plain) as served:
        books = opened(served.base_url, plain.api_key, clock)
        found = await health.check(books)
        assert found.state == "degraded"
        assert "Field not permitted in query: custom_medusa_order_id" in found.words
        with pytest.raises(Rejected, match="Field not permitted"):
            await books.invoice(INVOICE)
        await books.close()
    assert not any(asked.method == "POST" for asked in plain.received)


async def test_a_slow_vendor_is_told_within_three_seconds(books: ErpNext, vendor: Forgetful) -> None:
    vendor.switches.slow_s = 10
    began = time.monotonic()
    assert (await health.check(books)).state == "unhealthy"
    assert time.monotonic() - began < 3
