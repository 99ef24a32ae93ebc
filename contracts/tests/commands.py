"""The `cityos contracts` commands: called here, what they answer and print; or started as a user does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from contracts.cli import app
from fixtures.provenance import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def invoke(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error. Raises what the command raises, as `cityos` sees it."""
    told = CliRunner().invoke(app, list(arguments), standalone_mode=False)
    if told.exception is not None:
        raise told.exception
    return int(told.return_value or 0), told.stdout, told.stderr


@contextlib.contextmanager
def started(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of `cityos contracts`, which is ended with the block."""
    # A shell starts background jobs with SIGINT ignored, and what we start would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-m", "suites.cli", "contracts", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    child = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        signal.signal(signal.SIGINT, before)
        child.kill()
        child.communicate(timeout=20)
