"""What defects do to the reference's history of migrations: to a copy of its folder, never to the folder itself."""

from __future__ import annotations

import importlib.util
import shutil
import textwrap
from pathlib import Path
from typing import Protocol

import msgspec


class OutOfDate(Exception):
    """A defect that no longer fits the code it wants to spoil: the catalogue has to be corrected."""


class Change(Protocol):
    """Something that is done to a copy."""

    def apply(self, folder: Path) -> None:
        """Do it. Raises OutOfDate."""
        ...


class NewRevision(msgspec.Struct, frozen=True):
    """A revision that comes behind all that are there."""

    name: str
    code: str

    def apply(self, folder: Path) -> None:
        """Number it, chain it to the last one, and write it."""
        versions = folder / "versions"
        last = max(path.stem for path in versions.glob("[0-9]*.py"))
        name = f"{int(last[:4]) + 1:04}_{self.name}"
        head = f'from alembic import op\n\nrevision = "{name}"\ndown_revision = "{last}"\n\n'
        (versions / f"{name}.py").write_text(head + textwrap.dedent(self.code).lstrip("\n"), encoding="utf-8")


class Edit(msgspec.Struct, frozen=True):
    """A part of a file that becomes another."""

    file: str
    old: str
    new: str

    def check(self, folder: Path) -> str:
        """The file's text, which has the part once; raises OutOfDate."""
        path = folder / self.file
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if text.count(self.old) != 1:
            raise OutOfDate(f"{self.file} must contain {self.old!r} once, and has it {text.count(self.old)} times")
        return text

    def apply(self, folder: Path) -> None:
        """Write the file anew."""
        (folder / self.file).write_text(self.check(folder).replace(self.old, self.new), encoding="utf-8")


def reference_history() -> Path:
    """The folder of the reference implementation's history, found without importing it."""
    found = importlib.util.find_spec("reference_impl")
    if found is None or found.origin is None:
        raise OutOfDate("the reference implementation is not installed")
    return Path(found.origin).parent / "migrations"


def spoiled(changes: list[Change], folder: Path) -> None:
    """Write the reference's history into a new folder, and change it there."""
    shutil.copytree(reference_history(), folder, ignore=shutil.ignore_patterns("__pycache__"))
    for change in changes:
        change.apply(folder)
