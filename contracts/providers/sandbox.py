"""Sandboxes: real servers of a vendor that can be started here, for contracts to be verified against.

Of the vendors that nobody here owns only Payload CMS comes from a package registry; the others have simulators.
"""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fixtures.exits import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PAYLOAD_CMS = "payload-cms"
NAMES = (PAYLOAD_CMS,)
DRAFTS = "portals"
"""The collection of the sandbox that has drafts."""
PORT_MAX = 65_535
HOOK_SECRET = "hook-secret"  # noqa: S105 (of a server that only this machine reaches, and that is gone soon)


class SandboxMissing(UsageError):
    """What the server runs on is not here, or its packages can't be had; a sentence with the remedy."""


@dataclass(frozen=True)
class Sandbox:
    """A running server. headers: of who may do everything there. settings: what `verify` is told by `--set`."""

    provider: str
    version: str  # "3.90.2 on SQLite"
    base_url: str
    headers: Mapping[str, str]
    settings: Mapping[str, str]
    runs: Callable[[], bool] = field(repr=False, compare=False, default=lambda: True)


@contextlib.contextmanager
def started(
    provider: str, *, port: int = 0, database_url: str | None = None, log: Path | None = None
) -> Iterator[Sandbox]:
    """A vendor's own server, until the end of the block. port 0: a free one.

    database_url: a PostgreSQL server that lets us create a database, which is dropped in the end; else SQLite.
    Raises UsageError for a vendor without one, a port or a database that cannot be had, SandboxMissing without Node.js;
    CommandError when it does not start.
    """
    if provider not in NAMES:
        raise UsageError(f"there is a sandbox for {', '.join(NAMES)} only; `cityos simulate {provider}` is a simulator")
    with contextlib.ExitStack() as stack:
        database = None if database_url is None else stack.enter_context(_database(database_url))
        yield stack.enter_context(_payload_cms(port, database, log))


@contextlib.contextmanager
def _payload_cms(port: int, database_url: str | None, log: Path | None) -> Iterator[Sandbox]:
    from fixtures.npm import NodeMissing, NpmFailed
    from fixtures.payload.server import PayloadFailed, start_payload, version

    _check_port(port)
    hook = f"http://127.0.0.1:{_free_port()}/hook"
    with contextlib.ExitStack() as stack:
        try:
            payload = stack.enter_context(
                start_payload(
                    log,
                    hook_url=hook,
                    hook_secret=HOOK_SECRET,
                    port=port,
                    database_url=database_url,
                    drafts=[DRAFTS],
                )
            )
        except NodeMissing as missing:
            raise SandboxMissing(f"a sandbox of Payload CMS runs on Node.js. {missing}") from None
        except NpmFailed as missing:
            raise SandboxMissing(str(missing)) from None
        except PayloadFailed as problem:
            raise CommandError(str(problem)) from None
        yield Sandbox(
            PAYLOAD_CMS,
            f"{version()} on {'PostgreSQL' if database_url else 'SQLite'}",
            payload.base_url,
            {"Authorization": f"users API-Key {payload.api_key}"},
            {"drafts": DRAFTS, "hook": hook, "hook_secret": HOOK_SECRET},
            lambda: payload.runs,
        )


@contextlib.contextmanager
def _database(url: str) -> Iterator[str]:
    """A database of our own on a server, dropped in the end: Payload would change what it finds in another's."""
    from fixtures.postgres import PostgresError, open_server

    with contextlib.ExitStack() as stack:
        try:
            fresh = stack.enter_context(stack.enter_context(open_server(url)).fresh("payload"))
        except PostgresError as problem:
            raise UsageError(f"--database-url: {problem}") from None
        yield fresh


def _check_port(port: int) -> None:
    if not 0 <= port <= PORT_MAX:
        raise UsageError(f"Port {port}: a port is a number from 0 to {PORT_MAX}.")
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as problem:
        raise UsageError(f"Port {port} of 127.0.0.1 can't be had ({problem.strerror}); choose another.") from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
