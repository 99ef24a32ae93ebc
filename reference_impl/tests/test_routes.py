"""The table of routes: whole, and the same in every form."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reference_impl.__main__ import main, routes_text
from reference_impl.app import table_of_routes

if TYPE_CHECKING:
    from fastapi import FastAPI

ROLES = Path(__file__).resolve().parents[2] / "suites" / "roles.toml"


def test_every_documented_route_is_in_the_table(app: FastAPI) -> None:
    """What the OpenAPI document shows, and nothing else, stands in the table, each once."""
    documented = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    table = [(row["method"], row["path"]) for row in table_of_routes()]
    assert sorted(table) == sorted(documented)


def test_the_checks_go_by_this_table() -> None:
    """The file that the checks read is what `routes --toml` writes; write it again after a change of routes."""
    assert ROLES.read_text("utf-8") == routes_text("toml")
    rows = [{"roles": [], **row} for row in tomllib.loads(routes_text("toml"))["routes"]]
    assert rows == table_of_routes()


def test_routes_needs_no_environment(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a database nor a secret is asked for."""
    monkeypatch.delenv("CITYOS_DATABASE_URL", raising=False)
    assert main(["routes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == table_of_routes()


def test_routes_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """A head and one line per route: method, path, who, and the roles of operators."""
    assert main(["routes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["METHOD", "PATH", "WHO", "ROLES"]
    assert len(lines) == len(table_of_routes()) + 1
    assert ["POST", "/admin/wallets", "operator", "finance,", "admin,", "super_admin"] in map(str.split, lines)
