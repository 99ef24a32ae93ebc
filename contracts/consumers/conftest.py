"""A contract per test, written when the test has passed, into an empty folder."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

os.environ["PACT_DO_NOT_TRACK"] = "true"

from pact import Pact

from contracts.pacts import read
from reference_impl.core.clock import FrozenClock

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

NOW = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)
PASSED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pacts-to`, which `cityos contracts generate` gives."""
    parser.addoption("--pacts-to", metavar="DIR", help="Write the contracts there: an empty folder.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
    """Keep whether the test itself passed: after a failure a contract is half-built."""
    report = yield
    if call.when == "call":
        item.stash[PASSED] = call.excinfo is None
    return report


@pytest.fixture(scope="session")
def pacts_to(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where contracts are written."""
    chosen = request.config.getoption("--pacts-to", default=None)
    return Path(chosen) if chosen else tmp_path_factory.mktemp("pacts")


@pytest.fixture(scope="session")
def kept() -> dict[tuple[str, str], Any]:
    """What was written so far, by contract and title."""
    return {}


@pytest.fixture
def contract(
    request: pytest.FixtureRequest, pacts_to: Path, kept: dict[tuple[str, str], Any], tmp_path: Path
) -> Iterator[Callable[..., Pact]]:
    """Makes the contract of this test: `contract("erpnext")`, by default with `cityos` as the consumer."""
    made: list[Pact] = []

    def make(provider: str, consumer: str = "cityos") -> Pact:
        made.append(Pact(consumer, provider).with_specification("V4"))
        return made[-1]

    yield make
    if request.node.stash.get(PASSED, False):
        for number, pact in enumerate(made):
            pact.write_file(tmp_path / f"pact-{number}")
            _refuse_doubles(tmp_path / f"pact-{number}", kept)
            pact.write_file(pacts_to)


def _refuse_doubles(folder: Path, kept: dict[tuple[str, str], Any]) -> None:
    """Two tests that say different things under one title: the library would keep the last, and forget the other."""
    for written in map(read, folder.glob("*.json")):
        for each in written.interactions:
            if kept.setdefault((written.name, each.title), each.raw) != each.raw:
                pytest.fail(f"{written.name}: “{each.title}” stands there twice; give one another description")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The clients run on asyncio."""
    return "asyncio"


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still: contracts hold no time of today."""
    return FrozenClock(NOW)
