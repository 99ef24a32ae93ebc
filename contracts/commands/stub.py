"""``cityos contracts stub``: a contract as a server, for whoever develops its consumer, until Ctrl-C."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from contracts.pacts import committed, read
from fixtures import stopping
from fixtures.exits import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contracts.pacts import Contract

_POLL_S = 0.2


def run(provider: str, *, port: int, states: Sequence[str], file: Path | None) -> int:
    """Serve the contract with a provider, and print what became of each request. Exit code 0 after Ctrl-C."""
    contract = _chosen(provider, file)
    known = sorted({state for each in contract.interactions for state in each.states})
    for state in states:
        if state not in known:
            raise UsageError(f"--state “{state}”: the contract knows {', '.join(known)}")
    from contracts.stub import STATE, Stub, served

    stopping.on_signals()
    stub = Stub(contract, _say, states)
    try:
        with served(stub, port) as url:
            _say(f"{contract.consumer} with {contract.provider}: {stub.count} interactions at {url}")
            _say(f"choose a state by the header {STATE}; there are: {', '.join(known)}")
            _say("stop it with Ctrl-C")
            while True:
                time.sleep(_POLL_S)
    except OSError as problem:
        raise UsageError(f"Port {port} of 127.0.0.1 can't be had ({problem.strerror}); choose another.") from None
    except stopping.Asked:
        return Exit.RELEASE


def _chosen(provider: str, file: Path | None) -> Contract:
    if file is not None:
        return read(file)
    found = committed(provider)
    if not found:
        known = ", ".join(sorted({contract.provider for contract in committed()}))
        raise UsageError(f"there is no contract with {provider}; there are contracts with {known}")
    served = [contract for contract in found if any(not each.is_message for each in contract.interactions)]
    if len(served) != 1:
        names = ", ".join(contract.name for contract in found)
        raise UsageError(f"{provider} has {len(served)} contracts over HTTP ({names}): choose one with --file")
    return served[0]


def _say(line: str) -> None:
    print(line, flush=True)
