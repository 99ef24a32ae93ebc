"""The table of routes against the checks that go by it."""

from __future__ import annotations

import re

from suites.conformance.routes import ROLES, ROUTES
from suites.conformance.test_tenancy_routes import BODIES, GROUPS


def test_every_id_has_a_row_to_try() -> None:
    """Whatever id a new route has in its path, one check of tenancy knows a row for it."""
    untried = []
    for route in ROUTES:
        named = set(re.findall(r"\{(\w+)\}", route.path)) - {"actor"}  # a kind of log-in, no row's id
        groups = [group for group, known in GROUPS.items() if named <= set(known)]
        if named and len(groups) != 1:
            untried.append(route.path)
    assert untried == []


def test_bodies_are_of_routes() -> None:
    """A body is kept for a route that there is."""
    assert set(BODIES) <= {f"{route.method} {route.path}" for route in ROUTES}


def test_roles_are_those_of_the_table() -> None:
    """Every role that some route names is tried."""
    assert {role for route in ROUTES for role in route.roles} == set(ROLES)
