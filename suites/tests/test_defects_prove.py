"""The prover itself, on checks that were written to be bad: it runs them for real and does not let them through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.results import CheckFinished, Outcome
from suites.defects.prove import Options, prove, run

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.results import CheckResult, Event
    from suites.defects.proof import Proof

DEFECT = "operations.health_in_other_words"
CHECKS = '''
"""Checks of health, one good and three bad."""

from __future__ import annotations

from fixtures.checks import requirement


@requirement("HLT-01")
def test_good(anonymous):
    """Health says that it is healthy."""
    assert anonymous.get("/health").expect(200)["status"] == "healthy"


@requirement("HLT-01")
def test_asserts_nothing(anonymous):
    """Health is asked for, and the answer is not looked at."""
    anonymous.get("/health")


@requirement("HLT-01")
def test_asserts_what_is_always_so(anonymous):
    """Health answers something."""
    answer = anonymous.get("/health")
    assert answer.status > 0


@requirement("HLT-01")
def test_stumbles(anonymous):
    """A check that knows only the words of the healthy, and breaks on others, has judged nothing."""
    answer = anonymous.get("/health")
    assert {"healthy": 200}[answer["status"]] == answer.status
'''


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Proof, list[CheckResult]]:
    """One run of the prover over the checks above: its proof and all results."""
    folder: Path = tmp_path_factory.mktemp("suite")
    (folder / "test_health.py").write_text(CHECKS)
    results: list[CheckResult] = []

    def keep(event: Event) -> None:
        if isinstance(event, CheckFinished):
            results.append(event.result)

    options = Options(defects=(DEFECT,), suites=(folder,), workers=1, log=folder / "pytest.log")
    return prove(options, keep), results


def test_each_check_ran_once_in_each_world(seen: tuple[Proof, list[CheckResult]]) -> None:
    """The clean reference and the one with the defect both saw every check, and the results say which was which."""
    _, results = seen
    worlds = sorted((result.check.partition("[")[0].rpartition("::")[2], result.defect or "") for result in results)
    names = ("test_asserts_nothing", "test_asserts_what_is_always_so", "test_good", "test_stumbles")
    assert worlds == [(name, defect) for name in names for defect in ("", DEFECT)]


def test_good_check_catches_the_defect(seen: tuple[Proof, list[CheckResult]]) -> None:
    """Only the check that fails on it is named as the one that catches it."""
    proof, results = seen
    assert [result.outcome for result in results if "test_good" in result.check] == [Outcome.PASS, Outcome.FAIL]
    (catch,) = proof.catches
    assert (catch.defect, catch.requirement) == (DEFECT, "HLT-01")
    assert [check.rpartition("::")[2] for check in catch.caught_by] == ["test_good"]
    assert proof.uncaught == proof.harness == []


def test_bad_checks_make_the_prover_fail(seen: tuple[Proof, list[CheckResult]]) -> None:
    """A check that asserts nothing, or what is always so, or that stumbles, has no teeth: exit code 1."""
    proof, _ = seen
    named = [trouble.about.rpartition("::")[2] for trouble in proof.toothless]
    assert named == ["test_asserts_nothing", "test_asserts_what_is_always_so", "test_stumbles"]
    assert any("asserts nothing" in str(trouble) for trouble in proof.unclean)
    assert proof.exit_code == 1


def test_unknown_defect_ends_the_prover_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt name is a wrong option: exit code 4, and the nearest name."""
    assert run(Options(defects=("operations.health_in_other_word_s",))) == 4
    assert "did you mean operations.health_in_other_words?" in capsys.readouterr().err
