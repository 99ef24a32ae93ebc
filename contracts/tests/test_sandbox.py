"""The sandbox: a vendor's own server that is started, introduced, ended and cleaned up, or a sentence why not."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contracts.commands import sandbox as command
from contracts.providers import sandbox
from contracts.providers.sandbox import Sandbox, started
from fixtures import npm, stopping
from fixtures.exits import CommandError, Exit, UsageError
from fixtures.npm import NpmFailed
from fixtures.payload.server import MANIFEST
from fixtures.tests.fake_node import FakeNode, fake_node

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["fake_node"]

ROOT = Path(__file__).resolve().parents[2]
STARTED = """
import pathlib, sys
from contracts.commands.sandbox import run
sys.exit(run("payload-cms", ready_file=pathlib.Path(sys.argv[1])))
"""
READY_WITHIN_S = 120.0
THERE = Sandbox(
    "payload-cms",
    "3.90.2 on SQLite",
    "http://127.0.0.1:3000",
    {"Authorization": "users API-Key 2f6c1a9e"},
    {"drafts": "portals", "hook": "http://127.0.0.1:3001/hook", "hook_secret": "hook-secret"},
)


def starting(provider: str = "payload-cms", **options: Any) -> None:
    with started(provider, **options):
        raise AssertionError("it is there")


def test_a_vendor_without_one() -> None:
    """The sentence says for whom there is one, and what there is instead."""
    with pytest.raises(UsageError, match="sandbox for payload-cms only; `cityos simulate erpnext` is a simulator"):
        starting("erpnext")


@pytest.mark.usefixtures("fake_node")
def test_without_node() -> None:
    """A machine without Node.js is told what to install."""
    with pytest.raises(UsageError, match=r"runs on Node\.js\. There is no node on PATH; install Node\.js 20 or newer"):
        starting()


def test_without_a_registry(fake_node: FakeNode) -> None:
    """Packages that cannot be had are npm's fault, with its last words."""
    fake_node.provide(fails=True)
    with pytest.raises(CommandError, match="npm error code E404"):
        starting()


def test_a_port_that_is_taken() -> None:
    """The port is looked at before anything is installed."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Port {port} of 127\.0\.0\.1 can't be had"):
            starting(port=port)
    with pytest.raises(UsageError, match="Port 70000"):
        starting(port=70000)


def test_a_database_that_is_not_there() -> None:
    """The sentence names the option."""
    with pytest.raises(UsageError, match="--database-url: "):
        starting(database_url="postgresql://nobody@127.0.0.1:1/nothing")


def test_how_it_is_introduced() -> None:
    """A person reads the address, the key, and a command that verifies the contract as it stands."""
    said = dict(line.split(maxsplit=1) for line in command.introduction(THERE))
    assert said["key"] == "Authorization: users API-Key 2f6c1a9e"
    words = shlex.split(command.command(THERE))
    assert command.command(THERE) in said["verify"]
    assert words[:6] == ["cityos", "contracts", "verify", "payload-cms", "--base-url", THERE.base_url]
    assert words[6:8] == ["--header", "Authorization: users API-Key 2f6c1a9e"]
    assert words[8:] == [word for name, value in THERE.settings.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sandbox whose server ends by itself, in a process whose signals are left alone."""

    @contextmanager
    def begun(*_: object, **__: object) -> Iterator[Sandbox]:
        yield Sandbox(**{**vars(THERE), "runs": lambda: False})

    monkeypatch.setattr(sandbox, "started", begun)
    monkeypatch.setattr(stopping, "on_signals", lambda: None)


@pytest.mark.usefixtures("dying")
def test_a_server_that_ends_by_itself(tmp_path: Path) -> None:
    """That is a fault, not the normal end, and the ready file does not outlive it."""
    ready = tmp_path / "ready.json"
    with pytest.raises(CommandError, match="payload-cms ended by itself"):
        command.run("payload-cms", ready_file=ready)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("dying")
def test_a_ready_file_that_cannot_be_written(tmp_path: Path) -> None:
    """The sentence names the file."""
    with pytest.raises(UsageError, match="name another file"):
        command.run("payload-cms", ready_file=tmp_path / "nowhere" / "ready.json")


def test_from_start_to_end(tmp_path: Path) -> None:
    """It says when it is ready, answers with the key that it names, and leaves nothing behind after Ctrl-C."""
    try:
        npm.installed(MANIFEST, tmp_path / "log")
    except NpmFailed as missing:
        pytest.skip(f"the real Payload CMS can't be had: {missing}")
    ready, temporary = tmp_path / "ready.json", tmp_path / "temporary"
    temporary.mkdir()
    argv = [sys.executable, "-c", STARTED, str(ready)]
    env = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as child:
        deadline = time.monotonic() + READY_WITHIN_S
        while not ready.is_file() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        told = json.loads(ready.read_text())
        answer = httpx.get(f"{told['base_url']}/api/users/me", headers=told["headers"], trust_env=False)
        assert answer.json()["user"]["email"] == "sync@example.test"
        assert ready.stat().st_mode & 0o777 == 0o600
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=60)[0]
    assert child.returncode == Exit.RELEASE
    assert f"cityos contracts verify payload-cms --base-url {told['base_url']}" in said
    assert not ready.exists()
    assert list(temporary.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(told["base_url"], trust_env=False)
