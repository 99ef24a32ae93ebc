"""The store in a folder: whole records or none, from any number of writers, and no silence about damage."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contracts.broker import open_store, record
from contracts.broker.files import Files
from contracts.broker.records import contract
from contracts.tests.broker_samples import AT, pact, verified
from fixtures.exits import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ERPNEXT = contract(pact())
COMMIT = "a" * 40
WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
from contracts.broker.files import Files
from contracts.broker.records import contract
from contracts.tests.broker_samples import AT, pact, verified
store, name = Files(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for number in range(40):
    store.record(verified(contract(pact()), provider_version=f"{name}.{number}"))
    store.record(verified(contract(pact()), provider_version=f"both.{number}"))
    store.publish([contract(pact())], f"{number:040x}", None, AT + timedelta(seconds=int(name)))
"""
DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "made a success": lambda content: content.replace(b": false", b": true").replace(b'"failed": 1', b'"failed": 0'),
    "one space more": lambda content: content + b" ",
    "another kind": lambda content: b'{"type": "published"}',
    "no text": lambda content: b"\xff\xfe",
}


def files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    """Records come back, of the commit and the pair that are asked for."""
    store = Files(tmp_path / "store")
    other = contract(pact("fleetbase"))
    assert store.published() == []
    store.publish([ERPNEXT, other], COMMIT, "main", AT)
    record(store, verified(ERPNEXT))
    record(store, verified(other, success=False))
    assert [each.branch for each in store.published(COMMIT)] == ["main", "main"]
    assert store.published("b" * 40) == []
    assert Files(tmp_path / "store").verified("cityos", "erpnext", COMMIT) == [verified(ERPNEXT)]


def test_the_same_record_is_the_same_file(tmp_path: Path) -> None:
    """Written in another place, or twice, or in another order: the same names, the same bytes."""
    one, two = Files(tmp_path / "one"), Files(tmp_path / "two")
    records = [verified(ERPNEXT), verified(ERPNEXT, success=False), verified(ERPNEXT, environment="staging")]
    for each in records:
        one.record(each)
    for each in (*reversed(records), records[0]):
        two.record(each)
    one.publish([ERPNEXT], COMMIT, None, AT)
    two.publish([ERPNEXT], COMMIT, None, AT)
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert len(files(tmp_path / "one")) == 4
    assert all(content.endswith(b"}\n") for content in files(tmp_path / "one").values())


def test_publishing_again_adds_nothing(tmp_path: Path) -> None:
    """The first publication of a commit stands."""
    store = Files(tmp_path)
    assert store.publish([ERPNEXT], COMMIT, None, AT) == ["cityos with erpnext: published"]
    before = files(tmp_path)
    assert store.publish([ERPNEXT], COMMIT, None, AT + timedelta(days=1)) == ["cityos with erpnext: was there"]
    assert files(tmp_path) == before


def test_a_commit_has_one_content(tmp_path: Path) -> None:
    """Another contract for the same commit is refused, and nothing of it is written."""
    store = Files(tmp_path)
    store.publish([ERPNEXT], COMMIT, None, AT)
    with pytest.raises(UsageError, match="another contract"):
        store.publish([contract(pact("fleetbase")), contract(pact(said="other"))], COMMIT, None, AT)
    assert len(store.published()) == 1


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    """Cut off, emptied or changed by hand: the error names the file; it never passes for something else."""
    store = Files(tmp_path)
    store.record(verified(ERPNEXT, success=False))
    (file,) = (tmp_path / "verified").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(CommandError, match=file.name):
        Files(tmp_path).verified("cityos", "erpnext", COMMIT)


def test_a_renamed_file_is_named(tmp_path: Path) -> None:
    """A name that does not fit the content, or a record in the other folder, is damage too."""
    store = Files(tmp_path)
    store.record(verified(ERPNEXT))
    (file,) = (tmp_path / "verified").iterdir()
    (tmp_path / "published").mkdir()
    moved = file.rename(tmp_path / "published" / file.name)
    with pytest.raises(CommandError, match=moved.name):
        Files(tmp_path).published()
    moved.rename(tmp_path / "published" / "copy.json")
    with pytest.raises(CommandError, match=r"copy\.json"):
        Files(tmp_path).published()


def test_what_a_killed_writer_left_is_no_record(tmp_path: Path) -> None:
    """A file that was not moved to its place yet does not disturb."""
    store = Files(tmp_path)
    store.record(verified(ERPNEXT))
    (tmp_path / "verified" / ".half.part").write_bytes(b'{"at"')
    assert len(store.verified("cityos", "erpnext", COMMIT)) == 1


def test_a_folder_that_cannot_be_is_a_mistake(tmp_path: Path) -> None:
    """A file in the way is said in one sentence."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--store"):
        Files(tmp_path / "file").record(verified(ERPNEXT))
    with pytest.raises(UsageError, match="--store"):
        Files(tmp_path / "file").published()


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    """Two processes write at once, also the same records; a reader meanwhile sees only whole ones."""
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for name in ("1", "2")
    ]
    for each in writers:
        assert each.stdout is not None
        assert each.stdout.readline() == b"ready\n"
    for each in writers:
        assert each.stdin is not None
        each.stdin.write(b"go\n")
        each.stdin.flush()
    while any(each.poll() is None for each in writers):
        Files(tmp_path).verified("cityos", "erpnext", COMMIT)
    for each in writers:
        assert each.communicate(timeout=30) == (b"", b"")
        assert each.returncode == 0
    store = Files(tmp_path)
    found = store.verified("cityos", "erpnext", COMMIT)
    expected = {f"{name}.{number}" for name in ("1", "2", "both") for number in range(40)}
    assert sorted(each.provider_version for each in found) == sorted(expected)
    assert {each.consumer_commit for each in store.published()} == {f"{number:040x}" for number in range(40)}
    assert not list(tmp_path.rglob("*.part"))


def test_the_folder_goes_before_the_broker(tmp_path: Path) -> None:
    """`--store` is what was asked for last; without it the broker of the environment, and without that the folder."""
    environ = {"PACT_BROKER_BASE_URL": "http://127.0.0.1:1"}
    with open_store(tmp_path, environ) as store:
        assert store.where == str(tmp_path)
    with open_store(None, environ) as store:
        assert store.where == "http://127.0.0.1:1"
    with open_store(None, {"PACT_BROKER_BASE_URL": " "}) as store:
        assert store.where == ".cityos/contracts"
