"""What a verification found, as it may be shown: no key, token or password in it."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from fixtures.recording import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contracts.providers.verify import Difference, Verification

_SECRET = re.compile(r"token|secret|passw|authorization|cookie|api[_-]?key", re.IGNORECASE)


def masked(found: Verification, secrets: Mapping[str, str]) -> Verification:
    """The same, with what is secret replaced. secrets: values that are known to be, by the name to show instead."""
    results = [
        dataclasses.replace(
            each,
            differences=[_masked(one, secrets) for one in each.differences],
            reason=None if each.reason is None else mask(each.reason, secrets),
        )
        for each in found.results
    ]
    return dataclasses.replace(found, results=results)


def _masked(difference: Difference, secrets: Mapping[str, str]) -> Difference:
    """Of a member that is called like a secret only that it differs is told."""
    if _SECRET.search(difference.where):
        return dataclasses.replace(difference, says="differs; its value is a secret", expected=None, actual=None)
    return dataclasses.replace(
        difference,
        says=mask(difference.says, secrets),
        expected=_value(difference.expected, secrets),
        actual=_value(difference.actual, secrets),
    )


def _value(value: Any, secrets: Mapping[str, str]) -> Any:
    return mask(value, secrets) if isinstance(value, str) else value
