"""Defects of the hierarchy's sync: loud or hasty while the CMS is away, and careless when it is back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from suites.defects.registry import defect

if TYPE_CHECKING:
    from datetime import datetime

    from reference_impl.integrations.base import VendorError
    from reference_impl.integrations.payload_cms.client import Document
    from reference_impl.integrations.payload_cms.hierarchy import Key, Record
    from reference_impl.integrations.payload_cms.sync import HierarchySync, Report, _Cycle
    from suites.defects.registry import Patch


@defect("vendor_sync.error_each_time", breaks="VEN-01")
def error_each_time(patch: Patch) -> None:
    """Whenever the CMS does not answer, that is an error, and where it came from is logged with it."""
    from reference_impl.integrations.payload_cms import sync

    failed = sync.HierarchySync._failed

    def loud(self: HierarchySync, now: datetime, report: Report, problem: VendorError) -> None:
        sync.log.error("hierarchy_sync_failed", exc_info=problem)
        failed(self, now, report, problem)

    patch.setattr(sync.HierarchySync, "_failed", loud)


@defect("vendor_sync.told_each_time", breaks="VEN-01")
def told_each_time(patch: Patch) -> None:
    """Each attempt that fails is told, however many there are in fifteen minutes."""
    from reference_impl.integrations.payload_cms import schedule

    patch.setattr(schedule.Schedule, "worth_telling", lambda self, now: True)


@defect("vendor_sync.asked_every_minute", breaks="VEN-02")
def asked_every_minute(patch: Patch) -> None:
    """While the CMS is away it is asked every minute, so that nobody waits long once it is back."""
    from reference_impl.integrations.payload_cms import schedule

    patch.setattr(schedule, "retry_gap", lambda failures, jitter: timedelta(minutes=1 - 0.2 * jitter))


@defect("vendor_sync.gaps_without_a_cap", breaks="VEN-02")
def gaps_without_a_cap(patch: Patch) -> None:
    """Gaps double for as long as it takes."""
    from reference_impl.integrations.payload_cms import schedule

    patch.setattr(schedule, "retry_gap", lambda failures, jitter: timedelta(minutes=1 - 0.2 * jitter) * 2**failures)


@defect("vendor_sync.gaps_without_jitter", breaks="VEN-02")
def gaps_without_jitter(patch: Patch) -> None:
    """All platforms ask again at the same moments."""
    from reference_impl.integrations.payload_cms import schedule

    patch.setattr(schedule, "JITTER", 0.0)


@defect("vendor_sync.no_answer_is_an_empty_list", breaks="VEN-03")
def no_answer_is_an_empty_list(patch: Patch) -> None:
    """A collection that cannot be read has nothing in it, and what is not in the CMS is deleted in ERPNext."""
    from reference_impl.integrations.base import Unavailable
    from reference_impl.integrations.payload_cms import client

    page = client.PayloadCms.page

    async def page_or_nothing(self: Any, collection: str, **options: Any) -> Any:
        try:
            return await page(self, collection, **options)
        except Unavailable:
            return client.Page([], 0, more=False)

    patch.setattr(client.PayloadCms, "page", page_or_nothing)


@defect("vendor_sync.first_the_names", breaks="VEN-03")
def first_the_names(patch: Patch) -> None:
    """What a collection has is made with its name alone, and filled once the whole hierarchy has been read."""
    from reference_impl.integrations.payload_cms import hierarchy, sync

    run = sync._Cycle.run

    async def names_first(self: _Cycle) -> None:
        sink = self._sink
        later: list[tuple[str, Record]] = []

        class Bare:
            async def upsert(self, collection: str, record: Record) -> str:
                later.append((collection, record))
                bare = hierarchy.Record(record.id, {"name": record.fields["name"]}, record.name)
                return await sink.upsert(collection, bare)

            async def delete(self, collection: str, name: str) -> None:
                await sink.delete(collection, name)

        self._sink = Bare()
        await run(self)
        for collection, record in later:
            await sink.upsert(collection, record)

    patch.setattr(sync._Cycle, "run", names_first)


@defect("vendor_sync.first_only_a_look", breaks="VEN-04")
def first_only_a_look(patch: Patch) -> None:
    """After an outage a cycle only looks whether the CMS is well again; the next one carries what is there."""
    from reference_impl.integrations.payload_cms import sync

    run = sync._Cycle.run

    async def look_or_run(self: _Cycle) -> None:
        owner: HierarchySync = self._refused.__self__  # type: ignore[attr-defined]
        if not owner.schedule.failures:
            await run(self)

    patch.setattr(sync._Cycle, "run", look_or_run)


@defect("vendor_sync.ids_for_names", breaks="VEN-04")
def ids_for_names(patch: Patch) -> None:
    """A relation goes to ERPNext as the CMS has it: by an id that means nothing there."""
    from reference_impl.integrations.payload_cms import hierarchy, sync

    async def untranslated(self: _Cycle, key: Key, document: Document) -> tuple[dict[str, Any], list[Key]]:
        return {name: value for name, value in document.fields.items() if name not in hierarchy.NOT_CONTENT}, []

    patch.setattr(sync._Cycle, "_rendered", untranslated)


@defect("vendor_sync.everything_each_time", breaks="VEN-05")
def everything_each_time(patch: Patch) -> None:
    """Each cycle writes all that is there, which is simplest, and makes up for whatever went wrong before."""
    from reference_impl.adapters import hierarchy

    async def nothing(self: object, collection: str) -> Any:
        return None

    async def none(self: object, collection: str) -> dict[Any, Any]:
        return {}

    patch.setattr(hierarchy.Store, "cursor", nothing)
    patch.setattr(hierarchy.Store, "entries", none)
