"""``cityos load …`` hands over to the room ``load/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.gate.options import GateError

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run the benchmark of wallet writes; returns its exit code."""
    try:
        from load.limit import main  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError as error:
        if error.name not in ("load", "load.limit"):
            raise
        raise GateError("load limit is not part of this installation: install the project whole") from error
    return int(main(list(arguments)) or 0)
