"""Ledger, waivers, targets and options: a mistake is answered with file, key and remedy."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from fixtures import provenance, requirements
from fixtures.exits import UsageError
from fixtures.tables import TableError
from suites.gate import places, plan, waivers
from suites.gate.options import ROOT, Options, Profile
from suites.gate.report import suite_of

GOOD = '[[requirement]]\nid = "WAL-07"\nrow = "1.1"\nlevel = "MUST"\ntext = "One."\n'
WAIVER = '[[waiver]]\nrequirement = "WAL-07"\nowner = "a"\nreason = "b"\nexpires = 2027-01-31\n'


def test_the_ledger_of_the_project_loads() -> None:
    """suites/requirements.toml and suites/waivers.toml can be read."""
    ledger = requirements.load(ROOT / "suites" / "requirements.toml").requirements
    assert ledger["WAL-07"].level == "MUST"
    waivers.load(ROOT / "suites" / "waivers.toml", ledger)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "no [[requirement]] in it", id="empty"),
        pytest.param("[[requirement", "is not TOML", id="no TOML"),
        pytest.param("requirement = 3", "must be a list of tables", id="no list"),
        pytest.param(GOOD.replace("level", "levle"), "unknown key 'levle': did you mean 'level'?", id="typing error"),
        pytest.param(GOOD.replace('text = "One."\n', ""), "'text' is missing: add it", id="missing"),
        pytest.param(GOOD.replace('"One."', '" "'), "'text' is empty", id="blank"),
        pytest.param(GOOD.replace("MUST", "MAY"), "'level' is 'MAY': write MUST (blocks) or SHOULD", id="level"),
        pytest.param(GOOD.replace('"1.1"', "1.1"), "'row' must be of type str, not float", id="type"),
        pytest.param(GOOD.replace("WAL-07", "wal7"), "'id' must look like WAL-07", id="id"),
        pytest.param(GOOD + GOOD, "id WAL-07 is there twice", id="twice"),
    ],
)
def test_mistakes_in_the_ledger(tmp_path: Path, text: str, words: str) -> None:
    """Each mistake in a ledger names the file, the key and the remedy."""
    file = tmp_path / "requirements.toml"
    file.write_text(text)
    with pytest.raises(TableError, match=r"requirements\.toml") as refused:
        requirements.load(file)
    assert words in str(refused.value)


def test_missing_ledger(tmp_path: Path) -> None:
    """A ledger that is not there is a mistake, not an empty one."""
    with pytest.raises(TableError, match="cannot be read"):
        requirements.load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            WAIVER.replace("2027-01-31", '"2027-01-31"'), "'expires' must be of type date, not str", id="text date"
        ),
        pytest.param(WAIVER.replace("2027-01-31", "2027-01-31T00:00:00Z"), "not datetime", id="date and time"),
        pytest.param(WAIVER.replace('owner = "a"\n', ""), "'owner' is missing", id="no owner"),
        pytest.param(WAIVER + 'check = "x"\n', "either a 'check' or a 'requirement'", id="both"),
        pytest.param(WAIVER.replace("WAL-07", "WAL-77"), "'WAL-77' is not in the ledger", id="unknown"),
        pytest.param('[waivers]\nowner = "a"', "only [[waiver]] tables", id="other table"),
        pytest.param("[waiver]\n", "only [[waiver]] tables", id="one table"),
    ],
)
def test_mistakes_in_the_waivers(tmp_path: Path, text: str, words: str) -> None:
    """Each mistake in the waivers names the file, the key and the remedy."""
    file = tmp_path / "waivers.toml"
    file.write_text(text)
    with pytest.raises(TableError, match=r"waivers\.toml") as refused:
        waivers.load(file, {"WAL-07"})
    assert words in str(refused.value)


def test_waivers(tmp_path: Path) -> None:
    """A good file gives its waivers; no file gives none."""
    file = tmp_path / "waivers.toml"
    assert waivers.load(file, set()) == []
    file.write_text(WAIVER)
    assert [one.subject for one in waivers.load(file, {"WAL-07"})] == ["WAL-07"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"workers": 0},
        {"seed": -1},
        {"target": "staging", "defect": "wallet.lost_update"},
        {"target": "staging", "database_url": "postgresql://x"},
        {"target": "staging", "container": True},
    ],
    ids=str,
)
def test_options_that_cannot_mean_anything(chosen: dict[str, Any]) -> None:
    """A combination of options without a meaning is refused before anything starts."""
    with pytest.raises(UsageError):
        Options(**chosen)


def test_every_profile_runs_something() -> None:
    """Each profile has a plan, whose suites are there."""
    for profile in Profile:
        made = plan.make(Options(profile=profile), {})
        assert made.whole
        assert made.suites


def test_plan_of_a_missing_suite(tmp_path: Path) -> None:
    """A suite that is not there is a mistake, not a suite without checks."""
    with pytest.raises(UsageError, match="this suite is not there"):
        plan.make(Options(), {}, tmp_path)


@pytest.mark.parametrize("only", ["WALL", "WAL-99", "WAL-07,TYPO"])
def test_plan_of_an_unknown_requirement(only: str) -> None:
    """A requirement that the ledger does not have is a mistake, also beside others that it has."""
    ledger = requirements.load(ROOT / "suites" / "requirements.toml").requirements
    with pytest.raises(UsageError, match="the ledger has no such requirement"):
        plan.make(Options(only=only), ledger)
    assert plan.make(Options(only="WAL,WAL-07,test_money"), ledger).suites


def test_part_of_the_ledger() -> None:
    """--only, or a single suite, asks for a part of the ledger."""
    assert not plan.make(Options(only="test_wallet"), {}).whole
    assert not plan.make(Options(suites=("smoke",)), {}).whole


def test_target_by_name(tmp_path: Path) -> None:
    """A name stands for targets/NAME.toml; an unknown one is answered with those that there are."""
    (tmp_path / "staging.toml").touch()
    assert places.target_file("staging", tmp_path) == tmp_path / "staging.toml"
    assert places.target_file("x/y.toml", tmp_path) == Path("x/y.toml").absolute()
    with pytest.raises(UsageError, match="one of reference, medusa, staging"):
        places.target_file("stagign", tmp_path)


@pytest.mark.parametrize(
    ("health", "build"),
    [
        ({"version": "1.2", "commit": "abc"}, "1.2 abc"),
        ({"version": "1.2", "commit": "unknown"}, "1.2"),
        ({"commit": "abc"}, "abc"),
        ({"version": 3}, "unknown"),
        ({}, "unknown"),
        (None, "unknown"),
        ([], "unknown"),
    ],
    ids=str,
)
def test_build_of_a_target(health: object, build: str) -> None:
    """What identifies a build comes from its own health answer; what is not said is unknown."""
    assert places.build_of(health) == build


@pytest.mark.parametrize(
    ("check", "suite"),
    [
        ("suites/smoke/test_x.py::test_y", "smoke"),
        ("suites/conformance/deep/test_x.py::test_y[a/b]", "conformance"),
        ("test_x.py::test_y", "test_x.py"),
    ],
)
def test_suite_of_a_check(check: str, suite: str) -> None:
    """The suite is the folder below suites/."""
    assert suite_of(check) == suite


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git repository with one commit of a harness."""
    folder = tmp_path / "checkout"
    gate = folder / "suites" / "gate"
    gate.mkdir(parents=True)
    (gate / "__init__.py").write_text("x = 1\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "one")
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_commit_of_a_checkout(checkout: Path) -> None:
    """The commit names a clean checkout; a change of any file shows."""
    commit = git(checkout, "rev-parse", "HEAD")
    assert provenance.harness.__wrapped__(checkout) == commit
    (checkout / "new.py").write_text("")
    assert provenance.harness.__wrapped__(checkout) == f"{commit}-dirty"


def test_commit_of_an_installed_copy(checkout: Path, tmp_path: Path) -> None:
    """An installed copy is named by the commit whose files it has, and is dirty when one differs."""
    commit = git(checkout, "rev-parse", "HEAD")
    copy = tmp_path / "site-packages" / "suites" / "gate"
    copy.mkdir(parents=True)
    (copy / "__init__.py").write_text("x = 1\n")
    assert provenance.harness.__wrapped__(copy.parents[1], checkout) == commit
    (copy / "__init__.py").write_text("x = 2\n")
    assert provenance.harness.__wrapped__(copy.parents[1], checkout) == f"{commit}-dirty"


def test_commit_of_nothing(tmp_path: Path) -> None:
    """Without a repository the commit is unknown, and that is what is said."""
    assert provenance.harness.__wrapped__(tmp_path, tmp_path) == "unknown"
