"""The CMS's hierarchy, written to a simulated ERPNext over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext as Simulator
from reference_impl.core.clock import FrozenClock
from reference_impl.integrations.base import Rejected
from reference_impl.integrations.erpnext.client import ErpNext
from reference_impl.integrations.erpnext.hierarchy import SHELVES, Hierarchy
from reference_impl.integrations.payload_cms.hierarchy import COLLECTIONS, HierarchySink, MemoryStore, Record
from reference_impl.integrations.payload_cms.schedule import PERIOD
from reference_impl.integrations.payload_cms.sync import HierarchySync
from reference_impl.tests.cms import client, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Simulator:
    return Simulator(now=lambda: NOW)


@pytest.fixture
def address(vendor: Simulator) -> Iterator[str]:
    with running(vendor) as served:
        yield served.base_url


@pytest.fixture
async def sink(vendor: Simulator, address: str) -> AsyncIterator[HierarchySink]:
    key, _, secret = vendor.api_key.partition(":")
    books = ErpNext(address, FrozenClock(NOW), key=key, secret=secret, company="Dakkah Test LLC")
    yield Hierarchy(books)
    await books.close()


def _record(number: int, name: str, **fields: Any) -> Record:
    return Record(number, {"name": name, "status": "active", **fields})


def test_every_collection_has_its_place(vendor: Simulator) -> None:
    assert tuple(SHELVES) == COLLECTIONS
    assert {shelf.doctype for shelf in SHELVES.values()} <= set(vendor.site.doctypes)


async def test_references_are_names(sink: HierarchySink, vendor: Simulator) -> None:
    """From a country that ERPNext brought along down to a portal, whatever is in the names."""
    country = await sink.upsert("countries", _record(1, "Saudi Arabia", code="SA", iso3="SAU"))
    authority = await sink.upsert("governance-authorities", _record(2, "وزارة / 100%", country=country))
    scope = await sink.upsert("scopes", _record(3, "A#1?", countries=[country], governance_authority=authority))
    tenant = await sink.upsert("tenants", _record(4, "T & Co", country=country, metadata={"a": [1]}))
    store = await sink.upsert("stores", _record(5, "Store", tenant=tenant, country=None))
    assert await sink.upsert("portals", _record(6, "Portal", tenant=tenant, features=["x"])) == "Portal"
    doctypes = [shelf.doctype for shelf in SHELVES.values()]
    found = {each["name"]: each for doctype in doctypes for each in vendor.documents(doctype)}
    assert (found[country]["custom_iso3"], found[country]["code"]) == ("SAU", "sa")
    assert (found[authority]["country"], authority) == ("Saudi Arabia", "وزارة / 100%")
    assert (found[scope]["governance_authority"], found[scope]["countries"]) == (authority, '["Saudi Arabia"]')
    assert (found[tenant]["metadata"], found[tenant]["custom_cms_ref_id"]) == ('{"a":[1]}', "4")
    assert "country" not in found[store]
    with pytest.raises(Rejected, match="is linked with"):
        await sink.delete("tenants", tenant)
    for collection, name in (("portals", "Portal"), ("stores", store), ("tenants", tenant), ("tenants", tenant)):
        await sink.delete(collection, name)
    assert vendor.documents("CMS Tenant") == []


async def test_twice_is_as_once_also_without_memory(sink: HierarchySink, vendor: Simulator) -> None:
    """A record is known by the CMS's id; a new title leaves its name alone."""
    assert await sink.upsert("categories", _record(1, "Food")) == "Food"
    assert await sink.upsert("categories", _record(1, "Food")) == "Food"
    assert await sink.upsert("categories", _record(1, "Meals")) == "Food"
    assert await sink.upsert("categories", Record(1, {"name": "Dishes"}, name="Food")) == "Food"
    (category,) = vendor.documents("CMS Category")
    assert category["title"] == "Dishes"


async def test_two_of_one_title_are_two(sink: HierarchySink, vendor: Simulator) -> None:
    names = [await sink.upsert("categories", _record(number, "Food")) for number in (1, 2, 1, 2)]
    assert names == ["Food", "Food (2)", "Food", "Food (2)"]
    assert len(vendor.documents("CMS Category")) == 2


async def test_what_somebody_took_away_is_made_again(sink: HierarchySink, vendor: Simulator) -> None:
    await sink.upsert("categories", _record(1, "Food"))
    vendor.site.delete("CMS Category", "Food")
    assert await sink.upsert("categories", Record(1, {"name": "Food"}, name="Food")) == "Food"
    assert len(vendor.documents("CMS Category")) == 1


async def test_the_sync_of_the_cms_ends_with_both_equal(sink: HierarchySink, vendor: Simulator) -> None:
    """All of it, then a change and a deletion, then nothing."""
    clock = FrozenClock(NOW)
    with serving("simulator") as editor:
        cms = client(editor, clock)
        sync = HierarchySync(cms, sink, MemoryStore(), seed=1)
        changed, deleted, *_ = editor.categories(20)
        written = []
        for cycle in range(3):
            clock.advance(PERIOD)
            report = await sync.run_once(clock.now())
            written.append((report.state, report.written, report.deleted))
            if cycle == 0:
                editor.update("categories", changed, name="A / B")
                editor.delete("categories", deleted)
        wanted = {
            collection: {str(each["id"]): each["name"] for each in editor.all(collection)} for collection in SHELVES
        }
        await cms.close()
    assert written[1:] == [("done", 1, 1), ("done", 0, 0)]
    for collection, shelf in SHELVES.items():
        kept = [each for each in vendor.documents(shelf.doctype) if "custom_cms_ref_id" in each]
        assert {each["custom_cms_ref_id"]: each[shelf.titled] for each in kept} == wanted[collection]
