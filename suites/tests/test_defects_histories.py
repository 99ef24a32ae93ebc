"""Bad revisions get into a copy of the reference's history, and never into the history itself."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from suites.defects import histories
from suites.defects.histories import OutOfDate
from suites.defects.registry import Patch

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "versions").glob("*.py"))


def test_revisions_come_behind_the_last(tmp_path: Path) -> None:
    """Each new revision is numbered and comes after the one before it; the reference's own stay as they are."""
    original = histories.reference_history()
    last = names(original)[-1]
    patch = Patch()
    for name in ("first", "second"):
        patch.revision(name, "\n        def upgrade():\n            pass\n")
    assert patch.changed
    histories.spoiled(patch.history, tmp_path / "copy")
    *kept, first, second = names(tmp_path / "copy")
    assert kept == names(original)
    number = int(last[:4])
    assert (first, second) == (f"{number + 1:04}_first.py", f"{number + 2:04}_second.py")
    text = (tmp_path / "copy" / "versions" / second).read_text()
    assert f'down_revision = "{first.removesuffix(".py")}"' in text
    assert "\ndef upgrade():\n    pass\n" in text


def test_an_edit_changes_the_copy_alone(tmp_path: Path) -> None:
    """A part of a file is another one in the copy; one that is not there any more is said at once."""
    patch = Patch()
    patch.edit_history("env.py", "        context.run_migrations()\n", "        pass\n")
    histories.spoiled(patch.history, tmp_path / "copy")
    assert "run_migrations" not in (tmp_path / "copy" / "env.py").read_text()
    assert "run_migrations" in (histories.reference_history() / "env.py").read_text()
    for file in ("env.py", "gone.py"):
        with pytest.raises(OutOfDate, match=f"{file} must contain 'no such words' once, and has it 0 times"):
            patch.edit_history(file, "no such words", "")


def write(folder: Path) -> subprocess.CompletedProcess[str]:
    command = ["-m", "suites.defects.server", "--defect", "migrations.no_row_in_mind", "--history", str(folder)]
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)


def test_the_server_writes_a_history_and_ends(tmp_path: Path) -> None:
    """`--history DIR` writes the spoiled history and serves nothing; what is there already is not written over."""
    done = write(tmp_path / "copy")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(names(tmp_path / "copy")) == len(names(histories.reference_history())) + 3
    again = write(tmp_path / "copy")
    assert (again.returncode, again.stderr.count("\n")) == (4, 1)
    assert "name a folder that is not there yet" in again.stderr
