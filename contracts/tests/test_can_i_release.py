"""`cityos contracts can-i-release`: each answer, for exactly one commit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.broker import answers
from contracts.broker.answers import Answer, Asked
from contracts.broker.files import Files
from contracts.broker.records import Contract, Counts, Published, Verified, contract
from contracts.commands import can_i_release
from contracts.tests.broker_samples import AT, HARNESS, NOW, Place, pact, place, verified
from fixtures.exits import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ERPNEXT, FLEETBASE = pact("erpnext"), pact("fleetbase")
CHANGED = pact("erpnext", "two orders")


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


def asks(here: Place, commit: str, **options: Any) -> int:
    return can_i_release.run(
        commit=commit,
        folder=here.folder,
        store=options.pop("store", here.store),
        environ={},
        now=lambda: NOW,
        **options,
    )


def test_yes_when_every_contract_is_verified(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Each contract of the commit has a success with its content: 0, and the rows that decided are told."""
    commit = here.published(ERPNEXT, FLEETBASE)
    here.files.record(verified(contract(ERPNEXT)))
    here.files.record(verified(contract(FLEETBASE)))
    assert asks(here, commit) == 0
    known = "15.2 in simulator, 2026-11-23 10:00 UTC: 3 interactions passed"
    assert capsys.readouterr().out.splitlines() == [
        f"yes: {commit}, 2 contracts (committed), verifications in {here.store}",
        f"  ok       cityos with erpnext {known}; reports/erpnext.json",
        f"  ok       cityos with fleetbase {known}; reports/fleetbase.json",
    ]


