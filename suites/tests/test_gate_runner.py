"""Whatever the checks' process does, the gate hears of it: nothing passes by silence, and nothing stays behind."""

from __future__ import annotations

import contextlib
import shutil
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fixtures import guard
from fixtures.results import Broken, CheckFinished, CheckStarted, Planned, RunFinished, RunStarted
from suites.gate import runner
from suites.gate.options import Profile
from suites.tests import fake_plugin

if TYPE_CHECKING:
    from collections.abc import Callable

    from fixtures.results import Event

    MakeJob = Callable[..., runner.Job]


@pytest.fixture
def job(tmp_path: Path) -> MakeJob:
    """Makes a job that runs the given module of checks under the stand-in for the plugin."""
    shutil.copy(fake_plugin.__file__, tmp_path / "cityos_fake.py")
    folder = tmp_path / "suites"
    folder.mkdir()

    def make(checks: str, **changes: Any) -> runner.Job:
        (folder / "test_tiny.py").write_text(textwrap.dedent(checks))
        facts: dict[str, Any] = {
            "suites": (folder,), "target": tmp_path / "t.toml", "requirements": tmp_path / "r.toml",
            "events": tmp_path / "events.ndjson", "log": tmp_path / "pytest.log", "ini": tmp_path / "pytest.ini",
            "seed": 1, "run": "r", "profile": Profile.MERGE, "plugin": "cityos_fake", "root": tmp_path, **changes,
        }  # fmt: skip
        return runner.Job(**facts)

    return make


def kinds(events: list[Event]) -> list[type]:
    return [type(event) for event in events]


def test_events_arrive_in_order(job: MakeJob) -> None:
    """A run of one check is: started, planned, check started, check finished, finished."""
    events = list(runner.events(job("def test_one(): assert True")))
    assert kinds(events) == [RunStarted, Planned, CheckStarted, CheckFinished, RunFinished]


def test_failed_checks_are_no_trouble(job: MakeJob) -> None:
    """A check that fails says so itself; the run is sound."""
    events = list(runner.events(job("def test_one(): assert False")))
    assert Broken not in kinds(events)


def test_no_checks_are_no_trouble_of_the_runner(job: MakeJob) -> None:
    """That nothing was selected is for the verdict to judge."""
    events = list(runner.events(job("")))
    assert kinds(events) == [RunStarted, Planned, RunFinished]


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        pytest.param("import os\ndef test_one(): os._exit(7)", "exit code 7", id="exits"),
        pytest.param("import os, signal\ndef test_one(): os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL", id="killed"),
        pytest.param("import os\ndef test_one(): os._exit(0)", "without saying so", id="exits as if all were well"),
        pytest.param("def test_one(: pass", "exit code 2", id="does not collect"),
        pytest.param("import no_such_module", "no_such_module", id="does not import"),
    ],
)
def test_process_that_dies_is_broken(job: MakeJob, checks: str, words: str) -> None:
    """A process that ends in any way but the orderly one is reported with how it ended and its last words."""
    trouble = [event for event in runner.events(job(checks)) if isinstance(event, Broken)]
    assert len(trouble) == 1
    assert words in trouble[0].reason


def test_tests_of_a_suite_judge_no_target(job: MakeJob, tmp_path: Path) -> None:
    """What a suite has in its folder tests is about our own code, and no check."""
    ready = job("def test_one(): assert True")
    (tmp_path / "suites" / "tests").mkdir()
    (tmp_path / "suites" / "tests" / "test_own.py").write_text("def test_two(): assert True")
    (planned,) = [event for event in runner.events(ready) if isinstance(event, Planned)]
    assert [check.rpartition("::")[2] for check in planned.checks] == ["test_one"]


def test_process_that_cannot_start_is_broken(job: MakeJob) -> None:
    """An option that pytest refuses ends the run as broken."""
    (trouble,) = runner.events(job("def test_one(): pass", plugin="no_such_plugin"))
    assert isinstance(trouble, Broken)


def test_silence_ends_the_run(job: MakeJob) -> None:
    """A check that hangs is ended, and the run is broken."""
    events = list(runner.events(job("import threading\ndef test_one(): threading.Event().wait()", stall_s=1.5)))
    assert isinstance(events[-1], Broken)
    assert "nothing happened for 1.5 s" in events[-1].reason


def test_nonsense_in_the_stream_is_broken(job: MakeJob, tmp_path: Path) -> None:
    """A line that is no event of ours is reported, and the rest is still read."""
    checks = f"""
        def test_one():
            with open({str(tmp_path / "events.ndjson")!r}, "a") as file:
                file.write('{{"type": "gossip"}}\\n')
    """
    events = list(runner.events(job(checks)))
    assert Broken in kinds(events)
    assert kinds(events)[-1] is RunFinished


def test_closing_ends_the_process_and_its_children(job: MakeJob, tmp_path: Path) -> None:
    """A run that nobody listens to any more leaves no process behind, not even a worker that ignores us."""
    checks = f"""
        import os, pathlib, subprocess, sys, threading
        def test_one():
            sleeper = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"
            child = subprocess.Popen([sys.executable, "-c", sleeper])
            pathlib.Path({str(tmp_path / "pids")!r}).write_text(f"{{os.getpid()}} {{child.pid}}\\n")
            threading.Event().wait()
    """
    pids = tmp_path / "pids"
    with contextlib.closing(runner.events(job(checks))) as events:
        for event in events:
            if isinstance(event, CheckStarted):
                break
        deadline = time.monotonic() + 20
        while not (pids.exists() and pids.read_text().endswith("\n")) and time.monotonic() < deadline:
            time.sleep(0.01)
    both = [int(pid) for pid in pids.read_text().split()]
    while any(guard.start_time(pid) for pid in both) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [guard.start_time(pid) for pid in both] == [None, None]


def test_environment_of_the_process(job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's options for other runs of pytest stay out, and so does the switch against byte code."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.setenv(name, "x")
    checks = """
        import os
        def test_one():
            assert not {"PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONDONTWRITEBYTECODE"} & set(os.environ)
            assert os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] == "1"
    """
    (finished,) = [event for event in runner.events(job(checks)) if isinstance(event, CheckFinished)]
    assert finished.result.outcome == "pass"


def test_several_workers(job: MakeJob) -> None:
    """With more than one worker xdist is loaded, by name."""
    line = runner.command(job("", workers=3))
    assert line[line.index("-n") : line.index("-n") + 4] == ["-n", "3", "--dist", "worksteal"]
    assert "xdist" not in runner.command(job("", workers=1))
