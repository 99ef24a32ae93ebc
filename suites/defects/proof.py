"""What a run of the prover says: which check catches which defect, and what is wrong with the catalogue or the checks.

Everything here is plain data and pure functions; `suites.defects.prove` runs the checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fixtures.results import Outcome
from suites.defects.plugin import NOT_SERVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fixtures.results import CheckResult


class Catch(msgspec.Struct, frozen=True):
    """One requirement that a defect breaks, and the checks of it that failed when the defect was there."""

    defect: str
    requirement: str
    caught_by: list[str]


class Trouble(msgspec.Struct, frozen=True):
    """Something that the proof must not have: about whom, what is wrong, and what to do about it."""

    about: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.about}: {self.what}. {self.remedy}"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The kill matrix, line by line, and every objection to it."""

    catches: list[Catch]
    checks: list[str]  # those that ran, without their parameters
    uncaught: list[Trouble]
    toothless: list[Trouble]  # checks that no defect makes fail
    unclean: list[Trouble]  # checks that do not pass where nothing is wrong
    harness: list[Trouble]  # a server that did not start, a run that broke

    @property
    def exit_code(self) -> int:
        """0 proved, 1 not proved, 3 the harness had trouble, 5 nothing was selected, or none of it can be judged."""
        if self.harness:
            return 3
        if not self.checks:
            return 5
        if self.uncaught or self.toothless or self.unclean:
            return 1
        return 0 if self.catches else 5


def conclude(
    results: Iterable[CheckResult],
    defects: Mapping[str, Sequence[str]],
    *,
    known: Mapping[str, Sequence[str]] | None = None,
    all_checks: bool = True,
    broken: Iterable[str] = (),
) -> Proof:
    """The proof of a run.

    defects: those that were selected, each with the requirements that it breaks. known: the whole catalogue, if that is
    more; a check is judged when all the defects that it is for were selected. all_checks: False when some checks were
    left out, so that a defect may well be caught by one of those. broken: what went wrong with the run itself.
    Only a failure counts as caught: a check that ends in an error has stumbled over the defect and judges nothing.
    """
    everything = list(results)
    served = [result for result in everything if not _not_served(result)]
    by_check: dict[str, list[CheckResult]] = {}
    for result in served:
        by_check.setdefault(check_of(result), []).append(result)
    catches, uncaught = [], []
    for name, requirements in defects.items():
        met = [result for result in everything if result.defect == name]
        for requirement in requirements:
            tried = [result for result in met if requirement in result.requirements]
            catch = Catch(name, requirement, _failed(tried))
            if not catch.caught_by and not all_checks:
                continue
            catches.append(catch)
            if not catch.caught_by and not any(map(_not_served, tried)):
                uncaught.append(_uncaught(catch, tried))
    unselected = {name: set(breaks) for name, breaks in (known or {}).items() if name not in defects}
    return Proof(
        catches=catches,
        checks=list(by_check),
        uncaught=uncaught,
        toothless=[
            _toothless(check, seen)
            for check, seen in by_check.items()
            if not _has_teeth(seen) and not any(breaks.intersection(_named(seen)) for breaks in unselected.values())
        ],
        unclean=[_unclean(result) for result in served if result.defect is None and result.outcome is not Outcome.PASS],
        harness=_unserved(everything) + [Trouble("the run", what, "See the log of the run.") for what in broken],
    )


def check_of(result: CheckResult) -> str:
    """The check without its parameters and its world: all cases of one function are one check."""
    return result.check.partition("[")[0]


def _failed(results: Iterable[CheckResult]) -> list[str]:
    return list(dict.fromkeys(check_of(result) for result in results if result.outcome is Outcome.FAIL))


def _has_teeth(seen: Iterable[CheckResult]) -> bool:
    return any(result.defect is not None and result.outcome is Outcome.FAIL for result in seen)


def _named(seen: Iterable[CheckResult]) -> list[str]:
    return list(dict.fromkeys(one for result in seen for one in result.requirements))


def _uncaught(catch: Catch, tried: list[CheckResult]) -> Trouble:
    about = f"{catch.defect} ({catch.requirement})"
    if not tried:
        return Trouble(
            about,
            f"no check names {catch.requirement}",
            f"Write one, or take {catch.requirement} out of the defect's breaks.",
        )
    endings = ", ".join(dict.fromkeys(f"{check_of(result)}: {result.outcome}" for result in tried))
    see = f"cityos gate --defect {catch.defect} --only {catch.requirement}"
    return Trouble(
        about, f"no check catches it ({endings})", f"Sharpen one of them or write another; look at it with: {see}"
    )


def _toothless(check: str, seen: list[CheckResult]) -> Trouble:
    named = ", ".join(_named(seen))
    against = sorted({result.defect for result in seen if result.defect is not None})
    if not against:
        what, remedy = (
            "no defect breaks what it verifies",
            f"Add a defect that breaks {named} to suites/defects/catalogue/",
        )
    else:
        what, remedy = (
            f"it fails on none of its defects ({', '.join(against)})",
            "Sharpen it, or add the defect that it is for",
        )
    return Trouble(check, what, f"{remedy}; or take the check out.")


def _unclean(result: CheckResult) -> Trouble:
    said = f": {result.reason}" if result.reason else ""
    remedy = "Mend the check or the reference implementation first."
    return Trouble(result.check, f"it ends as {result.outcome} on the reference without a defect{said}", remedy)


def _not_served(result: CheckResult) -> bool:
    return result.outcome is Outcome.ERROR and (result.reason or "").startswith(NOT_SERVED)


def _unserved(results: Iterable[CheckResult]) -> list[Trouble]:
    worlds = {result.defect: str(result.reason) for result in results if _not_served(result)}
    return [
        Trouble(
            world or "the reference", f"did not start: {reason}", "Bring the defect up to date with the code it spoils."
        )
        for world, reason in worlds.items()
    ]
