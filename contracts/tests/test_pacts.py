"""What is read as a contract, and what is said of a file that is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from contracts.pacts import read
from fixtures.exits import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Change = dict[str, Any]


def pact(**changed: Any) -> Change:
    """A contract with one interaction; changed: members of it, or of the interaction."""
    asked = {"request": {"method": "GET", "path": "/"}, "response": {"status": 200}}
    one = {"description": "a question", "type": "Synchronous/HTTP", "providerStates": [{"name": "ready"}], **asked}
    whole = {
        "consumer": {"name": "a"},
        "provider": {"name": "b"},
        "metadata": {"pactSpecification": {"version": "4.0"}},
        "interactions": [{**one, **{name: value for name, value in changed.items() if name in one}}],
    }
    return {**whole, **{name: value for name, value in changed.items() if name in whole}}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(content: str) -> Path:
        file = tmp_path / "mine.json"
        file.write_text(content)
        return file

    return write


def test_a_contract(written: Callable[[str], Path]) -> None:
    """Names, interactions and their states."""
    contract = read(written(json.dumps(pact())))
    assert (contract.name, [each.title for each in contract.interactions]) == ("a-b", ["a question (given ready)"])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"metadata": None}, "version is missing"),
        ({"metadata": {"pactSpecification": "4.0"}}, "version is missing"),
        ({"metadata": {"pactSpecification": {"version": "2.0.0"}}}, "version is 2.0.0"),
        ({"consumer": None}, "consumer.name is missing"),
        ({"provider": {"name": "a\nb"}}, "provider.name is missing, or cannot be printed"),
        ({"interactions": None}, "interactions are missing"),
        ({"interactions": [None]}, "interaction 0 has no description"),
        ({"type": "Synchronous/Messages"}, "interaction 0 is of the type Synchronous/Messages"),
        ({"providerStates": None}, "interaction 0 has provider states without a name"),
        ({"providerStates": [{}]}, "interaction 0 has provider states without a name"),
        ({"request": None}, "interaction 0 lacks its request or its response"),
        ({"response": "200"}, "interaction 0 lacks its request or its response"),
    ],
)
def test_what_is_no_contract(written: Callable[[str], Path], changed: Change, said: str) -> None:
    """Each command would stumble over it: it is refused when it is read, with what is wrong."""
    with pytest.raises(UsageError, match=f"is no Pact V4 file: .*{said}"):
        read(written(json.dumps(pact(**changed))))


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "\x00"])
def test_what_is_no_json(written: Callable[[str], Path], content: str) -> None:
    """Nor is a file that is no JSON, or nothing but brackets."""
    with pytest.raises(UsageError, match="is no JSON"):
        read(written(content))
