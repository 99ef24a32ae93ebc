"""The hierarchy, from Payload CMS to a sink: what was changed is written, what is gone is deleted, nothing twice.

A cycle first asks the CMS whether it is well. Then, collection by collection: the documents changed since the cursor
(less an overlap), then the version of every document there, which shows what a change in between hid and what was
deleted. What is already in the sink in the same form is not written again, so a cycle that was interrupted anywhere is
simply repeated. Deletions come last and in reverse, after those who referred to the deleted were written without it.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import structlog

from reference_impl.integrations.base import NotFound, Rejected, Unavailable, VendorError
from reference_impl.integrations.payload_cms.client import references
from reference_impl.integrations.payload_cms.hierarchy import COLLECTIONS, NOT_CONTENT, RELATIONS, Entry, Record
from reference_impl.integrations.payload_cms.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator
    from datetime import datetime

    from reference_impl.core.clock import Clock
    from reference_impl.integrations.payload_cms.client import Document, Id, PayloadCms
    from reference_impl.integrations.payload_cms.hierarchy import CursorStore, HierarchySink, Key, Relations

log = structlog.get_logger()

OVERLAP = timedelta(minutes=5)
"""`updatedAt` is set before the commit: a change may appear behind one that is newer."""

State = Literal["not_due", "skipped", "stopped", "done"]


@dataclass
class Report:
    """What a run did. skipped: the CMS was not well, nothing was tried; stopped: somebody failed in the middle.

    held: documents that the sink refuses, and those that refer to them; each cycle tries them again.
    """

    state: State = "done"
    written: int = 0
    deleted: int = 0
    held: set[Key] = field(default_factory=set)
    problem: str | None = None


class HierarchySync:
    """Call `run_once` as often as you like: it runs when it is due. One at a time, for one store."""

    def __init__(
        self,
        cms: PayloadCms,
        sink: HierarchySink,
        store: CursorStore,
        *,
        relations: Relations = RELATIONS,
        seed: int | None = None,
    ) -> None:
        self.schedule = Schedule()
        self._cms = cms
        self._sink = sink
        self._store = store
        self._relations = relations
        self._random = random.Random(seed)  # noqa: S311 (jitter, not a secret)
        self._told: set[tuple[Key, str]] = set()  # refusals that were logged

    async def run_once(self, now: datetime) -> Report:
        """One cycle, if it is due. Raises nothing that a vendor does: a failure is reported, logged, and retried."""
        if not self.schedule.due(now):
            return Report("not_due")
        report = Report()
        try:
            report.state = "skipped"
            await self._cms.ping()
            report.state = "stopped"
            await _Cycle(self._cms, self._sink, self._store, self._relations, report, self._refused).run()
        except VendorError as problem:
            self._failed(now, report, problem)
            return report
        report.state = "done"
        self.schedule = self.schedule.succeeded(now)
        if report.written or report.deleted:
            log.info("hierarchy_synced", written=report.written, deleted=report.deleted, held=len(report.held))
        return report

    def _failed(self, now: datetime, report: Report, problem: VendorError) -> None:
        report.problem = str(problem)
        tell = log.info if self.schedule.worth_telling(now) else log.debug
        not_before = problem.retry_at if isinstance(problem, Unavailable) else None
        self.schedule = self.schedule.failed(now, self._random.random(), not_before)
        tell(
            f"hierarchy_sync_{report.state}",
            reason=report.problem,
            written=report.written,
            next_at=self.schedule.next_at and self.schedule.next_at.isoformat(),
        )

    def _refused(self, key: Key, problem: Rejected) -> None:
        """Say once that the sink does not take a document; it is tried again each cycle."""
        if (key, problem.words) not in self._told:
            self._told.add((key, problem.words))
            log.warning("hierarchy_refused", collection=key[0], document=key[1], reason=str(problem))


class _Held(Exception):
    """Not to be written now: what it refers to could not be."""


class _Cycle:
    """One pass over all collections."""

    def __init__(
        self,
        cms: PayloadCms,
        sink: HierarchySink,
        store: CursorStore,
        relations: Relations,
        report: Report,
        refused: Callable[[Key, Rejected], None],
    ) -> None:
        self._cms = cms
        self._sink = sink
        self._store = store
        self._relations = relations
        self._report = report
        self._refused = refused
        self._entries: dict[Key, Entry] = {}
        self._waiting: dict[Key, Document] = {}  # read, not yet written
        self._open: set[Key] = set()  # being written: who refers to one of these refers in a circle
        self._circles: dict[Key, Document] = {}  # written without such a reference
        self._gone: set[Key] = set()
        self._renamed: set[Key] = set()

    async def run(self) -> None:
        for collection in COLLECTIONS:
            kept = await self._store.entries(collection)
            self._entries |= {(collection, document): entry for document, entry in kept.items()}
        for collection in COLLECTIONS:
            await self._collection(collection)
        await self._let_go()
        for key in self._deletions():
            await self._delete(key)

    async def _collection(self, collection: str) -> None:
        cursor = await self._store.cursor(collection)
        newest = cursor
        reading = self._cms.whole(collection) if cursor is None else self._cms.changed(collection, cursor - OVERLAP)
        documents = {document.id: document async for document in reading}
        await self._write_all(collection, documents.values())
        versions = await self._cms.versions(collection)
        await self._write_all(collection, await self._cms.find(collection, self._missed(collection, versions)))
        for at in [*versions.values(), *(document.updated_at for document in documents.values())]:
            newest = at if newest is None else max(newest, at)
        if newest is not None and newest != cursor:
            await self._store.move(collection, newest)
        absent = [document for kind, document in self._entries if kind == collection and document not in versions]
        there = await self._cms.find(collection, absent)  # asked by name before anything is deleted
        self._gone |= {(collection, one) for one in absent} - {(collection, document.id) for document in there}

    def _missed(self, collection: str, versions: dict[Id, datetime]) -> list[Id]:
        """Who is there in another version than we wrote: changed while we read, held before, behind the cursor."""
        missed = []
        for document, at in versions.items():
            entry = self._entries.get((collection, document))
            if (entry is None or entry.updated_at != at) and (collection, document) not in self._report.held:
                missed.append(document)
        return missed

    async def _write_all(self, collection: str, documents: Iterable[Document]) -> None:
        self._waiting = {(collection, document.id): document for document in documents if not document.draft}
        for key in list(self._waiting):
            if key in self._waiting:  # not written already, because somebody refers to it
                await self._write(key, self._waiting[key])
        circles, self._circles = self._circles, {}
        for key, document in circles.items():
            await self._write(key, document)

    async def _write(self, key: Key, document: Document) -> str | None:
        """Bring a document into the sink, after those that it refers to; None when that is not possible now."""
        self._waiting.pop(key, None)
        self._open.add(key)
        try:
            fields, named = await self._rendered(key, document)
        except _Held:
            self._report.held.add(key)
            return None
        finally:
            self._open.discard(key)
        entry = self._entries.get(key)
        name = entry.name if entry else None
        record = Record(document.id, fields, name)
        digest = record.digest()
        if entry is None or name is None or entry.digest != digest:
            try:
                name = await self._sink.upsert(key[0], record)
            except Rejected as problem:
                self._refused(key, problem)
                self._report.held.add(key)
                return name
            self._report.written += 1
            if entry is not None and entry.name != name:
                self._renamed.add(key)
        kept = Entry(name, digest, document.updated_at, tuple(named))
        if kept != entry:
            await self._store.put(*key, kept)
            self._entries[key] = kept
        return name

    async def _rendered(self, key: Key, document: Document) -> tuple[dict[str, Any], list[Key]]:
        """What the sink gets: content, with names for ids; and whom it refers to. Raises _Held."""
        fields = {name: value for name, value in document.fields.items() if name not in NOT_CONTENT}
        named: list[Key] = []
        for name, target in self._relations.get(key[0], {}).items():
            if name not in fields:
                continue
            wanted = [(target, one) for one in references(fields[name])]
            names = [await self._name_of(one, key, document) for one in wanted]
            known = [one for one in names if one is not None]
            fields[name] = known if isinstance(fields[name], list) else next(iter(known), None)
            named += wanted
        return fields, named

    async def _name_of(self, wanted: Key, by: Key, document: Document) -> str | None:
        """What a document is called in the sink, written first where need be; None for one that is no longer there."""
        if wanted in self._gone:
            return None
        if wanted in self._entries:
            return self._entries[wanted].name
        if wanted in self._open:
            self._circles[by] = document
            return None
        if wanted in self._report.held:
            raise _Held
        found = [self._waiting[wanted]] if wanted in self._waiting else await self._cms.find(wanted[0], [wanted[1]])
        if not found:
            return None
        name = None if found[0].draft else await self._write(wanted, found[0])
        if name is None:
            raise _Held
        return name

    async def _let_go(self) -> None:
        """Write anew those who refer to what is gone or renamed: the CMS empties their fields without a new version."""
        moved = self._gone | self._renamed
        for collection in COLLECTIONS:
            left = [
                document
                for (kind, document), entry in self._entries.items()
                if kind == collection and (kind, document) not in self._gone and moved.intersection(entry.references)
            ]
            await self._write_all(collection, await self._cms.find(collection, left))

    def _deletions(self) -> Iterator[Key]:
        """What is gone, those that refer first."""
        for collection in reversed(COLLECTIONS):
            left = {key for key in self._gone if key[0] == collection}
            while left:
                referred = {one for key in left for one in self._entries[key].references if one != key}
                free = (left - referred) or left
                yield from sorted(free, key=repr)
                left -= free

    async def _delete(self, key: Key) -> None:
        try:
            await self._sink.delete(key[0], self._entries[key].name)
        except NotFound:
            pass
        except Rejected as problem:
            self._refused(key, problem)
            self._report.held.add(key)
            return
        await self._store.drop(*key)
        self._report.deleted += 1


async def run_for_ever(
    sync: HierarchySync, clock: Clock, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Run whenever it is due, until cancelled."""
    while True:
        await sync.run_once(clock.now())
        due = sync.schedule.next_at
        await sleep(max((due - clock.now()).total_seconds(), 1.0) if due else 1.0)
