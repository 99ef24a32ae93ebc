"""The environment: each variable missing, empty, wrong, or its default in production; all that is wrong at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from reference_impl import environment
from reference_impl.__main__ import app, main
from reference_impl.environment import Variable, absent, listed, problems
from reference_impl.settings import DEVELOPMENT_JWT_SECRET, PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST = Path(__file__).resolve().parents[1] / "ENVIRONMENT.md"
VARIABLES = environment.variables()
GROUPS = [group for group in environment.groups() if all(one.group for one in group.variables)]
REQUIRED = [one for one in VARIABLES.values() if one.required]
GROUPED = [one for one in VARIABLES.values() if one.group]
SENTINEL = "shibboleth-7d1f0c"

# A value that is right, and one that is wrong, for each form; a form that is not here has no wrong value.
RIGHT = {
    "postgresql://user:password@host:port/database": "postgresql://u:p@127.0.0.1:5432/cityos",
    "development or production": "production",
    "a text of 32 characters or more": "s" * 32,
    "true or false": "true",
    "1; in development up to 3600": "1",
    "a time, as 2030-01-31T12:00:00Z": "2030-01-31T12:00:00Z",
    "an address, http://… or https://…, without a query": "https://vendor.example/base",
    "two capital letters": "SA",
    "an email address": "shop@example.com",
    "d- and 32 digits of 0-9 and a-f": f"d-{'0' * 32}",
    "host:port": "127.0.0.1:7233",
}
WRONG = {
    "postgresql://user:password@host:port/database": f"mysql://{SENTINEL}@127.0.0.1/cityos",
    "a text of 32 characters or more": SENTINEL,
    "an address, http://… or https://…, without a query": f"https://vendor.example/?key={SENTINEL}",
}
NOTHING_IS_WRONG = ("a text", "one secret, or several with commas between")


def right(variable: Variable) -> str:
    """A value that the variable takes; a number is its own largest."""
    number = variable.form.rpartition(" ")[2]
    return RIGHT.get(variable.form) or (number if number.isdecimal() else "a text")


def wrong(variable: Variable) -> str:
    """A value that it does not take."""
    return WRONG.get(variable.form, SENTINEL)


def whole() -> dict[str, str]:
    """Every variable set, and rightly."""
    return {name: right(variable) for name, variable in VARIABLES.items()}


@pytest.fixture(autouse=True)
def put(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Sets variables where none of ours is set yet."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    return monkeypatch


def told(put: pytest.MonkeyPatch, values: Mapping[str, str]) -> dict[str, str]:
    """What is said of an environment: the problem by variable. The sentinel, a secret, is in none of it."""
    for name, value in values.items():
        put.setenv(name, value)
    said = environment.refusal() or ""
    assert SENTINEL not in said
    found = problems()
    assert all(f"\n{one.variable}  " in said for one in found)
    return {one.variable: one.problem for one in found}


def others(variable: Variable) -> dict[str, str]:
    """Every variable but this one."""
    return {name: value for name, value in whole().items() if name != variable.name}


def test_nothing_is_wrong(put: pytest.MonkeyPatch) -> None:
    """With every variable set as the list says, nothing is said, nothing is absent, in production too."""
    assert told(put, whole()) == {}
    assert absent() == []
    assert Settings.from_environment().environment == "production"


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("unset", [None, ""], ids=["missing", "empty"])
def test_one_is_missing(put: pytest.MonkeyPatch, name: str, unset: str | None) -> None:
    """Missing or empty, a variable that is required is named, and it alone; any other has its default."""
    variable = VARIABLES[name]
    found = told(put, others(variable) | ({} if unset is None else {name: unset}))
    if variable.required:
        assert list(found) == [name]
        assert found[name].startswith(("is missing", "is the default, which is public"))
    else:
        assert found == {}


@pytest.mark.parametrize("name", [name for name, one in VARIABLES.items() if one.form not in NOTHING_IS_WRONG])
def test_one_is_wrong(put: pytest.MonkeyPatch, name: str) -> None:
    """A value of another form is refused by the name of its variable and the form that it should have."""
    variable = VARIABLES[name]
    found = told(put, whole() | {name: wrong(variable)})
    assert found == {name: f"is not {variable.form}"}


@pytest.mark.parametrize("name", [name for name, one in VARIABLES.items() if "in production" in one.required])
@pytest.mark.parametrize("also_wrong", [False, True])
def test_default_in_production(put: pytest.MonkeyPatch, name: str, also_wrong: bool) -> None:
    """What production requires is missed there, whatever else is wrong, and nowhere else."""
    variable = VARIABLES[name]
    group = {one.name for one in VARIABLES.values() if one.group and one.group == variable.group} | {name}
    production = {one: value for one, value in whole().items() if one not in group}
    broken = {f"{PREFIX}CONNECTIONS": "many", f"{PREFIX}TEMPORAL_ADRESS": "x"} if also_wrong else {}
    found = told(put, production | broken)
    assert name in found
    assert set(broken) <= set(found)
    assert name not in told(put, {f"{PREFIX}ENVIRONMENT": "development"})


def test_time_is_real_in_production(put: pytest.MonkeyPatch) -> None:
    """The clock runs faster in development only."""
    fast = {f"{PREFIX}CLOCK_SPEED": "60"}
    assert told(put, whole() | fast) == {f"{PREFIX}CLOCK_SPEED": "is not 1; in development up to 3600"}
    assert told(put, {f"{PREFIX}ENVIRONMENT": "development"}) == {}


def test_default_secret_given_by_hand(put: pytest.MonkeyPatch) -> None:
    """Setting the public secret oneself makes it no secret."""
    found = told(put, whole() | {f"{PREFIX}JWT_SECRET": DEVELOPMENT_JWT_SECRET})
    assert found == {f"{PREFIX}JWT_SECRET": "is the default, which is public"}


def test_environment_that_is_misspelled_is_taken_for_production(put: pytest.MonkeyPatch) -> None:
    """Who writes "prod" is told at once what production requires."""
    found = told(put, {f"{PREFIX}ENVIRONMENT": "prod"})
    assert {f"{PREFIX}ENVIRONMENT", f"{PREFIX}JWT_SECRET", f"{PREFIX}SENDGRID_KEY"} <= set(found)


def test_all_at_once(put: pytest.MonkeyPatch) -> None:
    """Everything that can be wrong is: all of it is named, in the order of the list, once each."""
    broken = {name: wrong(one) for name, one in VARIABLES.items() if one.form not in NOTHING_IS_WRONG}
    missing = {one.name for one in REQUIRED if one.group} - set(broken)
    unknown = {f"{PREFIX}{group.variables[0].group.upper()}_NONSENSE": SENTINEL for group in GROUPS}
    found = told(put, broken | unknown)
    assert set(found) == {*broken, *unknown, *(name for name in missing if _touched(name, [*broken, *unknown]))}
    known = [name for name in found if name in VARIABLES]
    assert known == [name for name in VARIABLES if name in found]


def _touched(name: str, given: list[str]) -> bool:
    """Whether another variable of its group is set."""
    return any(other.startswith(f"{PREFIX}{VARIABLES[name].group.upper()}_") for other in given)


@pytest.mark.parametrize("name", [one.name for one in GROUPED])
def test_one_of_a_group_alone(put: pytest.MonkeyPatch, name: str) -> None:
    """One variable of a vendor asks for those that the vendor needs, and says which one it was."""
    variable = VARIABLES[name]
    needed = {one.name for one in GROUPED if one.group == variable.group and one.required} - {name}
    found = told(put, {f"{PREFIX}DATABASE_URL": whole()[f"{PREFIX}DATABASE_URL"], name: right(variable)})
    assert found == dict.fromkeys(needed, f"is missing, while {name} is set")


@pytest.mark.parametrize("name", [one.name for one in GROUPED])
def test_unknown_in_a_group(put: pytest.MonkeyPatch, name: str) -> None:
    """A misspelled variable of a vendor is named with the one that it should be."""
    misspelled = name + "S"
    assert told(put, whole() | {misspelled: SENTINEL}) == {misspelled: "is not known"}
    assert problems()[0].remedy == f"did you mean {name}?"


def test_group_as_json(put: pytest.MonkeyPatch) -> None:
    """A group is its variables: JSON under its name is not known, and not shown."""
    assert told(put, whole() | {f"{PREFIX}STRIPE": f'{{"key": "{SENTINEL}"}}'}) == {f"{PREFIX}STRIPE": "is not known"}


def test_misspelled_that_is_required(put: pytest.MonkeyPatch) -> None:
    """Who misspelled the one variable that is always required is asked about it."""
    told(put, {f"{PREFIX}DATABSE_URL": SENTINEL})
    assert f"is {PREFIX}DATABSE_URL meant to be it?" in problems()[0].remedy


def test_other_names_with_the_prefix_are_none_of_ours(put: pytest.MonkeyPatch) -> None:
    """The harness has variables of its own; they are left alone."""
    assert told(put, whole() | {f"{PREFIX}CHROMIUM": "/usr/bin/chromium"}) == {}


def test_absent_vendors(put: pytest.MonkeyPatch) -> None:
    """The vendors that are not configured are known by their names."""
    put.setenv(f"{PREFIX}DATABASE_URL", whole()[f"{PREFIX}DATABASE_URL"])
    assert absent() == ["payload-cms", "erpnext", "fleetbase", "sendgrid", "stripe", "temporal"]
    put.setenv(f"{PREFIX}STRIPE_KEY", "sk_test_1")
    assert "stripe" not in absent()


@pytest.mark.parametrize("command", ["migrate", "seed", "serve"])
def test_no_command_starts(command: str, put: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command that needs the environment exits 4 with the table on standard error, without colours or a trace."""
    put.setenv(f"{PREFIX}ERPNEXT_SECRET", SENTINEL)
    assert main([command]) == 4
    out, said = capsys.readouterr()
    assert out == ""
    assert said == f"{environment.refusal()}\n"
    assert [part for part in ("\x1b", "Traceback", SENTINEL) if part in said] == []
    rows = [line for line in said.splitlines() if line.startswith(("VARIABLE ", PREFIX))]
    heads = ("PROBLEM", "is missing")
    assert len(rows) > 2
    assert len({next(row.index(head) for head in heads if head in row) for row in rows}) == 1  # aligned


