"""The gate on the real thing: the reference implementation, on a real database, from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from suites.gate.options import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEADLINE_S = 120
ONE_CHECK = "suites/smoke/test_wallet.py"


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Run `cityos` in a folder, as a user would."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "suites.cli", *arguments],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def cityos(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of one command."""
    process = start(folder, *arguments)
    try:
        out, err = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
    return process.returncode, out, err


def wait_until(happens: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not happens():
        assert time.monotonic() < deadline, "it took too long"
        assert process.poll() is None, f"cityos ended with {process.returncode}: {process.communicate()}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which `cityos serve` runs; at the end SIGTERM stops it with exit code 0."""
    folder = tmp_path_factory.mktemp("served")
    process = start(folder, "serve", "--port", "0", "--ready-file", "ready.json")
    try:
        wait_until((folder / "ready.json").exists, process)
        yield folder
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=DEADLINE_S)
        assert (process.returncode, err) == (0, "")
        assert not (folder / "ready.json").exists()
    finally:
        process.kill()
        process.wait()


def test_verdict_on_a_served_reference(served: Path) -> None:
    """A reference that runs elsewhere, with data in it from the run before, is released each time."""
    chosen = ("--target", ".cityos/target.toml", "--only", ONE_CHECK, "--seed", "7")
    code, out, err = cityos(served, "gate", *chosen)
    assert (code, err) == (0, "")
    assert "verdict  release" in out
    assert "seed 7" in out
    code, out, err = cityos(served, "gate", *chosen, "--json")
    report = json.loads(out)  # nothing else is on standard output
    assert (code, report["verdict"]["decision"]) == (0, "release")
    assert "verdict  release" in err
    assert report["about"]["target"] == "served"
    assert report["about"]["base_url"] == json.loads((served / "ready.json").read_text())["base_url"]


def test_smoke_steps(served: Path) -> None:
    """`cityos smoke` prints one line per check with its requests."""
    code, out, _ = cityos(served, "smoke", "--target", ".cityos/target.toml", "--workers", "1")
    assert code == 0
    steps = [line for line in out.splitlines() if line.startswith("pass ") and " requests, " in line]
    assert len(steps) == json.loads((served / "reports" / "smoke.json").read_text())["tree"]["counts"]["pass"]


def test_read_only_target(served: Path) -> None:
    """On a read-only target nothing is written: what writes is omitted, and the verdict says so."""
    target = served / "read-only.toml"
    target.write_text("read_only = true\n" + (served / ".cityos" / "target.toml").read_text())
    code, out, _ = cityos(served, "gate", "--target", str(target), "--json", "--report-dir", "read-only")
    counts = json.loads(out)["tree"]["counts"]
    assert code in (0, 11), out
    assert counts["omit"] > counts["pass"] > 0
    assert counts["fail"] == counts["error"] == 0


def test_target_check(served: Path) -> None:
    """`cityos targets check` logs in each operator and names what the target offers."""
    code, out, _ = cityos(served, "targets", "check", ".cityos/target.toml")
    assert code == 0
    assert "riyadh: operator" in out
    assert "capability wallet" in out


def test_selection_that_matches_nothing(served: Path) -> None:
    """Nothing that ran is never a pass: exit 5."""
    code, out, _ = cityos(served, "gate", "--target", ".cityos/target.toml", "--only", "no-such-check")
    assert (code, "nothing ran" in out) == (5, True)


def test_second_server_in_the_same_folder(served: Path) -> None:
    """A second `serve` beside the first is refused with one sentence."""
    code, _, err = cityos(served, "serve", "--port", "0")
    assert code == 4
    assert "in use" in err
    assert "Traceback" not in err


def test_defect_blocks_with_evidence(tmp_path: Path) -> None:
    """A lost update exits 1; what was asked, answered and expected, and how to repeat it, is shown everywhere."""
    arguments = ("--defect", "wallet.lost_update", "--only", "test_parallel_credits_all_count", "--seed", "7")
    code, out, err = cityos(tmp_path, "gate", *arguments)
    assert (code, err) == (1, "")
    for words in (
        "WAL-03",
        "request     ",
        "answer      200",
        "difference  ",
        "--seed 7",
        "--defect wallet.lost_update",
    ):
        assert words in out
    for report in ("gate.html", "gate.json", "gate.junit.xml", "gate.md"):
        content = (tmp_path / "reports" / report).read_text()
        assert "WAL-03" in content
        assert "--defect wallet.lost_update" in content


def test_killed_gate_leaves_nothing(tmp_path: Path) -> None:
    """After `kill -9` of the gate every process that it started is gone within seconds."""
    process = start(tmp_path, "gate")
    events = tmp_path / "reports" / "gate.events.ndjson"
    wait_until(lambda: events.exists() and b"check_finished" in events.read_bytes(), process)
    family: list[Any] = psutil.Process(process.pid).children(recursive=True)
    assert {"postgres", "reference_impl", "pytest"} <= {word for one in family for word in _words(one)}
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(family, timeout=30)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


def test_interrupted_gate_says_so(tmp_path: Path) -> None:
    """Ctrl-C ends the gate with exit 2, a report that says so, and no process left."""
    process = start(tmp_path, "gate")
    events = tmp_path / "reports" / "gate.events.ndjson"
    wait_until(lambda: events.exists() and b"check_finished" in events.read_bytes(), process)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 2
    assert "verdict  inconclusive: interrupted before the end" in out
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


def _words(process: psutil.Process) -> list[str]:
    try:
        return [part.rpartition("/")[2] for part in process.cmdline()]
    except psutil.Error:
        return []
