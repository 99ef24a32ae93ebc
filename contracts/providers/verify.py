"""Verification: does a provider keep a contract? Pact's own verifier asks; every interaction is counted.

The verifier (pact-python's, which is Pact's Rust library) calls back for each provider state and each message. What it
found is told interaction by interaction: what differed, where, what was expected and what came.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contracts.providers.callbacks import serving
from fixtures.exits import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from contracts.pacts import Contract, Interaction
    from contracts.providers.callbacks import Callbacks, SetUp
    from contracts.providers.states import Provider

ANSWER_S = 10.0
"""How long an answer may take: as long as the platform's clients wait."""

NOT_ASKED = "the verifier did not ask it: is it written as Pact V4 has it?"
TWICE = "it stands in the contract twice: give one of them another description"
_ORDER = ("status", "content type", "header", "body")

PASS, FAIL, SKIP = "pass", "fail", "skip"


@dataclass(frozen=True)
class Difference:
    """One thing in which an answer is not what the contract says. where: `status`, `header x`, `body $.path`."""

    where: str
    says: str
    expected: Any = None
    actual: Any = None


@dataclass(frozen=True)
class Result:
    """What became of one interaction. A `skip` was not asked at all, for the reason that it names."""

    title: str
    outcome: str
    differences: Sequence[Difference] = ()
    reason: str | None = None


@dataclass(frozen=True)
class Verification:
    """One contract against one provider."""

    consumer: str
    provider: str
    digest: str
    base_url: str
    results: Sequence[Result] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        return sum(result.outcome == outcome for result in self.results)

    @property
    def success(self) -> bool:
        """Whether something was asked and nothing failed; what was skipped is for `complete` to say."""
        return self.count(PASS) > 0 and self.count(FAIL) == 0

    @property
    def complete(self) -> bool:
        """Whether every interaction passed."""
        return self.count(PASS) == len(self.results) > 0

    def shown(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"success": self.success, "complete": self.complete}


def verify(contract: Contract, provider: Provider, answer_s: float = ANSWER_S) -> Verification:
    """Ask a provider everything that a contract says. Raises CommandError when the verifier itself does not work."""
    skipped: list[Result] = []
    asked: list[Interaction] = []
    for interaction in contract.interactions:
        why = next(filter(None, map(provider.why_not, interaction.states)), None)
        if why is None:
            asked.append(interaction)
        else:
            skipped.append(Result(interaction.title, SKIP, reason=why))
    found = _run(contract.only(asked), provider, answer_s) if asked else []
    results = [*found, *skipped]
    if len(results) != len(contract.interactions):
        raise CommandError(f"{contract.name}: {len(results)} of {len(contract.interactions)} interactions were judged")
    return Verification(contract.consumer, contract.provider, contract.digest, provider.base_url, results)


def _run(contract: Contract, provider: Provider, answer_s: float) -> list[Result]:
    os.environ["PACT_DO_NOT_TRACK"] = "true"
    from pact import Verifier

    with tempfile.TemporaryDirectory(prefix="cityos-contract-") as folder, serving(provider) as callbacks:
        file = Path(folder) / f"{contract.name}.json"
        file.write_text(json.dumps(contract.raw))
        verifier = Verifier(contract.provider, host=_host(provider.base_url)).add_transport(url=provider.base_url)
        verifier.add_transport(protocol="message", port=callbacks.port, path=callbacks.messages, scheme="http")
        verifier.state_handler(callbacks.states_url, teardown=True, body=True)
        verifier.add_source(file)
        if provider.base_url.startswith("http:"):
            verifier.disable_ssl_verification()  # nothing to check, and reading the authorities takes 15 ms a request
        verifier.set_request_timeout(round(answer_s * 1000))
        with _silent(), contextlib.suppress(RuntimeError):  # raised when something differs, without a word of it
            _beside(verifier.verify)
        told = verifier.results
    if not told.get("interactionResults"):
        raise CommandError(f"{contract.name}: Pact's verifier asked nothing; is all of the contract as Pact V4 has it?")
    return [_result(interaction, told, callbacks, answer_s) for interaction in contract.interactions]


