"""A real browser before the platform: Chromium by Playwright, the application on a port, and its vendors."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import uvicorn
from pydantic import SecretStr

from fixtures.checks import eventually
from fixtures.simulators.base import Running
from fixtures.simulators.erpnext import ErpNext
from fixtures.simulators.fleetbase import Fleetbase
from fixtures.simulators.payload_cms import PayloadCms
from fixtures.simulators.sendgrid import SendGridSimulator
from reference_impl.app import create_app
from reference_impl.settings import (
    ErpNextSettings,
    FleetbaseSettings,
    PayloadCmsSettings,
    SendGridSettings,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

CHROMIUM = "CITYOS_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium() -> str | None:
    """Where a Chromium is: the one that the environment names, else one on PATH."""
    named = os.environ.get(CHROMIUM)
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A browser until the end of the block. Root, as in a container, can have no sandbox of Chromium's."""
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield opened
        finally:
            opened.close()


@dataclass
class Town:
    """The vendors, as simulators. Temporal is not configured."""

    cms: Running = field(default_factory=lambda: Running(PayloadCms()))
    books: Running = field(default_factory=lambda: Running(ErpNext()))
    parcels: Running = field(default_factory=lambda: Running(Fleetbase()))
    mail: Running = field(default_factory=lambda: Running(SendGridSimulator(api_key="test-key")))

    def set_up(self, *, slow_s: float = 0.0) -> None:
        """The books well, parcels away, mail with a key that is refused, and the CMS as slow as that."""
        self.cms.simulator.switches.slow_s = slow_s
        self.mail.simulator.switches.refuse_key = True
        self.parcels.stop()

    def settings(self, database_url: str) -> Settings:
        key, _, secret = self.books.simulator.api_key.partition(":")
        return Settings(
            database_url=database_url,
            connections=4,
            relay=False,
            payload_cms=PayloadCmsSettings(url=self.cms.base_url, key=SecretStr(self.cms.simulator.api_key)),
            erpnext=ErpNextSettings(
                url=self.books.base_url,
                key=key,
                secret=SecretStr(secret),
                company="Dakkah Test LLC",
                paid_to="Cash - DT",
                charges="Sales - DT",
            ),
            fleetbase=FleetbaseSettings(
                url=self.parcels.base_url,
                key=SecretStr(self.parcels.simulator.api_key),
                pickup_street="1 Olaya St",
                pickup_city="Riyadh",
                pickup_country="SA",
            ),
            sendgrid=SendGridSettings(
                url=self.mail.base_url,
                key=SecretStr("test-key"),
                sender="shop@example.com",
                order_template="d-" + "0" * 32,
            ),
        )

    def close(self) -> None:
        for one in (self.cms, self.books, self.parcels, self.mail):
            one.stop()


@contextlib.contextmanager
def answering(settings: Settings) -> Iterator[str]:
    """The application on a port of 127.0.0.1 until the end of the block; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    try:
        eventually(lambda: server.started, bool)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def put_dead_letters(database_url: str, slug: str, *letters: tuple[str, str, str]) -> None:
    """Let a tenant have these dead letters and no other events: handler, what it is about, and the error of each."""
    with psycopg.connect(database_url) as connection:
        connection.execute("TRUNCATE inbox, outbox")
        for number, (handler, aggregate, error) in enumerate(letters):
            event: dict[str, Any] = {
                "id": f"evt_01JD00000000000000000000{number:02d}",
                "about": aggregate,
                "slug": slug,
            }
            row = connection.execute(
                "INSERT INTO outbox (id, tenant_id, type, aggregate_id, payload, created_at, dispatched_at)"
                " SELECT %(id)s, tenant.id, 'order.placed', %(about)s, '{}', now(), now() FROM tenant"
                " WHERE slug = %(slug)s RETURNING position",
                event,
            ).fetchone()
            assert row is not None
            connection.execute(
                "INSERT INTO inbox"
                " (handler, event_id, position, aggregate_id, error, status, attempts, next_attempt_at)"
                " VALUES (%s, %s, %s, %s, %s, 'dead', 8, now())",
                (handler, event["id"], row[0], aggregate, error),
            )


def statuses(database_url: str) -> list[tuple[str, str, int]]:
    """What each inbox holds: handler, status, attempts."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT handler, status, attempts FROM inbox ORDER BY position").fetchall()
    return [(str(handler), str(status), int(attempts)) for handler, status, attempts in rows]
