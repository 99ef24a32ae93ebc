"""``cityos contracts verify``: hold providers to their contracts: simulators, a sandbox, any server."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from contracts.broker.records import SIMULATOR
from contracts.commands.asked import REFERENCE, Done, Place, Wanted
from contracts.commands.evidence import keep
from contracts.commands.parallel import in_processes
from contracts.pacts import committed, read
from contracts.providers import known
from contracts.providers.masking import masked
from fixtures import provenance
from fixtures.exits import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from contracts.pacts import Contract
    from contracts.providers.verify import Verification

SANDBOX = "sandbox"
SECRET_LENGTH = 8
"""What is shorter may be a word of any sentence; a scheme, or a company's name."""
_SIMULATORS = Path(known.__file__).parents[2] / "fixtures" / "simulators"


def run(wanted: Wanted) -> int:
    """Verify, print what became of each interaction, keep the evidence and the record.

    Exit code 0 when all that was asked passed, 12 when something failed, 5 when nothing was asked.
    Raises UsageError, Unreachable, and CommandError when the verifier itself does not work.
    """
    from fixtures.terminal import console

    contracts = chosen(wanted)
    _refuse_nonsense(wanted, contracts)
    tasks = _tasks(wanted, contracts)
    out = console(stderr=wanted.as_json)
    out.print(f"asking {len(tasks)} servers for {sum(len(task.contracts) for task in tasks)} contracts")
    found: list[Verification] = []
    # Processes of their own, since each verification takes its process's standard output away.
    for done in itertools.chain.from_iterable(in_processes(_verified, tasks)):
        if done.result is None:
            out.print(f"\nskipped: {done.environment}: {done.absent}", style="yellow")
            continue
        _tell(out, done.result, done.environment)
        keep(out, done, wanted)
        found.append(done.result)
    _sum_up(out, found)
    if wanted.as_json:
        sys.stdout.write(json.dumps([each.shown() for each in found], indent=2) + "\n")
    if not any(each.count("pass") or each.count("fail") for each in found):
        return Exit.NOTHING_RAN
    return Exit.RELEASE if all(each.success for each in found) else Exit.NOT_VERIFIED


@dataclass(frozen=True)
class _Task:
    """The contracts with one provider, at one place. optional: the place may be missing here."""

    name: str
    contracts: Sequence[Contract]
    wanted: Wanted
    optional: bool = False


def _tasks(wanted: Wanted, contracts: Sequence[Contract]) -> list[_Task]:
    """The longest first. Where nothing else was asked for, a vendor's own server too, if this machine can have it."""
    from contracts.providers.sandbox import NAMES as REAL

    by_name = {name: [each for each in contracts if each.provider == name] for name in known.NAMES}
    tasks = [_Task(name, mine, wanted) for name, mine in by_name.items() if mine]
    if wanted.base_url is None and not wanted.sandbox:
        real = dataclasses.replace(wanted, sandbox=True)
        tasks += [_Task(task.name, task.contracts, real, optional=True) for task in tasks if task.name in REAL]
    return sorted(tasks, key=lambda task: (task.name != known.CITYOS, not task.optional))


def _verified(task: _Task) -> list[Done]:
    from contracts.providers.sandbox import SandboxMissing
    from contracts.providers.verify import verify

    try:
        with place(task.name, task.wanted) as there:
            return [
                Done(
                    there.environment,
                    there.version,
                    masked(verify(contract, there.provider, task.wanted.answer_s), _secrets(task.wanted)),
                )
                for contract in task.contracts
            ]
    except SandboxMissing as absent:
        if not task.optional:
            raise
        return [Done(f"{task.name} at {SANDBOX}", absent=str(absent))]


def chosen(wanted: Wanted) -> list[Contract]:
    """The contracts that were asked for. Raises UsageError when there are none."""
    for name in wanted.providers:
        if name not in known.NAMES:
            raise UsageError(f"{name} is no provider; there are {', '.join(known.NAMES)}")
    found = [read(wanted.file)] if wanted.file is not None else committed()
    strange = [each.provider for each in found if each.provider not in known.NAMES]
    if strange:
        raise UsageError(f"{strange[0]} is no provider; there are {', '.join(known.NAMES)}")
    kept = [each for each in found if not wanted.providers or each.provider in wanted.providers]
    if wanted.sandbox and not wanted.providers:
        from contracts.providers.sandbox import NAMES

        kept = [each for each in kept if each.provider in NAMES]
    if not kept:
        raise UsageError("there is no such contract; `cityos contracts generate` writes those of this tree")
    return kept


