"""What a replay is told as: the exit code, the page, the picture of a schema."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from fixtures.exits import Exit
from suites.migrations.catalog.schema import Column, Constraint, Schema, Table
from suites.migrations.picture import before_and_after
from suites.migrations.report import FindingLine, Report, StepLine, html

STEP = StepLine("0001_wallet", "up", 0.25, 2, 10, 7, [("wallet", "AccessExclusiveLock")], ["wallet"], ["table wallet"])
FINDING = FindingLine("data-changed", "0001_wallet", "v/0001.py", 12, "wallet.balance <b> changed", "keep the values")
GOOD = Report(
    history="SQL history db", revisions=1, complete=True, postgres=18, seed=7, rows=10, orders=0, took_s=1.5,
    findings=[], steps=[STEP], filled={"wallet": 10}, unfilled={}, waivers=[],
)  # fmt: skip
WALLET = Table(
    "wallet",
    columns={name: Column(name, "text", nullable=name == "note") for name in ("id", "owner_id", "note")},
    constraints={
        "pk": Constraint("pk", "primary key", "PRIMARY KEY (id)"),
        "fk": Constraint("fk", "foreign key", "FOREIGN KEY (owner_id) REFERENCES owner(id)"),
    },
)
OWNER = Table(
    "owner",
    columns={name: Column(name, "text", nullable=False) for name in ("id", "name")},
    constraints={"pk": Constraint("pk", "primary key", "PRIMARY KEY (id)")},
)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, Exit.RELEASE),
        ({"findings": [FINDING]}, Exit.BLOCKED),
        ({"findings": [msgspec.structs.replace(FINDING, waived_by="wallets")]}, Exit.RELEASE),
        ({"complete": False}, Exit.BLOCKED),
        ({"steps": [], "complete": False}, Exit.NOTHING_RAN),
        ({"steps": [], "complete": False, "findings": [FINDING]}, Exit.BLOCKED),
        ({"filled": {"wallet": 3}, "unfilled": {"wallet": "its check allows three"}}, Exit.RELEASE),
        ({"filled": {"wallet": 0}, "unfilled": {"wallet": "no value passes its check"}}, Exit.INCONCLUSIVE),
    ],
)
def test_exit_code(changed: dict[str, Any], code: Exit) -> None:
    """Only a whole replay with rows in every table, and without a finding that counts, is good."""
    assert msgspec.structs.replace(GOOD, **changed).exit_code is code


def test_the_page() -> None:
    """It has findings with place and remedy, escaped, the timeline with locks and rows, and nothing from elsewhere."""
    report = msgspec.structs.replace(GOOD, findings=[FINDING], unfilled={"mood": "an enum of three"})
    page = html(report, {"0001_wallet": ("<svg>before</svg>", "")}).decode()
    for said in (
        "1 finding", "wallet.balance &lt;b&gt; changed", "v/0001.py:12", "keep the values", "wallet: AccessExclusive",
        "250 ms", "an enum of three", "<svg>before</svg>", "none of it is left",
    ):  # fmt: skip
        assert said in page
    assert "://" not in page
    assert "<script" not in page


def test_picture() -> None:
    """What goes is marked in the first picture, what comes in the second; keys lead to the tables that they name."""
    columns = {name: column for name, column in WALLET.columns.items() if name != "note"}
    changed = dataclasses.replace(WALLET, columns={**columns, "version": Column("version", "integer", nullable=False)})
    other = dataclasses.replace(OWNER, name="other")
    before, after = before_and_after(
        Schema({"wallet": WALLET, "owner": OWNER, "other": other}),
        Schema({"wallet": changed, "owner": OWNER, "other": other}),
    )
    assert '<text class="gone"' in before
    assert "note text null" in before
    assert '<text class="new"' in after
    assert "version integer" in after
    assert before.count('class="key"') == after.count('class="key"') == 1
    assert "FK owner_id text" in after
    assert "other" not in before
    assert "name text" not in after  # of a neighbour only its key is shown


def test_picture_of_nothing() -> None:
    """A state without any of it has no picture."""
    assert before_and_after(Schema(), Schema({"owner": OWNER}))[0] == ""


def test_picture_of_tables_that_name_each_other() -> None:
    """A circle of foreign keys is drawn once around."""
    key = Constraint("fk", "foreign key", "FOREIGN KEY (id) REFERENCES wallet(id)")
    owner = dataclasses.replace(OWNER, constraints={**OWNER.constraints, "fk": key})
    _, after = before_and_after(Schema(), Schema({"wallet": WALLET, "owner": owner}))
    assert after.count('class="key"') == 2
