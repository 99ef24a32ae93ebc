"""`cityos contracts generate`: the same bytes from the same tests, and what `--check` finds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.commands import breaking, generate
from contracts.pacts import FOLDER, committed, read, text
from fixtures.exits import CommandError, Exit
from fixtures.provenance import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

PYTEST = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(ROOT), "-p", "anyio",
          "-p", "no:cacheprovider"]  # fmt: skip
TEST = """
from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize("number", NUMBERS)
def test_orders(contract, number):
    pact = contract("shop")
    asked = pact.upon_receiving(f"order {number}").given("orders are there").with_request("GET", f"/orders/{number}")
    asked.will_respond_with(200).with_body({"id": number})
    with pact.serve() as server:
        assert httpx.get(f"{server.url}/orders/{number}", trust_env=False).status_code == STATUS
"""


@pytest.fixture
def consumers(tmp_path: Path) -> Path:
    """A small folder of consumers' tests, with the real conftest.py."""
    made = tmp_path / "consumers"
    made.mkdir()
    shutil.copy(generate.CONSUMERS / "conftest.py", made)
    write(made, (1, 2, 3))
    return made


def write(consumers: Path, numbers: tuple[int, ...], status: int = 200) -> None:
    """Tests that ask for these orders; with another status they fail."""
    said = TEST.replace("NUMBERS", repr(numbers)).replace("STATUS", str(status))
    (consumers / "test_orders.py").write_text(said)


@pytest.fixture
def run(consumers: Path, tmp_path: Path) -> Callable[..., int]:
    return lambda check=False: generate.run(check=check, folder=tmp_path / "pacts", consumers=consumers)


def test_the_same_bytes_in_any_order(
    consumers: Path, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Written twice, and from tests in another order: not a byte differs, and `--check` is content."""
    assert run() == Exit.RELEASE
    file = tmp_path / "pacts" / "cityos-shop.json"
    first = file.read_bytes()
    assert capsys.readouterr().out == "cityos-shop.json: new\n1 contracts with 3 interactions: written\n"
    write(consumers, (3, 1, 2))
    assert run() == Exit.RELEASE
    assert file.read_bytes() == first
    assert run(check=True) == Exit.RELEASE
    assert capsys.readouterr().out.splitlines() == ["1 contracts with 3 interactions: as they are committed"] * 2


def test_the_real_ones_in_two_orders(tmp_path: Path) -> None:
    """A vendor's consumer tests, shuffled by two seeds, write what is committed."""
    wanted = read(FOLDER / "cityos-sendgrid.json")
    files = sorted(generate.CONSUMERS.glob("test_sendgrid*.py"))
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    for seed in ("1", "2"):
        made = tmp_path / seed
        done = subprocess.run(
            [*PYTEST, "-p", "randomly", f"--randomly-seed={seed}", f"--pacts-to={made}", *map(str, files)],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert text(read(made / "cityos-sendgrid.json")) == text(wanted)


def test_check_finds_what_differs(
    consumers: Path, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One changed by hand, one written in another form, one too many, one missing; nothing is written."""
    run()
    file = tmp_path / "pacts" / "cityos-shop.json"
    good = file.read_text()
    capsys.readouterr()

    def checked() -> list[str]:
        before = {each: each.read_bytes() for each in file.parent.iterdir()}
        assert run(check=True) == Exit.BLOCKED
        assert {each: each.read_bytes() for each in file.parent.iterdir()} == before
        *said, last = capsys.readouterr().out.splitlines()
        assert last.endswith(": not as they are committed; `cityos contracts generate` writes them, and the change "
                             "wants a review")  # fmt: skip
        return said

    file.write_text(good.replace('"id": 2', '"id": "2"'))
    assert checked() == ["cityos-shop.json: changed: order 2 (given orders are there)"]
    file.write_text(good.replace("  ", " "))
    assert checked() == ["cityos-shop.json: written in another form"]
    file.rename(file.with_name("cityos-other.json"))
    assert checked() == ["cityos-other.json: no test writes it any more", "cityos-shop.json: new"]
    file.write_text(good)
    write(consumers, (1, 2, 4))
    assert checked()[1:] == [
        "cityos-shop.json: gone: order 3 (given orders are there)",
        "cityos-shop.json: new: order 4 (given orders are there)",
    ]
    assert run() == Exit.RELEASE
    assert [each.name for each in file.parent.iterdir()] == ["cityos-shop.json"]


def test_a_failing_test_writes_nothing(
    consumers: Path, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its contract would be half-built; the test's own words are shown, and the old contracts stay."""
    run()
    before = (tmp_path / "pacts" / "cityos-shop.json").read_bytes()
    write(consumers, (1, 2), status=201)
    capsys.readouterr()
    assert run() == Exit.BLOCKED
    out = capsys.readouterr().out
    assert "assert 200 == 201" in out
    assert out.endswith("No contract was written: a consumer's test fails, and its contract would be half-built.\n")
    assert (tmp_path / "pacts" / "cityos-shop.json").read_bytes() == before


def test_tests_that_cannot_run(consumers: Path, run: Callable[..., int]) -> None:
    """None at all, or one that does not even load: a fault of the tree, not a difference."""
    (consumers / "test_orders.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(CommandError, match="pytest ended with 2"):
        run()
    (consumers / "test_orders.py").unlink()
    with pytest.raises(CommandError, match=r"no consumer's test ran in .*: is the installation whole\?"):
        run()


def test_where_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, consumers: Path) -> None:
    """Into the checkout that it is run in, also when an installed copy is run; elsewhere the package has its own."""
    checkout = tmp_path / "checkout"
    (checkout / "contracts" / "pacts").mkdir(parents=True)
    (checkout / "contracts" / "released").mkdir()
    own = {file: file.read_bytes() for file in FOLDER.iterdir()}
    monkeypatch.chdir(checkout)
    assert generate.run(check=False, consumers=consumers) == Exit.RELEASE
    assert [each.name for each in committed()] == ["cityos-shop"]
    assert breaking._released().absolute() == checkout / "contracts" / "released" / "cityos.json"
    monkeypatch.chdir(tmp_path)
    assert len(committed()) == len(own) > 1
    assert breaking._released() == breaking.RELEASED
    assert {file: file.read_bytes() for file in FOLDER.iterdir()} == own


def test_doubles_are_refused(
    consumers: Path, run: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two interactions of one description and state the library would keep one, and say nothing of the other."""
    write(consumers, (1, 2))
    said = (consumers / "test_orders.py").read_text().replace('f"order {number}"', '"an order"')
    (consumers / "test_orders.py").write_text(said)
    assert run() == Exit.BLOCKED
    assert "“an order (given orders are there)” stands there twice; give one another" in capsys.readouterr().out
    assert not (tmp_path / "pacts").exists()
