"""`cityos contracts`: help with examples that parse, and exit codes as a user meets them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from contracts.cli import app
from contracts.tests.commands import started
from fixtures.exits import Exit
from fixtures.provenance import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GROUP = typer.main.get_group(app)
COMMANDS = sorted(GROUP.commands)


def examples(command: str) -> list[str]:
    """The lines below its help."""
    shown = CliRunner().invoke(app, [command, "--help"])
    assert shown.exit_code == 0
    _, there, below = shown.output.partition("Examples:\n")
    assert there, f"{command} has no examples"
    return [
        line.strip() for line in " ".join(below.split()).replace(" cityos contracts", "\ncityos contracts").split("\n")
    ]


def test_every_command_of_the_issue_is_there() -> None:
    """And nothing that the list does not know."""
    assert (
        sorted("generate verify prove check stub drift breaking publish can-i-release matrix sandbox benchmark".split())
        == COMMANDS
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_parse(command: str) -> None:
    """Every example begins with its command, and is taken as it stands."""
    lines = examples(command)
    assert lines
    for line in lines:
        program, group, name, *arguments = shlex.split(line)
        assert (program, group, name) == ("cityos", "contracts", command)
        GROUP.commands[command].make_context(command, arguments)


def test_help_imports_nothing_heavy() -> None:
    """What takes long to import is left to the commands that need it."""
    heavy = ["rich", "httpx", "pact", "pytest", "starlette", "uvicorn", "yaml", "jsonschema_rs", "sqlalchemy"]
    source = f"import sys, contracts.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("verify erpnxt", Exit.USAGE, "cityos: erpnxt is no provider; there are erpnext, "),
        ("verify --timeout 0", Exit.USAGE, "'--timeout'"),
        ("verify fleetbase --base-url http://127.0.0.1:1", Exit.UNREACHABLE, "is fleetbase running there?"),
        ("stub --port 99999", Exit.USAGE, "'--port'"),
        ("can-i-release", Exit.USAGE, "--commit"),
        ("generat", Exit.USAGE, "No such command"),
    ],
)
def test_exit_codes(arguments: str, code: Exit, words: str, tmp_path: Path) -> None:
    """A mistake ends with 4 and a provider that is not there with 10: one sentence on standard error, no traceback."""
    with started(*arguments.split(), folder=tmp_path) as child:
        out, err = child.communicate(timeout=30)
    assert (child.returncode, len(out.splitlines()) <= 1) == (code, True)  # perhaps who is being asked
    assert words in err
    assert "Traceback" not in err
    assert err.startswith("cityos: ") or "Usage:" in err
