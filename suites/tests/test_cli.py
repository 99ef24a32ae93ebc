"""The command line: help at once, the project's exit codes, one sentence for a mistake."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from typer.testing import CliRunner

from fixtures import targets
from suites import cli
from suites.commands import doctor, serve
from suites.gate import reporters
from suites.gate.options import ROOT, STARTED, Options

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

COMMANDS = ["gate", "smoke", "prove", "serve", "simulate", "routes", "doctor", "targets check"]
SEED = {
    "tenants": [
        {
            "slug": "dakkah",
            "publishable_key": "pk_1",
            "operators": [{"email": "op@dakkah.example", "password": "p", "role": "admin"}],
            "customers": [{"email": "amal@dakkah.example", "password": "p"}],
            "vendors": [{"email": "souq@dakkah.example", "password": "p"}],
        }
    ]
}


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, arguments)  # type: ignore[return-value]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command: str) -> None:
    """The help of every command ends with examples that begin with the command itself."""
    shown = invoke(*command.split(), "--help")
    assert shown.exit_code == 0
    assert f"Examples:\n    cityos {command}" in shown.output


def test_help_imports_nothing_heavy() -> None:
    """What takes long to import is left to the commands that need it."""
    heavy = ["rich", "httpx", "pytest", "jinja2", "msgspec", "psycopg", "fastapi", "sqlalchemy", "pydantic"]
    source = f"import sys, suites.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_costs_little() -> None:
    """`cityos --help` takes less than 0.4 s of CPU."""
    command = [sys.executable, "-m", "suites.cli", "--help"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # the first start compiles
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.4


def test_fault_of_ours_does_not_blame_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nobody foresaw exits 3, not with Python's 1, which means that the product is blocked."""

    def broken() -> int:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(doctor, "run", broken)
    assert invoke("doctor").exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "Usage:"),
        ("--nope", "No such option"),
        ("gaet", "No such command"),
        ("gate --seed x", "'--seed'"),
        ("gate --profile weekly", "weekly"),
        ("gate --workers 0", "at least 1 process"),
        ("gate --target staging --defect wallet.lost_update", "leave --target out"),
        ("gate --target medusa --defect wallet.lost_update", "leave --target out"),
        ("gate --target staging --container", "reference or medusa"),
        ("gate --target staging --database-url postgresql://x", "reference or medusa"),
        ("gate --target no-such-target", "there is no targets/no-such-target.toml"),
        ("smoke --target no-such-target", "there is no targets/no-such-target.toml"),
        ("targets check no-such-target", "there is no targets/no-such-target.toml"),
        ("serve --port 99999", "'--port'"),
        ("gate --defect wallet.no_such_defect", "there is no defect wallet.no_such_defect"),
        ("serve --defect wallet.no_such_defect", "there is no defect wallet.no_such_defect"),
    ],
)
def test_usage_errors(arguments: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake on the command line exits 4 and says which."""
    monkeypatch.chdir(tmp_path)
    shown = invoke(*arguments.split())
    assert (shown.exit_code, words in shown.output) == (4, True), shown.output
    assert "Traceback" not in shown.output


def test_medusa_without_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target medusa on a machine without Node.js exits 4 and says what to install."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    shown = invoke("gate", "--target", "medusa")
    assert shown.exit_code == 4
    assert "--target medusa: There is no node on PATH; install Node.js 20 or newer" in " ".join(shown.output.split())


def test_targets_that_are_started_here() -> None:
    """Command line and checks agree on which targets have a name without a file."""
    assert targets.STARTED == STARTED


def test_target_that_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that does not answer exits 10, with one line that names it, and an old report does not survive."""
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "down.toml"
    target.write_text('name = "down"\nbase_url = "http://127.0.0.1:1"\n[tenants.a]\npublishable_key = "pk_x"\n')
    old = tmp_path / "reports" / "gate.json"
    old.parent.mkdir()
    old.write_text("{}")
    shown = invoke("gate", "--target", str(target))
    assert shown.exit_code == 10
    assert shown.output.startswith("cityos: down does not answer at http://127.0.0.1:1: ")
    assert shown.output.count("\n") == 1
    assert not old.exists()
    assert invoke("targets", "check", str(target)).exit_code == 10


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("base_url", "base_ur"), "base_ur is not a key of a target file; did you mean base_url?"),
        (("pk_x", ""), "tenants.a.publishable_key"),
        (("[tenants.a]", 'capabilities = ["walet"]\n[tenants.a]'), "capabilities: walet is not known"),
    ],
    ids=["key", "value", "capability"],
)
def test_broken_target_file(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    """A target file that cannot be used exits 4, naming file, key and remedy."""
    target = tmp_path / "x.toml"
    text = 'name = "x"\nbase_url = "http://127.0.0.1:1"\n[tenants.a]\npublishable_key = "pk_x"\n'
    target.write_text(text.replace(*change))
    for command in (["gate", "--report-dir", str(tmp_path), "--target"], ["targets", "check"]):
        shown = invoke(*command, str(target))
        assert shown.exit_code == 4
        assert str(target) in shown.output
        assert words in shown.output


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """A report folder that cannot be made exits 4."""
    (tmp_path / "file").touch()
    shown = invoke("gate", "--report-dir", str(tmp_path / "file" / "reports"))
    assert shown.exit_code == 4
    assert "name another one" in shown.output


def test_closed_pipe_blames_nobody() -> None:
    """When nobody reads what is printed (`| head`), the exit code is not 1, which means that the product is blocked."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "suites.cli", "doctor"]
    done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)


def test_doctor() -> None:
    """The doctor finds what this very test runs on."""
    shown = invoke("doctor")
    assert shown.exit_code == 0
    assert "ok       Python" in shown.output
    assert "embedded PostgreSQL" in shown.output


def test_random_seed_is_a_choice_of_its_own() -> None:
    """Without --seed two runs differ in seed and id."""
    first, second = Options(), Options()
    assert first.run != second.run
    assert 0 <= first.seed < 1_000_000


def test_ready_file_says_who_can_log_in(tmp_path: Path) -> None:
    """The ready file has address, keys by tenant and everybody who can log in; only we may read it."""
    ready = serve.describe("http://127.0.0.1:9000", SEED, "postgresql://x")
    path = tmp_path / "ready.json"
    reporters.write(path, msgspec.json.encode(ready), mode=0o600)
    data = json.loads(path.read_text())
    assert data == {
        "base_url": "http://127.0.0.1:9000",
        "publishable_keys": {"dakkah": "pk_1"},
        "operators": [{"email": "op@dakkah.example", "password": "p", "role": "admin", "tenant": "dakkah"}],
        "customers": [{"email": "amal@dakkah.example", "password": "p", "tenant": "dakkah"}],
        "vendors": [{"email": "souq@dakkah.example", "password": "p", "tenant": "dakkah"}],
        "database_url": "postgresql://x",
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_introduction_tells_how_to_verify(tmp_path: Path) -> None:
    """Who starts the reference reads its address, its documentation, and the command that verifies it."""
    ready = serve.describe("http://127.0.0.1:9000", SEED, "postgresql://x")
    lines: Any = "\n".join(serve.introduction(ready, tmp_path / "target.toml", None))
    for words in ("http://127.0.0.1:9000/docs", "pk_1", "op@dakkah.example / p", f"cityos gate --target {tmp_path}"):
        assert words in lines


def test_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    """A file that cannot be replaced leaves nothing half-written behind."""
    folder = tmp_path / "report.json"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        reporters.write(folder, b"{}")
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