def _refuse_nonsense(wanted: Wanted, pairs: Sequence[Contract]) -> None:
    names = {each.provider for each in pairs}
    if wanted.base_url is not None and (len(names) != 1 or wanted.sandbox):
        raise UsageError("--base-url is the address of one provider: name it, as `cityos contracts verify erpnext …`")
    if wanted.base_url is not None and names == {known.CITYOS}:
        raise UsageError("our platform is a target: name it by --target NAME|FILE, which has its credentials too")
    if (wanted.headers or wanted.settings) and wanted.base_url is None:
        raise UsageError("--header and --set are for a server of yours: say where by --base-url")
    if (wanted.environment or wanted.version) and wanted.base_url is None and wanted.target == REFERENCE:
        raise UsageError(
            "--environment and --provider-version name a server of yours: say where by --base-url or --target; "
            "simulators, the sandbox and the reference have names and versions of their own"
        )


@contextlib.contextmanager
def place(name: str, wanted: Wanted) -> Iterator[Place]:
    """Where a provider is asked, until the end of the block."""
    harness = provenance.harness()
    if name == known.CITYOS:
        from contracts.providers.cityos import opened

        with opened(wanted.target) as (provider, version):
            if wanted.target == REFERENCE:  # started here, so it has the harness's commit
                yield Place(provider, REFERENCE, harness)
            else:
                yield Place(provider, wanted.environment or provider.target.name, wanted.version or version)
    elif wanted.sandbox:
        from contracts.providers.sandbox import started

        with (
            started(name) as there,
            known.at(name, there.base_url, there.headers, {**there.settings}) as provider,
        ):
            yield Place(provider, SANDBOX, there.version)
    elif wanted.base_url is not None:
        headers, settings = _pairs("--header", wanted.headers, ":"), _pairs("--set", wanted.settings, "=")
        with known.at(name, wanted.base_url, headers, settings) as provider:
            if provider.is_simulator and (wanted.environment not in {None, SIMULATOR} or wanted.version):
                raise UsageError(f"a simulator answers at {wanted.base_url}: it is no {wanted.environment or 'server'}")
            default = SIMULATOR if provider.is_simulator else urlsplit(wanted.base_url).netloc
            yield Place(provider, wanted.environment or default, wanted.version)
    else:
        with known.simulated(name) as provider:
            yield Place(provider, SIMULATOR, _sources(name))


def _sources(name: str) -> str:
    """A simulator's version: what its source says, in 12 hexadecimal digits."""
    stem = name.replace("-", "_")
    said = hashlib.sha256()
    for file in sorted(_SIMULATORS.rglob("*.py")):
        where = file.relative_to(_SIMULATORS)
        if where.parts[0].startswith(stem) or where.name in {"base.py", "sending.py", "control.py"}:
            said.update(where.as_posix().encode() + b"\0" + file.read_bytes())
    return f"simulator-{said.hexdigest()[:12]}"


def _pairs(option: str, given: Sequence[str], sign: str) -> dict[str, str]:
    """What was given by name. A value `env:NAME` is that variable's, so that no secret stands on the command line."""
    found: dict[str, str] = {}
    for each in given:
        name, there, value = (part.strip() for part in each.partition(sign))
        if not there or not name:
            raise UsageError(f"{option}: write NAME{sign}VALUE, or NAME{sign}env:VARIABLE")
        variable = value.removeprefix("env:")
        if variable != value and variable not in os.environ:
            raise UsageError(f"{option} {name}{sign}{value}: there is no variable {variable}")
        found[name] = value if variable == value else os.environ[variable]
    return found


def _secrets(wanted: Wanted) -> dict[str, str]:
    """What no report may show, with the name that stands there instead: headers, and the words that they are of."""
    values = [*_pairs("--header", wanted.headers, ":").values(), *_pairs("--set", wanted.settings, "=").values()]
    words = [word for value in values for word in (value, *re.split(r"[\s:]+", value)) if len(word) >= SECRET_LENGTH]
    return dict.fromkeys(sorted(words, key=len, reverse=True), "CREDENTIALS")


def _tell(out: Console, result: Verification, environment: str) -> None:
    out.print(f"\n{result.consumer} with {result.provider} at {environment}", style="bold")
    styles = {"pass": "green", "fail": "red", "skip": "yellow"}
    for each in result.results:
        out.print(f"  {each.outcome}  ", style=styles[each.outcome], end="")
        out.print(each.title)
        for difference in each.differences:
            out.print(f"        {difference.where}: {difference.says}")
        if each.reason is not None:
            out.print(f"        {each.reason}")


def _sum_up(out: Console, found: Sequence[Verification]) -> None:
    passed, failed, skipped = (sum(each.count(outcome) for each in found) for outcome in ("pass", "fail", "skip"))
    total = sum(len(each.results) for each in found)
    left = f", {skipped} not asked, each with its reason" if skipped else ""
    out.print(f"\n{len(found)} contracts, {total} interactions: {passed} passed, {failed} failed{left}")
