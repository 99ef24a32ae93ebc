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
"""The committed contracts: <consumer>-<provider>.json. Those of an installed copy are what its wheel brought along."""

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
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"{file} is no JSON: {problem}") from None
    wrong = _wrong(raw)
    if wrong:
        raise UsageError(f"{file} is no Pact V4 file: {wrong}")
    return Contract(raw)


def folder() -> Path:
    """Where the contracts are: of the checkout that a command is run in, else of this package."""
    here = Path("contracts") / "pacts"
    return here if here.is_dir() else FOLDER


def committed(provider: str | None = None) -> list[Contract]:
    """The contracts of this tree, all or those with one provider, by name."""
    found = [read(file) for file in sorted(folder().glob("*.json"))]
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
    version: Any = raw
    for part in ("metadata", "pactSpecification", "version"):
        version = version.get(part) if isinstance(version, dict) else None
    if not str(version or "").startswith("4"):
        return f"metadata.pactSpecification.version is {version or 'missing'}"
    for who in ("consumer", "provider"):
        name = raw[who].get("name") if isinstance(raw.get(who), dict) else None
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            return f"{who}.name is missing, or cannot be printed"
    interactions = raw.get("interactions")
    if not isinstance(interactions, list):
        return "interactions are missing"
    for position, one in enumerate(interactions):
        wrong = _wrong_in(one)
        if wrong:
            return f"interaction {position} {wrong}"
    return None


def _wrong_in(one: Any) -> str | None:
    """What is wrong with an interaction, as far as every command would stumble over it."""
    if not isinstance(one, dict) or not isinstance(one.get("description"), str):
        return "has no description"
    if one.get("type") not in (HTTP, MESSAGE):
        return f"is of the type {one.get('type')}, which is not known here"
    states = one.get("providerStates", [])
    if not isinstance(states, list) or not all(isinstance(each, dict) and "name" in each for each in states):
        return "has provider states without a name"
    if one["type"] == HTTP and not all(isinstance(one.get(part), dict) for part in ("request", "response")):
        return "lacks its request or its response"
    return None