def test_no_when_one_failed(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A verification that failed says no, though another contract is not known yet."""
    commit = here.published(ERPNEXT, FLEETBASE)
    here.files.record(verified(contract(ERPNEXT), success=False))
    assert asks(here, commit) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"no: {commit}")
    assert "failed   cityos with erpnext 15.2 in simulator" in out
    assert "1 of 3 interactions failed" in out
    assert "unknown  cityos with fleetbase: never verified" in out
    assert "next: cityos contracts verify fleetbase\n" in out


def test_one_contract_too_few_is_unknown(here: Place) -> None:
    """Nothing verified of one contract: not yes."""
    commit = here.published(ERPNEXT, FLEETBASE)
    here.files.record(verified(contract(ERPNEXT)))
    assert asks(here, commit) == 12


@pytest.mark.parametrize("commit", ["a" * 40, "A" * 40, "abc1234", "no-such-branch"])
def test_an_unknown_commit_is_unknown(here: Place, commit: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A commit of which neither the repository nor the store knows anything."""
    here.files.record(verified(contract(ERPNEXT)))
    here.published(ERPNEXT)
    assert asks(here, commit) == 12
    assert capsys.readouterr().out.startswith(f"unknown: {commit.lower()}")


def test_a_different_commit_is_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Its neighbour was published and verified, with the same contract even: it says nothing of this one."""
    known = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    other = here.commit()
    assert asks(here, known) == 0
    capsys.readouterr()
    assert asks(here, other) == 12
    out = capsys.readouterr().out
    assert "not published for this commit" in out
    assert f"next: cityos contracts publish --commit {other}\n" in out


def test_an_older_contract_is_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """What was verified is an older content of the contract."""
    here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    commit = here.published(CHANGED)
    assert asks(here, commit) == 12
    out = capsys.readouterr().out
    assert f"verified against another contract ({contract(ERPNEXT).digest[:12]}" in out
    assert "next: cityos contracts verify erpnext\n" in out


def test_a_commit_in_short_is_what_git_finds(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A short SHA and HEAD are told in full; the store is never searched by a beginning."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    assert asks(here, commit[:10]) == 0
    assert asks(here, "HEAD") == 0
    assert capsys.readouterr().out.count(commit) == 2
    foreign = "0" + ("1" if commit.startswith("0") else "0") * 39
    here.files.publish([contract(ERPNEXT)], foreign, None, AT)
    assert asks(here, foreign) == 0
    assert asks(here, foreign[:10]) == 12


def test_a_branch_called_like_a_sha_is_no_short_sha(here: Place) -> None:
    """git would take the branch; the commit that was meant is not it."""
    here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    here.git("branch", "abcdef12")
    assert asks(here, "abcdef12") == 12


def test_a_commit_of_another_project_is_judged_by_what_it_published(here: Place) -> None:
    """The storefront's commit: its contracts are those that the store has for it."""
    storefront = pact("cityos", consumer="storefront")
    here.commit(ERPNEXT)
    here.files.publish([contract(storefront)], "c" * 40, None, AT)
    assert asks(here, "c" * 40) == 12
    here.files.record(verified(contract(storefront)))
    assert asks(here, "c" * 40) == 0


def test_what_was_published_beside_the_commit_counts(here: Place) -> None:
    """A contract that the store has for the commit, and the commit has not, has to hold as well."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    here.files.publish([contract(FLEETBASE)], commit, None, AT)
    assert asks(here, commit) == 12


def test_another_content_published_for_the_commit_is_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """The commit's own content decides what has to be verified, and the store contradicts it."""
    commit = here.commit(ERPNEXT)
    here.files.publish([contract(CHANGED)], commit, None, AT)
    here.files.record(verified(contract(ERPNEXT)))
    here.files.record(verified(contract(CHANGED)))
    assert asks(here, commit) == 12
    assert "published for this commit is" in capsys.readouterr().out


def test_files_of_the_work_tree_do_not_count(here: Place) -> None:
    """The contract is the commit's, whatever lies on disk now."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    here.write(CHANGED)
    assert asks(here, commit) == 0


def test_another_environment_is_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Verified in the simulator is not verified in staging."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    assert asks(here, commit, environment="simulator") == 0
    capsys.readouterr()
    assert asks(here, commit, environment="staging") == 12
    out = capsys.readouterr().out
    assert "never verified in staging, only with 15.2 in simulator" in out
    assert "next: cityos contracts verify erpnext --environment staging --base-url …\n" in out


def test_another_provider_version_is_unknown(here: Place) -> None:
    """Verified with one version of the provider is not verified with another."""
    commit = here.published(ERPNEXT, FLEETBASE)
    here.files.record(verified(contract(ERPNEXT)))
    assert asks(here, commit, providers=["erpnext"]) == 0
    assert asks(here, commit, providers=["erpnext@15.2"]) == 0
    assert asks(here, commit, providers=["erpnext@15.20"]) == 12
    assert asks(here, commit, providers=["erpnext", "fleetbase"]) == 12


def test_a_provider_without_a_contract_is_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Who is asked about a provider that the commit has no contract with does not hear yes."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    assert asks(here, commit, providers=["erpnext", "sendgrid"]) == 12
    assert "sendgrid: the commit has no contract with it" in capsys.readouterr().out


def test_only_some_contracts(here: Place) -> None:
    """Files choose among the commit's contracts; one that is not there is a mistake."""
    commit = here.published(ERPNEXT, FLEETBASE)
    here.files.record(verified(contract(ERPNEXT)))
    (chosen, other) = (here.folder / "contracts" / "pacts" / f"cityos-{name}.json" for name in ("erpnext", "fleetbase"))
    assert asks(here, commit, files=[chosen]) == 0
    assert asks(here, commit, files=[other]) == 12
    assert asks(here, "c" * 40, files=[chosen]) == 12
    with pytest.raises(UsageError, match="no contract in"):
        asks(here, commit, files=[here.folder / "contracts" / "pacts" / "new.json"])


def test_the_latest_verification_in_an_environment_counts(here: Place) -> None:
    """A failure that came later, or at the same moment, outweighs a success, and the other way round."""
    commit = here.published(ERPNEXT)
    of = contract(ERPNEXT)
    here.files.record(verified(of, success=False))
    here.files.record(verified(of))
    assert asks(here, commit) == 1
    here.files.record(verified(of, at=AT + timedelta(hours=1), provider_version="15.3"))
    assert asks(here, commit) == 0
    assert asks(here, commit, providers=["erpnext@15.2"]) == 1
    here.files.record(verified(of, success=False, environment="staging", at=AT - timedelta(days=9)))
    assert asks(here, commit) == 1
    assert asks(here, commit, environment="simulator") == 0


def test_an_environment_ages(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """What is older than was asked for is unknown; so is what comes from the future."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    assert asks(here, commit, max_age_days=1) == 0
    assert asks(here, commit, max_age_days=0.5) == 12
    assert "verified too long ago, before 2026-11-23 22:00 UTC" in capsys.readouterr().out
    here.files.record(verified(contract(ERPNEXT), at=NOW + timedelta(hours=1)))
    assert asks(here, commit) == 12
    assert "in the future" in capsys.readouterr().out


def test_a_skip_is_named_and_leaves_it_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A verification in part is none, unless its skips are accepted by name."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT), counts=Counts(2, 0, ("a big file", "a webhook"))))
    assert asks(here, commit) == 12
    assert "skipped: a big file; a webhook" in capsys.readouterr().out
    assert asks(here, commit, accepted_skips=["a big file"]) == 12
    assert asks(here, commit, accepted_skips=["a webhook", "a big file"]) == 0


def test_nothing_but_skips_is_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was asked, so nothing failed and nothing holds, whatever is accepted."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT), success=False, counts=Counts(0, 0, ("an order",))))
    assert asks(here, commit, accepted_skips=["an order"]) == 12
    assert "nothing was asked, skipped: an order" in capsys.readouterr().out


def test_a_commit_without_contracts_is_unknown(here: Place) -> None:
    """Nothing to verify is never a yes."""
    assert asks(here, here.commit()) == 12


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    """There only commits in full are known, by what they published."""
    store = Files(tmp_path / "store")
    store.publish([contract(ERPNEXT)], "c" * 40, None, AT)
    store.record(verified(contract(ERPNEXT)))
    options: dict[str, Any] = {"folder": tmp_path, "store": tmp_path / "store", "environ": {}, "now": lambda: NOW}
    assert can_i_release.run(commit="c" * 40, **options) == 0
    assert can_i_release.run(commit="HEAD", **options) == 12


@pytest.mark.parametrize(
    "options",
    [
        {"commit": "latest"},
        {"providers": ["erpnext@latest"]},
        {"providers": ["erpnext@"]},
        {"providers": ["@15"]},
        {"providers": ["erpnext@1", "erpnext@2"]},
        {"max_age_days": 0},
    ],
    ids=str,
)
def test_latest_is_never_an_answer(here: Place, options: dict[str, Any]) -> None:
    """What does not name one thing is a mistake of who asks."""
    here.published(ERPNEXT)
    with pytest.raises(UsageError):
        asks(here, options.pop("commit", "HEAD"), **options)


def test_a_damaged_store_is_no_answer(here: Place) -> None:
    """A record that cannot be read may be the failure: an error that names it."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    (file,) = (here.store / "verified").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(CommandError, match=file.name):
        asks(here, commit)


PROVIDERS, DIGESTS, COMMITS = ("p", "q"), ("1" * 64, "2" * 64), ("a" * 40, "b" * 40)
publications = st.builds(
    Published,
    consumer=st.sampled_from(["c", "d"]),
    provider=st.sampled_from(PROVIDERS),
    consumer_commit=st.sampled_from(COMMITS),
    digest=st.sampled_from(DIGESTS),
    at=st.just(AT),
)
verifications = st.builds(
    lambda success, hours, **rest: Verified(
        success=success,
        counts=Counts(1, 0) if success else Counts(0, 1),
        at=AT + timedelta(hours=hours),
        evidence="e",
        harness=HARNESS,
        **rest,
    ),
    success=st.sampled_from([True, True, False]),
    hours=st.integers(0, 2),
    consumer=st.sampled_from(["c", "c", "d"]),
    provider=st.sampled_from(PROVIDERS),
    digest=st.sampled_from(DIGESTS),
    provider_version=st.sampled_from(["v1", "v2"]),
    environment=st.sampled_from(["simulator", "staging"]),
)
questions = st.builds(
    lambda versions, environment: Asked(providers=versions, environment=environment),
    st.dictionaries(st.sampled_from(PROVIDERS), st.sampled_from(["v1", "v2", None])),
    st.sampled_from([None, "simulator", "staging"]),
)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from([Contract("c", p, d) for p in PROVIDERS for d in DIGESTS]),
        max_size=2,
        unique_by=lambda c: c.provider,
    ),
    st.lists(publications, max_size=6),
    st.lists(verifications, max_size=10),
    questions,
)
def test_yes_only_with_a_success_of_every_digest(
    contracts: Sequence[Contract], published: Sequence[Published], records: Sequence[Verified], asked: Asked
) -> None:
    """Whatever else is on record: yes means that each contract of the commit is published and held, with its digest."""
    commit = COMMITS[0]
    here = [each for each in published if each.consumer_commit == commit]
    decided = [row for each in contracts for row in answers.deciding(answers.rows(each, commit, here, records, asked))]
    given_answer = answers.answer(decided)

    def of(each: Contract) -> list[Verified]:
        return [
            one
            for one in records
            if (one.consumer, one.provider, one.digest) == (*each.pair, each.digest) and asked.covers(one)
        ]

    if given_answer is Answer.YES:
        assert contracts
        for each in contracts:
            assert {one.digest for one in here if (one.consumer, one.provider) == each.pair} == {each.digest}
            assert any(one.success for one in of(each))
    if given_answer is Answer.NO:
        assert any(not one.success for each in contracts for one in of(each))
    without = [row for each in contracts for row in answers.deciding(answers.rows(each, commit, here, [], asked))]
    assert answers.answer(without) is Answer.UNKNOWN


