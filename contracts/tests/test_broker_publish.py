"""`cityos contracts publish`: what goes into the store under a commit is what that commit has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.broker.commits import Repository
from contracts.broker.records import contract
from contracts.commands import publish
from contracts.tests.broker_samples import AT, Place, pact, place
from fixtures.exits import CommandError, UsageError

ERPNEXT, FLEETBASE, CHANGED = pact("erpnext"), pact("fleetbase"), pact("erpnext", "two orders")


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


def publishes(here: Place, **options: Any) -> int:
    return publish.run(**{"folder": here.folder, "store": here.store, "environ": {}, "now": lambda: AT, **options})


def kept(here: Place, commit: str) -> dict[str, str]:
    return {each.provider: each.digest for each in here.files.published(commit)}


def test_head_is_published_with_its_branch(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """All contracts of the commit that is checked out."""
    commit = here.commit(ERPNEXT, FLEETBASE)
    assert publishes(here) == 0
    assert kept(here, commit) == {"erpnext": contract(ERPNEXT).digest, "fleetbase": contract(FLEETBASE).digest}
    assert {each.branch for each in here.files.published()} == {"main"}
    assert capsys.readouterr().out.splitlines() == [
        "cityos with erpnext: published",
        "cityos with fleetbase: published",
        f"2 contracts of {commit} are in {here.store}",
    ]


@pytest.mark.parametrize("change", ["changed", "new", "deleted", "staged"])
def test_head_is_refused_while_a_contract_differs(here: Place, change: str) -> None:
    """Changed, new, deleted or only staged: nobody could get it back from the commit."""
    commit = here.commit(ERPNEXT, FLEETBASE)
    if change == "deleted":
        (here.folder / "contracts" / "pacts" / "cityos-erpnext.json").unlink()
    else:
        here.write(pact("sendgrid") if change == "new" else CHANGED)
    if change == "staged":
        here.git("add", "contracts")
    for options in ({}, {"commit": commit}, {"commit": commit[:9]}):
        with pytest.raises(UsageError, match=r"not as HEAD has it: contracts/pacts/cityos-(erpnext|sendgrid)\.json"):
            publishes(here, **options)
    assert here.files.published() == []


def test_another_commit_is_published_as_it_was(here: Place) -> None:
    """Its content comes from git, whatever lies on disk or is staged now."""
    commit = here.commit(ERPNEXT)
    here.commit(CHANGED)
    here.write(pact("erpnext", "three orders"))
    assert publishes(here, commit=commit) == 0
    assert kept(here, commit) == {"erpnext": contract(ERPNEXT).digest}
    assert [each.branch for each in here.files.published()] == [None]


def test_other_files_do_not_matter(here: Place) -> None:
    """A change beside the contracts does not keep HEAD from being published."""
    here.commit(ERPNEXT)
    (here.folder / "notes.json").write_text("{}")
    assert publishes(here) == 0


def test_only_some_files_from_wherever_one_stands(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are those of the shell, also in a folder below; what the commit has not is a mistake."""
    commit = here.commit(ERPNEXT, FLEETBASE)
    assert publishes(here, folder=here.folder / "contracts" / "pacts", files=[Path("cityos-erpnext.json")]) == 0
    assert list(kept(here, commit)) == ["erpnext"]
    monkeypatch.chdir(here.folder)
    assert publishes(here, folder=Path(), files=[Path("contracts/pacts/cityos-fleetbase.json")]) == 0
    assert sorted(kept(here, commit)) == ["erpnext", "fleetbase"]
    for missing in ("contracts/pacts/no.json", ".gitignore", "/etc/passwd"):
        with pytest.raises(UsageError, match="no contract in"):
            publishes(here, files=[Path(missing)])


def test_git_filters_do_not_change_the_content(here: Place) -> None:
    """What is read is the commit's own bytes, not what a text conversion would show."""
    (here.folder / ".gitattributes").write_text("*.json diff=upper\n")
    here.git("config", "diff.upper.textconv", "tr a-z A-Z <")
    commit = here.commit(ERPNEXT)
    (found,) = Repository(here.folder).contracts(commit)
    assert found.content == ERPNEXT


def test_nothing_to_publish_is_a_mistake(here: Place, tmp_path: Path) -> None:
    """A commit without contracts, an unknown one, `latest`, and a folder without a repository."""
    commit = here.commit()
    with pytest.raises(UsageError, match="no contract in contracts/pacts"):
        publishes(here)
    for unknown in ("a" * 40, "abcd123", "latest"):
        with pytest.raises(UsageError, match="commit"):
            publishes(here, commit=unknown)
    bare = tmp_path.parent / f"{tmp_path.name}-bare"
    bare.mkdir()
    with pytest.raises(UsageError, match="no commit of this repository"):
        publishes(here, commit=commit, folder=bare)


def test_a_commit_with_broken_contracts_is_named(here: Place) -> None:
    """A file that is no contract, and two files of one pair, are said with their paths."""
    here.write(ERPNEXT).with_name("broken.json").write_text("{")
    with pytest.raises(CommandError, match=r"contracts/pacts/broken\.json of [0-9a-f]{40}: no contract"):
        publishes(here, commit=here.commit(ERPNEXT))
    here.write(ERPNEXT).with_name("broken.json").write_bytes(CHANGED)
    with pytest.raises(CommandError, match=r"broken\.json and contracts/pacts/cityos-erpnext\.json of"):
        publishes(here, commit=here.commit(ERPNEXT))


def test_a_detached_head_has_no_branch(here: Place) -> None:
    """As on most CI servers: the branch is what was said, else unknown."""
    here.git("checkout", "--quiet", here.commit(ERPNEXT))
    assert publishes(here) == 0
    assert [each.branch for each in here.files.published()] == [None]
    here.commit()
    assert publishes(here, branch="release") == 0
    assert sorted(str(each.branch) for each in here.files.published()) == ["None", "release"]
