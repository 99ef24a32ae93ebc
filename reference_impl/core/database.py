"""PostgreSQL: one unit of work per request, and a short way for what is a single statement.

Two pools serve two needs. SQLAlchemy's engine runs transactions of several statements. A wallet movement is one
statement that checks and writes everything at once; PostgreSQL makes it a transaction of its own, so it goes to the
driver directly, without BEGIN and COMMIT, which is where most of the time of such a request went.
"""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import asyncpg
from sqlalchemy import MetaData
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from reference_impl.core.json import decode, dumps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from sqlalchemy import CursorResult, Executable
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncTransaction

    from reference_impl.core.clock import Clock

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the platform; each module's models add their own."""

STATEMENT_TIMEOUT_MS = 15_000
LOCK_TIMEOUT_MS = 10_000
_SESSION = {
    "application_name": "cityos",
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": "60000",
}


class UniqueViolation(Exception):
    """A unique index refused a row."""

    def __init__(self, constraint: str | None) -> None:
        self.constraint = constraint
        super().__init__(constraint)


class Database:
    """The connections of one process to one database."""

    def __init__(self, url: str, *, connections: int, statement_connections: int) -> None:
        self._url = url
        self._statement_connections = statement_connections
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self.engine: AsyncEngine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=True,
            json_serializer=dumps,
            json_deserializer=decode,
            async_creator=self._connect,
        )

    async def open(self) -> None:
        """Connect the pool for single statements; raises what the driver raises when the server is not there."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=self._statement_connections,
            server_settings=_SESSION,
            init=_exact,
            reset=_keep,
        )

    async def _connect(self) -> asyncpg.Connection[asyncpg.Record]:
        connection = await asyncpg.connect(self._url, server_settings=_SESSION)
        await _exact(connection)
        return connection

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
        await self.engine.dispose()

    async def row(self, sql: str, *args: object) -> Mapping[str, Any] | None:
        """Run one statement that is a transaction of its own; its first row, or None."""
        assert self._pool is not None, "open() first"
        try:
            row = await self._pool.fetchrow(sql, *args)
        except asyncpg.UniqueViolationError as refused:
            raise UniqueViolation(refused.constraint_name) from None
        return cast("Mapping[str, Any] | None", row)  # a record is one in all but its base class


async def _exact(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Numbers digit for digit, as PostgreSQL writes them: the driver's own way makes 1E+4 of 10000."""
    await connection.set_type_codec("numeric", schema="pg_catalog", encoder=str, decoder=Decimal, format="text")


async def _keep(_connection: object) -> None:
    """Single statements leave nothing behind in their session: nothing to reset, and a round trip saved."""


class Work:
    """One unit of work: a transaction that opens when it is first needed.

    Whoever made it commits it, never a service.
    A handler that raises rolls all of it back, events included.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._connection: AsyncConnection | None = None
        self._transaction: AsyncTransaction | None = None
        self._done = False

    def now(self) -> datetime:
        """The present moment by the platform's clock."""
        return self._clock.now()

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a statement in the transaction."""
        connection = await self._begin()
        try:
            return await connection.execute(statement, parameters)
        except IntegrityError as refused:
            raise _unique(refused) from refused

    async def attempt(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run a statement that may meet a unique index; the transaction survives it. Raises UniqueViolation."""
        connection = await self._begin()
        try:
            async with connection.begin_nested():
                return await connection.execute(statement, parameters)
        except IntegrityError as refused:
            raise _unique(refused) from refused

    async def whole(self, sql: str, *args: object) -> Mapping[str, Any] | None:
        """Run a statement that does all its business at once: on its own if nothing is open, else in the transaction.

        After one that ran on its own and wrote, this unit of work opens no transaction: the two could not fail
        together.
        """
        if self._connection is None:
            row = await self._database.row(sql, *args)
            self._done = self._done or row is not None
            return row
        try:
            async with self._connection.begin_nested():
                result = await self._connection.exec_driver_sql(sql, args)
                return _first(result)
        except IntegrityError as refused:
            raise _unique(refused) from refused

    async def look(self, sql: str, *args: object) -> Mapping[str, Any] | None:
        """Read one row with a fresh view of the database."""
        if self._connection is None:
            return await self._database.row(sql, *args)
        return _first(await self._connection.exec_driver_sql(sql, args))

    @contextlib.asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What happens inside is undone alone when it raises; the transaction goes on."""
        connection = await self._begin()
        async with connection.begin_nested():
            yield

    async def commit(self) -> None:
        if self._transaction is not None and self._transaction.is_active:
            await self._transaction.commit()
        await self._release()

    async def rollback(self) -> None:
        if self._transaction is not None and self._transaction.is_active:
            await self._transaction.rollback()
        await self._release()

    async def _begin(self) -> AsyncConnection:
        assert not self._done, "a statement of its own has been committed already; nothing may follow it"
        if self._connection is None:
            self._connection = await self._database.engine.connect()
            self._transaction = await self._connection.begin()
        return self._connection

    async def _release(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = self._transaction = None


@contextlib.asynccontextmanager
async def unit_of_work(database: Database, clock: Clock) -> AsyncIterator[Work]:
    """One for whoever is no request: committed at the end of the block, rolled back when it raises."""
    work = Work(database, clock)
    try:
        yield work
        await work.commit()
    except BaseException:
        await work.rollback()
        raise


def _first(result: CursorResult[Any]) -> Mapping[str, Any] | None:
    row = result.one_or_none()
    return None if row is None else row._asdict()


def _unique(refused: IntegrityError) -> Exception:
    cause = refused.orig.__cause__ if refused.orig is not None else None
    if isinstance(cause, asyncpg.UniqueViolationError):
        return UniqueViolation(cause.constraint_name)
    return refused