def test_a_worker_refuses_without_a_trace(put: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A factory that somebody calls without our command line says the same and exits 4."""
    put.setenv(f"{PREFIX}CONNECTIONS", SENTINEL)
    with pytest.raises(SystemExit, match="4"):
        app()
    assert f"{PREFIX}CONNECTIONS" in capsys.readouterr().err


def test_what_pydantic_says_hides_values(put: pytest.MonkeyPatch) -> None:
    """Whoever lets the exception through shows no secret by it either."""
    put.setenv(f"{PREFIX}ERPNEXT_SECRET", SENTINEL)
    put.setenv(f"{PREFIX}DATABASE_URL", SENTINEL)
    with pytest.raises(ValidationError) as raised:
        Settings.from_environment()
    assert SENTINEL not in str(raised.value)


def test_the_list_is_the_code() -> None:
    """ENVIRONMENT.md is what `python -m reference_impl environment --markdown` prints."""
    assert LIST.read_text("utf-8") == listed(markdown=True), (
        "write it again: python -m reference_impl environment --markdown > reference_impl/ENVIRONMENT.md"
    )


def test_every_variable_is_described() -> None:
    """Each says what it is for and what it looks like; every secret is marked as one."""
    for variable in VARIABLES.values():
        assert variable.purpose
        assert variable.form
        assert variable.secret or not any(word in variable.name for word in ("SECRET", "PASSWORD", "DATABASE_URL"))


@pytest.mark.parametrize("options", [[], ["--markdown"]], ids=["plain", "markdown"])
def test_the_list_needs_no_environment(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing has to be set to learn what has to be set."""
    assert main(["environment", *options]) == 0
    shown = capsys.readouterr().out
    assert [name for name in VARIABLES if name not in shown] == []