@pytest.mark.parametrize("success", [True, False])
@pytest.mark.parametrize("changed", ["", "-dirty"])
def test_the_platform_of_another_commit_is_unknown(here: Place, changed: str, success: bool) -> None:
    """The reference is part of a commit: what another commit's did, or a changed tree's, says nothing of this one."""
    ours = pact("cityos", consumer="storefront")
    before = here.published(ours)
    commit = before if changed else here.commit()
    here.files.publish([contract(ours)], commit, None, AT)
    asked = verified(contract(ours), environment="reference", provider_version=f"{before}{changed}", success=success)
    here.files.record(replace(asked, at=AT + timedelta(hours=1)))
    assert asks(here, commit) == 12
    here.files.record(verified(contract(ours), environment="reference", provider_version=commit))
    assert asks(here, commit) == 0


def test_whose_platform_was_asked_is_told(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer names the commit whose platform it was, and the command to run next."""
    ours = pact("cityos", consumer="storefront")
    commit = here.published(ours)
    here.files.record(verified(contract(ours), environment="reference", provider_version=f"{commit}-dirty"))
    assert asks(here, commit) == 12
    out = capsys.readouterr().out
    assert f"the platform of {commit}-dirty was asked, not this commit's" in out
    assert "next: cityos contracts verify cityos\n" in out
