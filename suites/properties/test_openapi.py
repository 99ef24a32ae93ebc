"""What the target says about itself in its OpenAPI document, held against what it answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from fixtures.actors import Shopper
from fixtures.checks import omit, requirement
from fixtures.targets import Credentials
from suites.properties import things as made
from suites.properties.exploring import REFUSED, Actors, Fence, Limits, Scope, explore

if TYPE_CHECKING:
    from fixtures.actors import Operator
    from fixtures.booking import Desk
    from fixtures.client import Api, Connection
    from fixtures.insuring import Insurer
    from fixtures.plugin import Run
    from fixtures.shopping import Shop
    from fixtures.targets import Target
    from fixtures.trading import Appraiser
    from fixtures.vending import Market

PATHS_BEFORE_A_MERGE = 5


@pytest.fixture
def document(anonymous: Api) -> dict[str, Any]:
    """What the target says about itself; with floats, which is what its reader knows."""
    found: dict[str, Any] = json.loads(anonymous.get("/openapi.json").expect(200).content)
    return found


@pytest.fixture(scope="session")
def explorer(connection: Connection, target: Target, run: Run) -> Shopper:
    """A customer who owns all that the exploration spoils."""
    return Shopper.register(connection, target.main, Credentials(run.names.email(), run.names.password()))


@pytest.fixture(scope="session")
def scope(
    explorer: Shopper,
    operator: Operator,
    shop: Shop,
    market: Market,
    desk: Desk,
    appraiser: Appraiser,
    insurer: Insurer,
) -> Scope:
    """Somebody for each area of the API, and things for them."""
    things, vendor = made.make(made.Makers(explorer, operator, shop, market, desk, appraiser, insurer))
    return Scope(Actors(explorer.api, operator.api, vendor), things, Fence(things))


@requirement("PRP-01", "PRP-02", "PRP-03")
def test_boundaries(connection: Connection, document: dict[str, Any], scope: Scope, run: Run) -> None:
    """The document's examples, and every boundary of its schemas from both sides, are answered as it says."""
    paths = PATHS_BEFORE_A_MERGE if run.profile == "merge" else None
    found = explore(connection, document, scope, Limits(("examples", "coverage"), paths=paths), run.seed)
    assert not found.faults, found.shown


@requirement("PRP-01", "PRP-02", "PRP-03")
@pytest.mark.parametrize("area", ["store", "admin", "else"])
def test_generated(connection: Connection, document: dict[str, Any], scope: Scope, run: Run, area: str) -> None:
    """Generated requests to every operation, allowed ones and forbidden ones, are answered as the document says."""
    examples = run.rounds(merge=1, nightly=100)
    paths = {path: told for path, told in document["paths"].items() if _area(path) == area} or omit(f"no {area} paths")
    found = explore(connection, {**document, "paths": paths}, scope, Limits(("fuzzing",), examples), run.seed)
    assert not found.faults, found.shown


@requirement("PRP-04")
def test_chains(connection: Connection, document: dict[str, Any], scope: Scope, run: Run) -> None:
    """Requests that take their ids from the answers before them are answered as the document says."""
    chains = run.rounds(merge=6, nightly=60)  # in one turn it never comes to many more: too few draws fit together
    for turn in range(run.rounds(merge=1, nightly=8)):
        found = explore(connection, document, scope, Limits(("stateful",), chains, mode="positive"), run.seed + turn)
        assert not found.faults, found.shown


@requirement("PRP-05")
def test_forbidden_is_refused(connection: Connection, document: dict[str, Any], scope: Scope, run: Run) -> None:
    """What the document forbids is refused."""
    paths = PATHS_BEFORE_A_MERGE if run.profile == "merge" else None
    judging = msgspec.structs.replace(scope, judges=REFUSED)
    found = explore(connection, document, judging, Limits(("coverage",), mode="negative", paths=paths), run.seed)
    assert not found.faults, found.shown


def _area(path: str) -> str:
    first = path.split("/")[1]
    return first if first in ("store", "admin") else "else"
