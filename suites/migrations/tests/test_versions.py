"""The reference's history on the PostgreSQL of a container; which version that is, the image says."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures.postgres import PostgresError, open_server
from suites.migrations.commands.sources import Source, opened, server
from suites.migrations.replay import Options, replay

VERSIONS = (15, 16, 17, 18)


@pytest.fixture
def engine() -> None:
    """A Docker engine."""
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "info"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no Docker engine answers")


@pytest.mark.container
@pytest.mark.usefixtures("engine")
def test_the_history_of_the_reference_in_a_container() -> None:
    """All revisions go up, down and up again with rows in them, on the version that the image has."""
    major = os.environ.get("CITYOS_TEST_POSTGRES")
    with open_server(container=True, major=int(major) if major else None) as there:
        assert there.version in VERSIONS
        seen = replay(opened(Source()), there, Options(now=datetime(2026, 1, 1, tzinfo=UTC), rows=30))
    assert not seen.findings
    assert seen.complete


def test_a_version_is_had_in_a_container() -> None:
    """The embedded server is what it is; a version is asked of a container."""
    with pytest.raises(PostgresError, match="PostgreSQL 16 is had in a container"):
        open_server(major=16).__enter__()


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # Docker's client leaves one when it fails
def test_a_version_without_an_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no engine answers, `--postgres N` says so in one sentence."""
    from fixtures.exits import UsageError

    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(UsageError, match="Docker doesn't answer"):
        server(None, 17).__enter__()
    gc.collect()  # while the warning is switched off
