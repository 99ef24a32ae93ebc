"""A contract's one form, and what tells two contracts apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import pacts
from contracts.pacts import FOLDER, Contract, committed, normal, read, text
from contracts.tests.contract_samples import changed, contract
from contracts.tests.shop import asked, told, with_shop

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

THREE = (asked("a"), asked("b"), told("a", {}, "an order is lost"))


@given(st.permutations(THREE), st.dictionaries(st.text(max_size=5), st.integers()))
def test_order_and_tools_do_not_matter(interactions: list[dict[str, Any]], tool: dict[str, int]) -> None:
    """The same interactions in another order, written by another version of the tool: the same bytes and digest."""
    other = contract("shop", *interactions)
    other.raw["metadata"] = {**tool, "pactSpecification": {"version": "4.0"}}
    assert text(other) == text(with_shop(*THREE))
    assert other.digest == with_shop(*THREE).digest
    assert text(Contract(normal(other.raw))) == text(other)


def test_what_it_says_does_matter() -> None:
    """Another status, state, consumer or provider is another contract."""
    whole = with_shop(asked("a"))
    others = [
        with_shop(asked("a", status=201)),
        with_shop(asked("a", "another state")),
        with_shop(changed(asked("a"), "providerStates/0/params", {"order_id": "7"})),
        contract("shops", asked("a")),
        Contract({**whole.raw, "consumer": {"name": "storefront"}}),
        with_shop(),
    ]
    assert len({each.digest for each in [whole, *others]}) == len(others) + 1


def test_only_some_of_it() -> None:
    """The others go, the names stay."""
    whole = with_shop(*THREE)
    part = whole.only(whole.interactions[1:2])
    assert ([each.title for each in part.interactions], part.name) == (["b (given an order is there)"], "cityos-shop")


def test_the_committed_ones_are_in_their_form() -> None:
    """Read and written again they are the same to the byte, and are called as their participants are."""
    for file in sorted(FOLDER.glob("*.json")):
        one = read(file)
        assert (text(one), one.name) == (file.read_text(), file.stem)
        titles = [each.title for each in one.interactions]
        assert len(set(titles)) == len(titles)


def test_which_contracts_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the checkout that a command is run in; where there is none, those of the package."""
    monkeypatch.chdir(tmp_path)
    assert pacts.folder() == FOLDER
    assert {each.provider for each in committed("erpnext")} == {"erpnext"}
    here = tmp_path / "contracts" / "pacts"
    here.mkdir(parents=True)
    (here / "cityos-shop.json").write_text(json.dumps(with_shop(asked()).raw))
    assert [each.name for each in committed()] == ["cityos-shop"]
    assert committed("erpnext") == []
