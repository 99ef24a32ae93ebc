"""Pact V4 files: read, written the same byte for byte each time, and told apart by what they say.

The specification: https://github.com/pact-foundation/pact-specification/tree/version-4
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fixtures.exits import UsageError

FOLDER = Path(__file__).parent / "pacts"
"""The committed contracts: <consumer>-<provider>.json."""

HTTP = "Synchronous/HTTP"
MESSAGE = "Asynchronous/Messages"


@dataclass(frozen=True)
class Interaction:
    """One request with its answer, or one message, as the file has it."""

    raw: dict[str, Any]

    @property
    def description(self) -> str:
        return str(self.raw["description"])

    @property
    def states(self) -> list[str]:
        """The names of the provider states that it needs."""
        return [str(state["name"]) for state in self.raw.get("providerStates", [])]

    @property
    def is_message(self) -> bool:
        return self.raw.get("type") == MESSAGE

    @property
    def title(self) -> str:
        """What no other interaction of the contract has: the description, and the states that it is under."""
        given = " and ".join(self.states)
        return f"{self.description} (given {given})" if given else self.description


@dataclass(frozen=True)
class Contract:
    """A Pact V4 file: what one consumer needs of one provider."""

    raw: dict[str, Any]

    @property
    def consumer(self) -> str:
        return str(self.raw["consumer"]["name"])

    @property
    def provider(self) -> str:
        return str(self.raw["provider"]["name"])

    @property
    def name(self) -> str:
        """As its file is called, without the ending."""
        return f"{self.consumer}-{self.provider}"

    @property
    def interactions(self) -> list[Interaction]:
        return [Interaction(one) for one in self.raw["interactions"]]

    @property
    def digest(self) -> str:
        """What it says, in 64 hexadecimal digits: alike for files that differ in layout and tool versions only."""
        said = {key: value for key, value in normal(self.raw).items() if key != "metadata"}
        return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def only(self, wanted: list[Interaction]) -> Contract:
        """The same contract with these interactions alone."""
        return Contract({**self.raw, "interactions": [one.raw for one in wanted]})


def read(file: Path) -> Contract:
    """A contract from its file. Raises UsageError, with what is wrong, for anything but a Pact V4 file."""
    try:
        raw = json.loads(file.read_bytes())
    except OSError as problem:
        raise UsageError(f"{file}: {problem.strerror or problem}") from None
    except ValueError as problem:
        raise UsageError(f"{file} is no JSON: {problem}") from None
    wrong = _wrong(raw)
    if wrong:
        raise UsageError(f"{file} is no Pact V4 file: {wrong}")
    return Contract(raw)


def committed(provider: str | None = None) -> list[Contract]:
    """The contracts of this tree, all or those with one provider, by name."""
    found = [read(file) for file in sorted(FOLDER.glob("*.json"))]
    return [contract for contract in found if provider in (None, contract.provider)]


def normal(raw: dict[str, Any]) -> dict[str, Any]:
    """A contract's one form: interactions by description and states, and of the tool nothing but the specification."""

    def order(interaction: dict[str, Any]) -> str:
        states = interaction.get("providerStates", [])
        return json.dumps([interaction["description"], states], sort_keys=True)

    return {
        **raw,
        "interactions": sorted(raw["interactions"], key=order),
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }


def text(contract: Contract) -> str:
    """A contract as its file has it, the same for the same contract on every machine."""
    return json.dumps(normal(contract.raw), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _wrong(raw: Any) -> str | None:
    if not isinstance(raw, dict):
        return "it is no object"
    version = raw.get("metadata", {}).get("pactSpecification", {}).get("version", "")
    if not str(version).startswith("4"):
        return f"metadata.pactSpecification.version is {version or 'missing'}"
    for who in ("consumer", "provider"):
        if not isinstance(raw.get(who), dict) or not isinstance(raw[who].get("name"), str):
            return f"{who}.name is missing"
    interactions = raw.get("interactions")
    if not isinstance(interactions, list):
        return "interactions are missing"
    for position, one in enumerate(interactions):
        if not isinstance(one, dict) or not isinstance(one.get("description"), str):
            return f"interaction {position} has no description"
        if one.get("type") not in (HTTP, MESSAGE):
            return f"interaction {position} is of the type {one.get('type')}, which is not known here"
    return None
