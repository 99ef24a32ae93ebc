"""``cityos contracts generate``: run the consumers' tests, and write the contracts that they make, or compare them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from contracts import pacts
from contracts.pacts import read, text
from fixtures.exits import CommandError, Exit

if TYPE_CHECKING:
    from contracts.pacts import Contract

CONSUMERS = Path(__file__).resolve().parents[1] / "consumers"
ROOT = CONSUMERS.parents[1]


def run(*, check: bool, folder: Path | None = None, consumers: Path = CONSUMERS) -> int:
    """Write what the tests write, or with `check` only say whether the files in the folder are that.

    folder: by default that of the checkout which this is run in, so that an installed copy writes nothing into itself.
    """
    folder = folder or pacts.folder()
    with tempfile.TemporaryDirectory(prefix="cityos-pacts-") as made:
        failed = _tests(consumers, Path(made))
        if failed:
            print("No contract was written: a consumer's test fails, and its contract would be half-built.")
            return failed
        new = {file.name: read(file) for file in sorted(Path(made).glob("*.json"))}
    for contract in new.values():
        _refuse_doubles(contract)
    old = {file.name: read(file) for file in sorted(folder.glob("*.json"))}
    changes = [line for name in sorted({*new, *old}) for line in _changes(name, old.get(name), new.get(name))]
    stale = [name for name, contract in new.items() if (folder / name).is_file() and _differs(folder / name, contract)]
    if not check:
        _write(folder, new)
    for line in changes or [f"{name}: written in another form" for name in stale]:
        print(line)
    count = sum(len(contract.interactions) for contract in new.values())
    print(f"{len(new)} contracts with {count} interactions: {_verdict(bool(changes or stale), check=check)}")
    return Exit.BLOCKED if check and (changes or stale) else Exit.RELEASE


def _tests(consumers: Path, made: Path) -> int:
    """Run them; 0, or the exit code that says who is to blame."""
    plugins = ["-p", "anyio", "-p", "no:cacheprovider", "--ignore", str(consumers / "logic")]  # which writes none
    options = ["-c", os.devnull, "--rootdir", str(ROOT), "-q", "--tb=short", "-W", "error", "--pacts-to", str(made)]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *options, str(consumers)],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )
    if ended.returncode == 0:
        return 0
    print(ended.stdout[-6000:])
    if ended.returncode == 5:
        raise CommandError(f"no consumer's test ran in {consumers}: is the installation whole?")
    if ended.returncode != 1:
        raise CommandError(f"pytest ended with {ended.returncode}: {ended.stderr[-2000:]}")
    return Exit.BLOCKED


def _refuse_doubles(contract: Contract) -> None:
    titles = [each.title for each in contract.interactions]
    for title in titles:
        if titles.count(title) > 1:
            raise CommandError(f"{contract.name}: “{title}” stands there twice; give one another description")


def _differs(file: Path, contract: Contract) -> bool:
    return file.read_text() != text(contract)


def _changes(name: str, old: Contract | None, new: Contract | None) -> list[str]:
    if old is None or new is None:
        return [f"{name}: {'new' if old is None else 'no test writes it any more'}"]
    before = {each.title: each.raw for each in old.interactions}
    after = {each.title: each.raw for each in new.interactions}
    gone = [f"{name}: gone: {title}" for title in before if title not in after]
    come = [f"{name}: new: {title}" for title in after if title not in before]
    changed = [f"{name}: changed: {title}" for title in after if title in before and before[title] != after[title]]
    return gone + come + changed


def _write(folder: Path, new: dict[str, Contract]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, contract in new.items():
        (folder / name).write_text(text(contract))
    for file in folder.glob("*.json"):
        if file.name not in new:
            file.unlink()


def _verdict(differ: bool, *, check: bool) -> str:
    if not differ:
        return "as they are committed"
    if check:
        return "not as they are committed; `cityos contracts generate` writes them, and the change wants a review"
    return "written"
