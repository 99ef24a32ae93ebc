"""The pytest plugin of the prover: runs each check once per world, that is, on the clean reference and on each defect.

It goes on top of fixtures.plugin (`-p fixtures.plugin -p suites.defects.plugin --cityos-prove PLAN`), whose session
fixture `target` it replaces: everything a check uses hangs on that, so the checks themselves know nothing of it.
Servers are dear (about 1.5 s): the checks of one world run one after another in one worker, on one server.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures import targets
from fixtures.checks import omit
from fixtures.observing import requirements_of
from fixtures.results import Outcome
from suites.defects import plan as plans
from suites.defects.plan import CLEAN

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from fixtures.postgres import PostgresServer
    from fixtures.targets import Target

_PLAN = pytest.StashKey[plans.Plan]()
_FAILED = pytest.StashKey[set[tuple[str, str]]]()
NOT_SERVED = "NotServed"


class NotServed(Exception):
    """The reference implementation did not start in this world; says nothing about any check."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that switches the plugin on."""
    parser.getgroup("cityos").addoption("--cityos-prove", metavar="FILE", help="the prover's plan")


def pytest_configure(config: pytest.Config) -> None:
    """Read the plan."""
    if config.option.cityos_prove:
        config.stash[_PLAN] = plans.read(Path(config.option.cityos_prove))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Multiply each check by its worlds."""
    plan = metafunc.config.stash.get(_PLAN, None)
    if plan is None or "target" not in metafunc.fixturenames:
        return
    marks = metafunc.definition.iter_markers("requirement")
    worlds = plan.worlds(str(one) for mark in marks for one in mark.args) or [CLEAN]
    metafunc.parametrize("target", worlds, ids=[f"world={world}" for world in worlds], indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Group the checks by world, one group per worker at a time; the clean ones first, spread by module."""
    plan = config.stash.get(_PLAN, None)
    if plan is None:
        return
    left_out = [item for item in items if not plan.worlds(requirements_of(item))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    order = {world: number for number, world in enumerate([CLEAN, *plan.defects])}
    items.sort(key=lambda item: order[world_of(item)])
    for item in items:
        world = world_of(item)
        group = f"{CLEAN} {item.path.stem}" if world == CLEAN else world
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """One case of a check that fails in a world is enough: leave its other cases out there."""
    if _case_of(item) in item.session.stash.setdefault(_FAILED, set()):
        omit("another case of this check has failed in this world")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write into the check's result in which world it ran."""
    report = yield
    result = getattr(report, "cityos_result", None)
    if result is not None and _PLAN in item.config.stash:
        world = world_of(item)
        result["defect"] = None if world == CLEAN else world
        if world != CLEAN and result["outcome"] == Outcome.FAIL:
            item.session.stash.setdefault(_FAILED, set()).add(_case_of(item))
    return report


def _case_of(item: pytest.Item) -> tuple[str, str]:
    return item.nodeid.partition("[")[0], world_of(item)


def world_of(item: pytest.Item) -> str:
    """The world that a check is to run in."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("target", CLEAN)) if callspec else CLEAN


@pytest.fixture(scope="session")
def _postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    from fixtures.postgres import open_server

    with open_server(pytestconfig.stash[_PLAN].database_url) as server:
        yield server


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest, _postgres: PostgresServer) -> Iterator[Target]:
    """A server of this world alone, on a database of its own."""
    from fixtures.reference import start_reference

    world = str(request.param)
    with ExitStack() as stack:
        try:
            reference = stack.enter_context(start_reference(_postgres, defect=None if world == CLEAN else world))
        except Exception as error:
            raise NotServed(f"{world}: {error}") from error
        yield targets.from_seed(reference.base_url, reference.seed)
