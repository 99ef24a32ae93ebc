"""What the prover concludes from results: which defects are caught, and which checks have no teeth."""

from __future__ import annotations

import pytest

from fixtures.results import CheckResult, Outcome
from suites.defects.proof import Proof, conclude

DEFECTS = {"wallet.lost_update": ["WAL-03"], "auth.open": ["AUTH-04", "AUTH-05"]}


def result(
    check: str, requirements: str, defect: str | None = None, outcome: Outcome = Outcome.PASS, reason: str | None = None
) -> CheckResult:
    world = defect or "clean"
    return CheckResult(
        check=f"suites/x.py::{check}[world={world}]@{world}",
        title=check,
        requirements=requirements.split(),
        outcome=outcome,
        duration_ms=1.0,
        exchanges=1,
        reason=reason,
        defect=defect,
    )


SOUND = [
    result("test_race", "WAL-03"),
    result("test_race", "WAL-03", "wallet.lost_update", Outcome.FAIL),
    result("test_door", "AUTH-04 AUTH-05"),
    result("test_door", "AUTH-04 AUTH-05", "auth.open", Outcome.FAIL),
]


def test_everything_caught_is_a_proof() -> None:
    """Each pair of defect and requirement has its check, each check its defect: exit code 0."""
    proof = conclude(SOUND, DEFECTS)
    assert [(catch.defect, catch.requirement, catch.caught_by) for catch in proof.catches] == [
        ("wallet.lost_update", "WAL-03", ["suites/x.py::test_race"]),
        ("auth.open", "AUTH-04", ["suites/x.py::test_door"]),
        ("auth.open", "AUTH-05", ["suites/x.py::test_door"]),
    ]
    assert proof.exit_code == 0


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.FAIL])
def test_only_a_failure_catches(outcome: Outcome) -> None:
    """A check that passes, is skipped, or ends in an error has caught nothing; the remedy names the command to look."""
    proof = conclude([*SOUND[:3], result("test_door", "AUTH-04 AUTH-05", "auth.open", outcome)], DEFECTS)
    assert [trouble.about for trouble in proof.uncaught] == ["auth.open (AUTH-04)", "auth.open (AUTH-05)"]
    assert f"test_door: {outcome}" in str(proof.uncaught[0])
    assert "cityos gate --defect auth.open --only AUTH-04" in str(proof.uncaught[0])
    assert proof.exit_code == 1


def test_defect_without_a_check_is_uncaught() -> None:
    """A defect whose requirement no check names is not proved away."""
    proof = conclude(SOUND[:2], DEFECTS)
    assert "no check names AUTH-04" in str(proof.uncaught[0])
    assert proof.exit_code == 1


def test_check_that_never_fails_has_no_teeth() -> None:
    """A check that passes whatever is wrong is named, with its defects and what to do."""
    lame = [result("test_lame", "WAL-03"), result("test_lame", "WAL-03", "wallet.lost_update")]
    proof = conclude([*SOUND, *lame], DEFECTS)
    assert [trouble.about for trouble in proof.toothless] == ["suites/x.py::test_lame"]
    assert "it fails on none of its defects (wallet.lost_update)" in str(proof.toothless[0])
    assert proof.exit_code == 1


def test_check_that_no_defect_is_for_has_no_teeth() -> None:
    """A check of a requirement that nothing breaks is named, with the requirement that needs a defect."""
    proof = conclude([*SOUND, result("test_alone", "ENV-01")], DEFECTS)
    assert "Add a defect that breaks ENV-01" in str(proof.toothless[0])


def test_one_failing_case_gives_a_check_its_teeth() -> None:
    """The cases of one function are one check: it is enough that a defect makes one of them fail."""
    cases = [
        CheckResult(
            f"suites/x.py::test_race[{case}-world=x]", "", ["WAL-03"], outcome, 1.0, 1, defect="wallet.lost_update"
        )
        for case, outcome in (("one", Outcome.PASS), ("two", Outcome.FAIL))
    ]
    proof = conclude([SOUND[0], *cases, *SOUND[2:]], DEFECTS)
    assert proof.catches[0].caught_by == ["suites/x.py::test_race"]
    assert proof.exit_code == 0


def test_failure_without_a_defect_spoils_the_proof() -> None:
    """A check that does not pass on the clean reference says so, with its reason."""
    proof = conclude([result("test_race", "WAL-03", None, Outcome.SKIP, "absent"), *SOUND[1:]], DEFECTS)
    assert "it ends as skip on the reference without a defect: absent" in str(proof.unclean[0])
    assert proof.exit_code == 1


def test_part_of_the_matrix_judges_what_it_can() -> None:
    """A check is judged if all its defects were selected, and a defect if all checks were."""
    lame = [result("test_lame", "AUTH-04"), result("test_lame", "AUTH-04", "auth.open")]
    some = {"auth.open": DEFECTS["auth.open"]}
    proof = conclude([*SOUND[2:], *lame, SOUND[0]], some, known=DEFECTS)
    assert [trouble.about for trouble in proof.toothless] == ["suites/x.py::test_lame"]
    proof = conclude(SOUND[2:], DEFECTS, all_checks=False)
    assert {catch.defect for catch in proof.catches} == {"auth.open"}
    assert proof.exit_code == 0
    missed = [result("test_lame", "AUTH-04"), result("test_lame", "AUTH-04", "auth.open")]
    proof = conclude(missed, DEFECTS, known={**DEFECTS, "auth.wider": ["AUTH-04"]}, all_checks=False)
    assert (proof.catches, proof.exit_code) == ([], 5)


def test_server_that_does_not_start_is_the_harness_trouble() -> None:
    """A defect that cannot be served proves nothing either way: exit code 3."""
    reason = "NotServed in setup: auth.open: OutOfDate: auth has no Guard any more"
    proof = conclude([*SOUND[:3], result("test_door", "AUTH-04", "auth.open", Outcome.ERROR, reason)], DEFECTS)
    assert "auth.open: did not start" in str(proof.harness[0])
    assert proof.exit_code == 3
    assert proof.toothless == [] or proof.toothless[0].about == "suites/x.py::test_door"


def test_broken_run_is_the_harness_trouble() -> None:
    """What broke outside any check is told, and is never a pass."""
    proof = conclude(SOUND, DEFECTS, broken=["worker gw0: crashed"])
    assert "worker gw0: crashed" in str(proof.harness[0])
    assert proof.exit_code == 3


def test_nothing_selected_is_no_proof() -> None:
    """Where no check ran there is nothing to prove: exit code 5."""
    assert conclude([], {}).exit_code == 5
    assert Proof(catches=[], checks=[], uncaught=[], toothless=[], unclean=[], harness=[]).exit_code == 5
