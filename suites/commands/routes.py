"""``cityos routes``: who may call what, as the reference implementation itself says it."""

from __future__ import annotations

import subprocess
import sys

from fixtures.exits import Exit


def run(*, json: bool) -> int:
    """Print the table of routes; exit 3 when the reference implementation cannot tell it."""
    command = [sys.executable, "-P", "-m", "reference_impl", "routes", *(["--json"] if json else [])]
    done = subprocess.run(command, check=False)
    return Exit.RELEASE if done.returncode == 0 else Exit.HARNESS_ERROR
