"""``cityos serve``: the reference implementation for people, with a database that stays in .cityos/."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from fixtures import provenance, stopping, targets
from fixtures.exits import CommandError, Exit, UsageError
from fixtures.terminal import console
from suites.gate import reporters
from suites.gate.places import check_defect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.reference import Reference

FOLDER = Path(".cityos")
DATABASE = "cityos_serve"
TARGET_NAME = "served"
"""Not "reference": that name makes ``cityos gate`` start an implementation of its own."""
_POLL_S = 0.2


def run(*, port: int, workers: int, database_url: str | None, ready_file: Path | None, defect: str | None) -> int:
    """Serve until Ctrl-C or SIGTERM, then end cleanly: exit code 0.

    Raises UsageError for an unknown defect, a database or a port that cannot be had, CommandError when the server dies.
    """
    check_defect(defect)
    stopping.on_signals()
    out = console()
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)  # a killed predecessor's would say that we answer already
    try:
        with _serving(port, workers, database_url, defect) as reference:
            ready = describe(reference.base_url, reference.seed, reference.database_url)
            target = FOLDER / "target.toml"
            served = targets.from_seed(reference.base_url, reference.seed, TARGET_NAME, webhooks=reference.webhooks)
            _write(target, targets.to_toml(served).encode())
            for line in introduction(ready, target, defect):
                out.print(line)
            if ready_file is not None:
                _write(ready_file, msgspec.json.format(msgspec.json.encode(ready), indent=2) + b"\n")
            while _runs(reference.pid):
                time.sleep(_POLL_S)
            raise CommandError(f"the reference implementation ended by itself; its log is {reference.log}")
    except stopping.Asked:
        return Exit.RELEASE
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


def describe(base_url: str, seed: dict[str, Any], database_url: str) -> dict[str, Any]:
    """What the ready file says: addresses, keys, and everybody who can log in, each with the tenant."""

    def people(kind: str) -> list[dict[str, str]]:
        return [{**one, "tenant": tenant["slug"]} for tenant in seed["tenants"] for one in tenant.get(kind, [])]

    return {
        "base_url": base_url,
        "publishable_keys": {tenant["slug"]: tenant["publishable_key"] for tenant in seed["tenants"]},
        "operators": people("operators"),
        "customers": people("customers"),
        "vendors": people("vendors"),
        "database_url": database_url,
    }


def introduction(ready: dict[str, Any], target: Path, defect: str | None) -> Iterator[str]:
    """What a person reads who has just started it."""
    yield f"CityOS reference implementation at {ready['base_url']}, documentation at {ready['base_url']}/docs"
    if defect:
        yield f"defect      {defect} is switched on"
    yield f"database    {ready['database_url']}"
    for tenant, key in ready["publishable_keys"].items():
        yield f"tenant      {tenant}, publishable key {key}"
    for kind in ("operators", "customers", "vendors"):
        for who in ready[kind]:
            yield f"{kind[:-1]:<12}{who['email']} / {who['password']} ({who['tenant']})"
    yield f"verify it   cityos gate --target {target}"
    yield "stop it     Ctrl-C"


@contextlib.contextmanager
def _serving(port: int, workers: int, database_url: str | None, defect: str | None) -> Iterator[Reference]:
    from fixtures.postgres import PostgresError, open_server
    from fixtures.reference import ReferenceFailed, start_reference

    embedded = database_url is None
    data = FOLDER / "postgres" if embedded else None
    log = FOLDER.absolute() / "serve.log"
    commit = {"CITYOS_COMMIT": provenance.harness()}
    with contextlib.ExitStack() as stack:
        try:
            FOLDER.mkdir(exist_ok=True)
            log.unlink(missing_ok=True)
            server = stack.enter_context(open_server(database_url, data=data, durable=embedded))
            starting = start_reference(
                server, defect=defect, database=DATABASE, port=port, workers=workers, log=log, env=commit
            )
            reference = stack.enter_context(starting)
        except OSError as error:
            remedy = "start in a folder that can be written"
            raise UsageError(f"{error.filename or FOLDER}: {error.strerror}: {remedy}") from error
        except (PostgresError, ReferenceFailed) as error:
            raise UsageError(str(error)) from error
        yield reference


def _write(path: Path, content: bytes) -> None:
    """Write a file that only we may read, in one step: whoever waits for it never sees half of it."""
    try:
        reporters.write(path.absolute(), content, mode=0o600)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}): name another file") from error


def _runs(pid: int) -> bool:
    """Whether our child still runs; it stays ours to be waited for."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False
