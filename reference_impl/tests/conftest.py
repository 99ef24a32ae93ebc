"""A migrated database per test, the application in this process, and a clock that the test moves."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from fixtures.postgres import template
from reference_impl.app import create_app
from reference_impl.core.clock import FrozenClock
from reference_impl.core.database import Database
from reference_impl.migrations import upgrade
from reference_impl.seeds import seed
from reference_impl.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from fastapi import FastAPI

    from fixtures.postgres import PostgresServer

pytest_plugins = ["fixtures.testing"]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def build(url: str) -> str:
    upgrade(url)
    return seed(url)


@pytest.fixture
def seeded(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a migrated and seeded database of the test's own."""
    with postgres.fresh("reference", template(postgres, "reference_tests", build)) as url:
        yield url


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest.fixture
async def store(seeded: str) -> AsyncIterator[Database]:
    """The database as the application sees it."""
    database = Database(seeded, connections=4, statement_connections=2)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def app(seeded: str) -> FastAPI:
    """The application with its relay off: a test runs it where it wants events carried."""
    return create_app(Settings(database_url=seeded, connections=4, relay=False))


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the started application."""
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://platform") as client,
    ):
        yield client


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(app) as started:
        yield started
