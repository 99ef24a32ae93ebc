"""`cityos load limit` from end to end, small; and how it takes mistakes."""

from __future__ import annotations

import msgspec
import pytest

from fixtures.exits import Exit
from load import statement
from load.limit import main


def test_a_small_run(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """A run finds all arms, one statement per debit, every debit accepted and the money right."""
    code = main(["--seconds", "0.3", "--rounds", "1", "--connections", "4", "--wallets", "50", "--json"])
    found = msgspec.json.decode(capsysbinary.readouterr().out)
    assert code == found["exit_code"]
    assert code in {Exit.RELEASE, Exit.BLOCKED, Exit.INCONCLUSIVE}  # speed is for the benchmark, not for a test
    assert (found["statements_spread"], found["statements_hot"]) == (1.0, 1.0)
    windows = found["rounds"][0]["windows"]
    assert {"reference", "bare", "hot", "driver"} <= {window["arm"] for window in windows}
    assert all(window["accepted"] > 0 and not window["refused"] for window in windows)
    counted = [target for target in found["targets"] if not target["what"].startswith(("rate", "CPU", "hot"))]
    assert len(counted) == 4
    assert all(target["reached"] for target in counted)


@pytest.mark.parametrize(
    "wrong", [["--rounds", "0"], ["--seconds", "-1"], ["--connections", "many"], ["--seconds", "nan"], ["--colour"]]
)
def test_a_usage_error(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An option that means nothing ends with 4 and names itself."""
    with pytest.raises(SystemExit) as ended:
        main(wrong)
    assert ended.value.code == Exit.USAGE
    assert wrong[0] in capsys.readouterr().err


def test_a_database_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """A database URL that leads nowhere ends with 4 and one sentence."""
    assert main(["--database-url", "postgresql://nobody@127.0.0.1:1/postgres"]) == Exit.USAGE
    assert "check --database-url" in capsys.readouterr().err


def test_each_debit_has_ids_of_its_own() -> None:
    """Two calls make two ledger rows and two events, with ids as long as the platform's."""
    made = [statement.arguments("tnt", "wal", "debit", statement.AMOUNT, "ref", None) for _ in range(2)]
    assert [len(str(value)) for value in made[0][5:7]] == [len("wtxn_") + 26, len("evt_") + 26]
    assert made[0][5] != made[1][5]
    assert made[0][2] == -statement.AMOUNT
