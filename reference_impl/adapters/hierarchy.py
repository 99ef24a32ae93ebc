"""The hierarchy of the CMS, carried to ERPNext by one worker at a time, and how far it has been carried."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec
import structlog
from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from reference_impl.adapters.models import hierarchy_cursor, hierarchy_entry, hierarchy_sync
from reference_impl.core import json
from reference_impl.core.database import unit_of_work
from reference_impl.integrations.payload_cms.hierarchy import Entry
from reference_impl.integrations.payload_cms.schedule import Schedule
from reference_impl.integrations.payload_cms.sync import HierarchySync

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Executable

    from reference_impl.core.clock import Clock
    from reference_impl.core.database import Database
    from reference_impl.integrations.payload_cms.client import Id, PayloadCms
    from reference_impl.integrations.payload_cms.hierarchy import HierarchySink

log = structlog.get_logger()

LOOK_S = 5.0
"""How often a worker looks whether the sync is due: as late as that it may begin."""
_NAME = "payload-cms"
_LOCK = 7102026  # PostgreSQL's advisory locks are numbers; the outbox has the ones before


class Store:
    """A CursorStore in the database; each call is a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def _do(self, statement: Executable) -> None:
        async with unit_of_work(self._database, self._clock) as work:
            await work.execute(statement)

    async def cursor(self, collection: str) -> datetime | None:
        wanted = select(hierarchy_cursor.c.changed_at).where(hierarchy_cursor.c.collection == collection)
        async with unit_of_work(self._database, self._clock) as work:
            at: datetime | None = (await work.execute(wanted)).scalar_one_or_none()
        return at

    async def move(self, collection: str, to: datetime) -> None:
        moved = insert(hierarchy_cursor).values(collection=collection, changed_at=to)
        await self._do(moved.on_conflict_do_update(index_elements=["collection"], set_={"changed_at": to}))

    async def entries(self, collection: str) -> dict[Id, Entry]:
        async with unit_of_work(self._database, self._clock) as work:
            found = await work.execute(select(hierarchy_entry).where(hierarchy_entry.c.collection == collection))
            rows = found.all()
        return {
            msgspec.json.decode(row.document): Entry(
                row.name, row.digest, row.changed_at, tuple((kind, one) for kind, one in row.refers_to)
            )
            for row in rows
        }

    async def put(self, collection: str, document: Id, entry: Entry) -> None:
        values = {
            "name": entry.name,
            "digest": entry.digest,
            "changed_at": entry.updated_at,
            "refers_to": [list(key) for key in entry.references],
        }
        made = insert(hierarchy_entry).values(collection=collection, document=json.dumps(document), **values)
        await self._do(made.on_conflict_do_update(index_elements=["collection", "document"], set_=values))

    async def drop(self, collection: str, document: Id) -> None:
        table = hierarchy_entry
        known = (table.c.collection == collection) & (table.c.document == json.dumps(document))
        await self._do(delete(table).where(known))

    async def schedule(self) -> Schedule:
        """When some worker shall run it next, and how often in a row it failed, in whichever of them."""
        table = hierarchy_sync.c
        wanted = select(table.next_at, table.failures, table.told_at).where(table.name == _NAME)
        async with unit_of_work(self._database, self._clock) as work:
            row = (await work.execute(wanted)).one_or_none()
        return Schedule() if row is None else Schedule(*row)

    async def keep(self, schedule: Schedule) -> None:
        values = asdict(schedule)
        kept = insert(hierarchy_sync).values(name=_NAME, **values)
        await self._do(kept.on_conflict_do_update(index_elements=["name"], set_=values))


class HierarchyTask:
    """Runs the sync when it is due, in one worker of all that share the database."""

    def __init__(self, cms: PayloadCms, sink: HierarchySink, clock: Clock) -> None:
        self._cms = cms
        self._sink = sink
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self, database: Database) -> None:
        self._task = asyncio.create_task(self._run(database))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, database: Database) -> None:
        store = Store(database, self._clock)
        sync = HierarchySync(self._cms, self._sink, store)
        while True:
            try:
                await self.run_if_due(database, store, sync)
            except asyncio.CancelledError:
                raise
            except Exception as problem:  # noqa: BLE001 (the database may be away; the next look tries again)
                log.warning("hierarchy_sync_paused", reason=f"{type(problem).__name__}: {problem}")
            await self._clock.sleep(LOOK_S)

    async def run_if_due(self, database: Database, store: Store, sync: HierarchySync) -> None:
        """Run a cycle if it is due and nobody else is at it.

        The lock is the session's, not a transaction's: a cycle may take minutes, and a worker that dies lets it go.
        """
        if not (await store.schedule()).due(self._clock.now()):
            return
        async with database.engine.connect() as connection:
            session = await connection.execution_options(isolation_level="AUTOCOMMIT")
            if not (await session.execute(text(f"SELECT pg_try_advisory_lock({_LOCK})"))).scalar_one():
                return
            try:
                sync.schedule = await store.schedule()  # another worker may have failed, or been at it just now
                if (await sync.run_once(self._clock.now())).state != "not_due":
                    await store.keep(sync.schedule)
            finally:
                await session.execute(text(f"SELECT pg_advisory_unlock({_LOCK})"))
