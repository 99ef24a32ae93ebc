"""`cityos contracts matrix`: all that is known, unknown shown, and failing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contracts.broker.records import Counts, contract
from contracts.commands import matrix
from contracts.tests.broker_samples import AT, NOW, Place, pact, place, verified

if TYPE_CHECKING:
    from pathlib import Path

ERPNEXT, FLEETBASE, CHANGED = pact("erpnext"), pact("fleetbase"), pact("erpnext", "two orders")


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return place(tmp_path)


def shows(here: Place, **options: Any) -> int:
    return matrix.run(folder=here.folder, store=here.store, environ={}, now=lambda: NOW, **options)


def rows(here: Place, capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[int, list[tuple[Any, ...]]]:
    capsys.readouterr()
    code = shows(here, as_json=True, **options)
    found = json.loads(capsys.readouterr().out)["rows"]
    return code, [tuple(row[name] for name in ("provider", "version", "environment", "state")) for row in found]


def test_all_hold(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """One line per contract, version and environment, with date and evidence; 0."""
    commit = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    here.files.record(verified(contract(ERPNEXT), environment="staging", evidence="https://ci.example/1"))
    assert shows(here, as_json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["state"] == "ok"
    assert shown["rows"][1] == {
        "consumer": "cityos",
        "commit": commit,
        "provider": "erpnext",
        "state": "ok",
        "why": "3 interactions passed",
        "environment": "staging",
        "version": "15.2",
        "at": "2026-11-23T10:00:00+00:00",
        "evidence": "https://ci.example/1",
        "current": True,
        "todo": None,
    }
    assert shows(here) == 0
    out = capsys.readouterr().out
    assert f"commit {commit}" in out
    for text in ("cityos with erpnext", "15.2", "staging", "2026-11-23 10:00 UTC", "https://ci.example/1"):
        assert text in out


def test_unknown_is_shown_and_fails(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A contract that nobody verified has a line: 12."""
    here.published(ERPNEXT, FLEETBASE)
    here.files.record(verified(contract(ERPNEXT)))
    assert rows(here, capsys) == (
        12,
        [("erpnext", "15.2", "simulator", "ok"), ("fleetbase", None, None, "unknown")],
    )
    shows(here)
    assert "never verified" in capsys.readouterr().out


def test_failed_goes_before_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """One that failed and one that is unknown: 1."""
    here.published(ERPNEXT, FLEETBASE)
    here.files.record(verified(contract(ERPNEXT), success=False))
    assert rows(here, capsys)[0] == 1


def test_a_changed_contract_is_outdated_where_the_old_one_was_verified(
    here: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each commit has its own lines: the old one holds, the new one is outdated: 12."""
    old = here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT)))
    new = here.commit(CHANGED)
    here.files.publish([contract(CHANGED)], new, "main", AT + timedelta(hours=1))
    assert rows(here, capsys) == (
        12,
        [("erpnext", "15.2", "simulator", "outdated"), ("erpnext", "15.2", "simulator", "ok")],
    )
    assert rows(here, capsys, commit=old)[0] == 0
    assert rows(here, capsys, commit=new[:10])[0] == 12
    here.files.record(verified(contract(CHANGED), environment="sandbox"))
    assert rows(here, capsys, commit=new) == (
        12,
        [("erpnext", "15.2", "sandbox", "ok"), ("erpnext", "15.2", "simulator", "outdated")],
    )


def test_an_earlier_version_is_shown_and_does_not_count(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """A version that failed, followed by one that holds in the same environment."""
    here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT), success=False, provider_version="15.1", at=AT - timedelta(days=1)))
    here.files.record(verified(contract(ERPNEXT)))
    assert rows(here, capsys) == (
        0,
        [("erpnext", "15.1", "simulator", "failed"), ("erpnext", "15.2", "simulator", "ok")],
    )
    shows(here)
    assert "a later version was verified there" in capsys.readouterr().out


def test_a_verification_in_part_is_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Skips are named."""
    here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT), counts=Counts(2, 0, ("a big file",))))
    assert shows(here) == 12
    assert "skipped: a big file" in capsys.readouterr().out


def test_a_verification_of_the_future_is_unknown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """As for can-i-release: a clock was wrong."""
    here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT), at=NOW + timedelta(hours=1)))
    assert rows(here, capsys)[0] == 12


@pytest.mark.parametrize("commit", [None, "HEAD", "a" * 40, "abcdef1"])
def test_nothing_to_show_is_unknown(here: Place, commit: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty store, a commit without contracts, and an unknown one: 12, in words and as JSON."""
    here.commit()
    assert shows(here, commit=commit) == 12
    assert capsys.readouterr().out.startswith("unknown: ")
    assert rows(here, capsys, commit=commit) == (12, [])


def test_markup_in_a_name_is_shown_as_it_is(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Names come from files that others wrote."""
    here.published(ERPNEXT)
    here.files.record(verified(contract(ERPNEXT), evidence="[red]x[/red]", environment="[bold"))
    assert shows(here) == 0
    out = capsys.readouterr().out
    assert "[red]x[/red]" in out
    assert "[bold" in out
