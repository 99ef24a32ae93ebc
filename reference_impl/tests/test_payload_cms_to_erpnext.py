"""The hierarchy from Payload CMS to ERPNext, both over HTTP: at the end ERPNext has what the CMS has."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fixtures.simulators.base import running
from fixtures.simulators.erpnext import ErpNext as Simulator
from reference_impl.core.clock import FrozenClock
from reference_impl.integrations.erpnext.client import ErpNext
from reference_impl.integrations.erpnext.hierarchy import SHELVES, Hierarchy
from reference_impl.integrations.payload_cms.hierarchy import COLLECTIONS, MemoryStore
from reference_impl.integrations.payload_cms.schedule import PERIOD
from reference_impl.integrations.payload_cms.sync import HierarchySync
from reference_impl.tests.cms import Editor, client, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["simulator", "payload"])
def editor(request: pytest.FixtureRequest) -> Iterator[Editor]:
    with serving(request.param) as one:
        yield one


async def ids_there(books: ErpNext, collection: str) -> set[str]:
    rows = books.rows(SHELVES[collection].doctype, filters=[["custom_cms_ref_id", "is", "set"]])
    names = [str(row["name"]) async for row in rows]
    return {str((await books.get(SHELVES[collection].doctype, name))["custom_cms_ref_id"]) for name in names}


async def test_all_of_it(editor: Editor) -> None:
    """120 and more with odd names, then a change, a deletion, a stop in the middle: nothing is missing or left over."""
    clock = FrozenClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    vendor = Simulator(now=clock.now)
    key, _, secret = vendor.api_key.partition(":")
    odd = editor.create("categories", name="A/B #1? 100%", slug="odd")
    ids = editor.categories(120)
    editor.update("categories", ids[0], parent_category=odd)
    with running(vendor) as there:
        books = ErpNext(there.base_url, clock, key=key, secret=secret, company="Dakkah Test LLC")
        cms = client(editor, clock)
        sync = HierarchySync(cms, Hierarchy(books), MemoryStore(), seed=1)
        states = []
        for step in range(4):
            if step == 1:
                editor.update("countries", 2, name="UAE")
                editor.delete("categories", ids[5])
                editor.server.stop()
            if step == 2:
                editor.server.start()
            clock.advance(PERIOD)
            report = await sync.run_once(clock.now())
            states.append((report.state, report.written, report.deleted, len(report.held)))
        assert states == [("done", 133, 0, 0), ("skipped", 0, 0, 0), ("done", 1, 1, 0), ("done", 0, 0, 0)]
        for collection in COLLECTIONS:
            assert await ids_there(books, collection) == {str(one["id"]) for one in editor.all(collection)}
        await books.close()
        await cms.close()
