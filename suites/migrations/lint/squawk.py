"""squawk, the linter for PostgreSQL migrations (https://squawkhq.com), run over statements that were executed.

Its own way to switch a rule off, a comment `squawk-ignore`, does not count: a waiver has an owner, a reason and an end.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixtures.exits import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DEADLINE_S = 120
_BETWEEN, _BEGIN, _END = ";\n\n", "BEGIN;\n", ";\nCOMMIT"
_IGNORE = "squawk-ignore"
SYNTAX = "syntax-error"


@dataclass(frozen=True)
class Script:
    """The statements of one revision, and of each the transaction in which it ran, None for none.

    An empty text is no statement for squawk, but keeps its number.
    """

    statements: Sequence[str]
    transactions: Sequence[int | None]

    @property
    def together(self) -> bool:
        """Whether all of it ran in one transaction."""
        return len(set(self.transactions)) <= 1 and None not in self.transactions

    def without(self, numbers: Iterable[int]) -> Script:
        """The same with some of them empty."""
        gone = set(numbers)
        kept = ["" if number in gone else each for number, each in enumerate(self.statements)]
        return Script(kept, self.transactions)

    def pieces(self) -> list[tuple[str, str, str]]:
        """Each statement between what begins and what ends its transaction, where there is more than one."""
        last = len(self.statements) - 1
        found = []
        for number, text in enumerate(self.statements):
            own = self.transactions[number]
            several = own is not None and not self.together
            begins = several and (number == 0 or self.transactions[number - 1] != own)
            ends = several and (number == last or self.transactions[number + 1] != own)
            plain = text.replace(_IGNORE, _IGNORE.replace("-", " ")).rstrip().removesuffix(";")
            found.append((_BEGIN if begins else "", plain, (_END if ends else "") + _BETWEEN))
        return found


@dataclass(frozen=True)
class Problem:
    """What squawk says of the statement with this number in its script, from character `start` up to `end`."""

    rule: str
    statement: int
    start: int
    end: int
    says: str
    help: str


def program() -> Path:
    """squawk beside this Python, else on PATH. Raises UsageError when it is nowhere."""
    found = shutil.which("squawk", path=str(Path(sys.executable).parent)) or shutil.which("squawk")
    if found is None:
        raise UsageError("squawk, which lints migrations, is not installed: pip install squawk-cli")
    return Path(found)


def problems(scripts: Sequence[Script], version: str) -> list[list[Problem]]:
    """What squawk says of each script. version: of the server, as in "18.6". Raises CommandError when squawk fails.

    Where squawk cannot read a statement it says little about its neighbours: they are given to it once more without.
    """
    squawk = program()
    found: list[list[Problem]] = [[] for _ in scripts]
    for together in (True, False):
        chosen = {number: script for number, script in enumerate(scripts) if script.together is together}
        first = _run(squawk, chosen, version, together)
        unread = {number: [each for each in said if each.rule == SYNTAX] for number, said in first.items()}
        again = {
            number: script.without(each.statement for each in unread[number])
            for number, script in chosen.items()
            if unread[number]
        }
        second = _run(squawk, again, version, together)
        for number, said in first.items():
            found[number] = [*unread[number], *second[number]] if unread[number] else said
    return found


def _run(squawk: Path, scripts: dict[int, Script], version: str, together: bool) -> dict[int, list[Problem]]:
    pieces = {number: script.pieces() for number, script in scripts.items() if any(script.statements)}
    found: dict[int, list[Problem]] = {number: [] for number in scripts}
    if not pieces:
        return found
    with tempfile.TemporaryDirectory(prefix="cityos-lint-") as folder:
        for number, parts in pieces.items():
            (Path(folder) / f"{number}.sql").write_text(_text(parts), encoding="utf-8", newline="")
        command: list[str | Path] = [squawk, "--reporter", "json", "--pg-version", version]
        command.append("--assume-in-transaction" if together else "--no-assume-in-transaction")
        command += [f"{number}.sql" for number in pieces]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, timeout=_DEADLINE_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise CommandError(f"squawk could not be run: {problem}") from None
    try:
        said = json.loads(done.stdout)
    except ValueError:
        words = done.stderr.decode(errors="replace").strip()
        raise CommandError(f"squawk {squawk} ended with {done.returncode} and no result: {words}") from None
    for each in said:
        number = int(Path(each["file"]).stem)
        found[number].append(_problem(each, pieces[number]))
    return found


def _text(pieces: Iterable[tuple[str, str, str]]) -> str:
    return "".join(part for piece in pieces for part in piece)


def _problem(said: dict[str, Any], pieces: Sequence[tuple[str, str, str]]) -> Problem:
    """squawk counts lines from 0, and columns in bytes."""
    lines = [line.encode() for line in re.split(r"(?<=\n)", _text(pieces))]

    def characters(line: int, column: int) -> int:
        return len((b"".join(lines[:line]) + b"".join(lines[line : line + 1])[:column]).decode(errors="replace"))

    start, end = characters(said["line"], said["column"]), characters(said["line_end"], said["column_end"])
    number = 0
    while number + 1 < len(pieces) and start >= len("".join(pieces[number])):
        passed = len("".join(pieces[number]))
        start, end, number = start - passed, end - passed, number + 1
    before = len(pieces[number][0])
    return Problem(
        said["rule_name"], number, max(start - before, 0), max(end - before, 0), said["message"], said["help"] or ""
    )
