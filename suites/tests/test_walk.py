"""The checkout that the README of the reference implementation shows: what can be pasted there works."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from fixtures import targets
from fixtures.postgres import open_server
from fixtures.reference import start_reference
from suites.gate.options import ROOT

if TYPE_CHECKING:
    from pathlib import Path

README = ROOT / "reference_impl" / "README.md"
DEADLINE_S = 60


@pytest.mark.skipif(not README.is_file(), reason="the README does not come with the installed package")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_checkout_by_curl(tmp_path: Path) -> None:
    """Pasted line by line, it ends with the order, its two vendor orders, its policy, and the money back."""
    lines = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    with open_server() as server, start_reference(server) as reference:
        target = targets.from_seed(reference.base_url, reference.seed)
        (tmp_path / ".cityos").mkdir()
        (tmp_path / ".cityos" / "target.toml").write_text(targets.to_toml(target), encoding="utf-8")
        script = "set -eu\n" + "".join(lines).replace("http://127.0.0.1:9000", reference.base_url)
        done = subprocess.run(
            ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=DEADLINE_S, check=False
        )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert [line.count('"vendor_order_number"') for line in said if '"vendor_order_number"' in line] == [2, 2]
    assert '"policies"' in done.stdout
    assert '"amount":-49.75' in done.stdout
    assert "canceled" in said
    assert '"balance":500' in said[-1]