def _beside(work: Callable[[], object]) -> None:
    """Do it in a thread: in this one Python would not see Ctrl-C before the library has asked everything."""
    problems: list[Exception] = []

    def do() -> None:
        try:
            work()
        except Exception as problem:  # noqa: BLE001 - raised below
            problems.append(problem)

    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    thread.join()
    if problems:
        raise problems[0]


def _result(interaction: Interaction, told: dict[str, Any], callbacks: Callbacks, answer_s: float) -> Result:
    mine = [
        each
        for each in told.get("interactionResults", [])
        if each["description"] == interaction.description and each["providerStates"] == interaction.states
    ]
    set_ups = callbacks.taken(interaction)
    if len(mine) != 1:
        return Result(interaction.title, FAIL, [Difference("verification", TWICE if mine else NOT_ASKED)])
    if mine[0]["result"] == "OK":
        return Result(interaction.title, PASS)
    untold = callbacks.why_untold(interaction) if interaction.is_message else None
    if untold is not None:  # else the words about it would be compared
        return Result(interaction.title, FAIL, [Difference("message", untold)])
    mismatch = mine[0].get("mismatch") or {}
    if mismatch.get("type") == "mismatches":
        differences = sorted(map(_difference, mismatch["mismatches"]), key=_place)
        return Result(interaction.title, FAIL, differences)
    return Result(interaction.title, FAIL, [_nothing(mine[0], mismatch, set_ups, answer_s)])


def _nothing(told: dict[str, Any], mismatch: dict[str, Any], set_ups: Sequence[SetUp], answer_s: float) -> Difference:
    """Why there is no answer to compare."""
    took_s = _seconds(told.get("duration", ""))  # the time for its states among it
    said = _plain(str(mismatch.get("message") or mismatch.get("error") or json.dumps(mismatch)))
    if "setup state change" in said:
        why = "; ".join(each.refused for each in set_ups if each.refused)
        return Difference(
            "provider state", why or (f"not set up within {answer_s:g} s" if took_s >= answer_s else said)
        )
    if not said.startswith("error sending request"):
        return Difference("verification", said)
    if took_s - sum(each.took_s for each in set_ups) >= answer_s:
        return Difference("no answer", f"none within {answer_s:g} s")
    untrusted = ", or its certificate is not trusted" if "(https:" in said else ""
    return Difference("no answer", "the connection was refused, or broke off before the answer" + untrusted)


def _seconds(duration: str) -> float:
    """As the verifier writes it: 24ms, 2.018s, 1m 3s."""
    units = {"ms": 0.001, "s": 1.0, "m": 60.0}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([\d.]+)(ms|s|m)\b", duration))


def _difference(raw: dict[str, Any]) -> Difference:
    kind = raw.get("type", "")
    where = {
        "StatusMismatch": "status",
        "HeaderMismatch": f"header {raw.get('key')}",
        "MetadataMismatch": f"header {raw.get('key')}",
        "BodyMismatch": f"body {raw.get('path')}",
        "BodyTypeMismatch": "content type",
    }.get(kind, kind)
    return Difference(where, _plain(str(raw.get("mismatch", ""))), raw.get("expected"), raw.get("actual"))


def _place(difference: Difference) -> tuple[int, str, str]:
    """In which order differences are told: the library's own order is another each time."""
    first = next((rank for rank, where in enumerate(_ORDER) if difference.where.startswith(where)), len(_ORDER))
    return first, difference.where, difference.says


def _plain(said: str) -> str:
    return re.sub(r"\x1b\[\d+m", "", said).strip()


def _host(base_url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(base_url).hostname or "127.0.0.1"


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Nothing on this process's standard output and error: the library writes its own report there."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(number, os.dup(number)) for number in (1, 2)]
    try:
        with Path(os.devnull).open("wb") as nowhere:
            for number, _ in kept:
                os.dup2(nowhere.fileno(), number)
        yield
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
