"""The pytest plugin of the prover: runs each check once per world, that is, on the clean reference and on each defect.

It goes on top of fixtures.plugin (`-p fixtures.plugin -p suites.defects.plugin --cityos-prove PLAN`), whose session
fixture `target` it replaces: everything a check uses hangs on that, so the checks themselves know nothing of it.
Servers are dear: the checks of one world run one after another in one worker, on one server.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

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
_WORLD_IN_ID = re.compile(r"[\[-]world=([a-z0-9_.]+)")
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the checks of one world side by side, the clean ones first."""
    plan = config.stash.get(_PLAN, None)
    if plan is None:
        return
    left_out = [item for item in items if not plan.worlds(requirements_of(item))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    order = {world: number for number, world in enumerate([CLEAN, *plan.defects])}
    items.sort(key=lambda item: order[world_of(item)])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give the checks of one world to one worker; the clean ones go by module."""
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

    class ByWorld(LoadScopeScheduling):  # type: ignore[misc]
        """The marks that xdist groups by have no effect since pytest 9.2 (its issue 1386); a world stands in the id."""

        @override
        def _split_scope(self, nodeid: str) -> str:
            found = _WORLD_IN_ID.search(nodeid)
            return found[1] if found and found[1] != CLEAN else nodeid.partition("::")[0]

    return ByWorld(config, log) if _PLAN in config.stash else None


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
            reference = stack.enter_context(
                start_reference(_postgres, defect=None if world == CLEAN else world, forked=True)
            )
        except Exception as error:
            raise NotServed(f"{world}: {error}") from error
        origin = targets.Origin(_postgres.url(), None if world == CLEAN else world)
        yield targets.from_seed(reference.base_url, reference.seed, origin=origin, webhooks=reference.webhooks)
