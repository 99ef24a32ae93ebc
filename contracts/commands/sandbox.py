"""``cityos contracts sandbox``: a vendor's own server, started here, for whoever verifies or develops against it."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import time
from typing import TYPE_CHECKING, Any

from contracts.providers import sandbox
from fixtures import stopping
from fixtures.exits import CommandError, Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contracts.providers.sandbox import Sandbox

_POLL_S = 0.2


def run(provider: str, *, port: int = 0, database_url: str | None = None, ready_file: Path | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM, then leave nothing behind: exit code 0.

    Raises UsageError for what this machine or the options do not allow, CommandError when the server fails.
    """
    stopping.on_signals()
    try:
        if ready_file is not None:
            _forget(ready_file)  # a killed predecessor's would say that we answer already
        _say(f"starting {provider}; the first time its packages are installed, which takes half a minute")
        with sandbox.started(provider, port=port, database_url=database_url) as there:
            for line in introduction(there):
                _say(line)
            if ready_file is not None:
                _write(ready_file, described(there))
            while there.runs():
                time.sleep(_POLL_S)
            raise CommandError(f"{provider} ended by itself")
    except stopping.Asked:
        return Exit.RELEASE
    finally:
        if ready_file is not None:
            with contextlib.suppress(OSError):
                ready_file.unlink(missing_ok=True)


def introduction(there: Sandbox) -> Iterator[str]:
    """What a person reads who has just started it."""
    yield f"{there.provider} {there.version} at {there.base_url}"
    for name, value in there.headers.items():
        yield f"key         {name}: {value}"
    headers = " ".join(shlex.quote(f"{name}: {value}") for name, value in there.headers.items())
    yield f"try it      curl -g -H {headers} '{there.base_url}/api/categories?sort=id&depth=0'"
    yield f"hook        posts each change to {there.settings['hook']}, signed with {there.settings['hook_secret']}"
    yield f"verify it   {command(there)}"
    yield "stop it     Ctrl-C"


def command(there: Sandbox) -> str:
    """How the contract is verified against it, as one types it."""
    words = ["cityos", "contracts", "verify", there.provider, "--base-url", there.base_url]
    for name, value in there.headers.items():
        words += ["--header", f"{name}: {value}"]
    for name, value in there.settings.items():
        words += ["--set", f"{name}={value}"]
    return shlex.join(words)


def described(there: Sandbox) -> dict[str, Any]:
    """What the ready file says."""
    return {
        "provider": there.provider,
        "version": there.version,
        "base_url": there.base_url,
        "headers": dict(there.headers),
        "settings": dict(there.settings),
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write a file that only we may read, in one step: whoever waits for it never sees half of it."""
    half = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123 (its mode)
            file.write(json.dumps(content, indent=2) + "\n")
        half.replace(path)
    except OSError as problem:
        raise _unwritable(path, problem) from None


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as problem:
        raise _unwritable(path, problem) from None


def _unwritable(path: Path, problem: OSError) -> UsageError:
    return UsageError(f"{path}: cannot be written ({problem.strerror}): name another file")


def _say(line: str) -> None:
    """At once, also where somebody reads through a pipe."""
    print(line, flush=True)
