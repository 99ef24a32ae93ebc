"""In which order tables are filled: parents first, and where foreign keys run in a circle, in two passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suites.migrations.rows.tables import Key, Shape


@dataclass(frozen=True)
class Pass:
    """later: foreign keys that stay null in it, or get a value that is put right later (`closing`).

    half: half of the rows only, the others come when the parents are there. reason: why it can't be done, if so.
    """

    shape: Shape
    later: frozenset[str] = frozenset()
    half: bool = False
    closing: tuple[Key, ...] = ()
    reason: str | None = None


def order(tables: Sequence[Shape]) -> list[Pass]:
    """Each table once, or twice where it stands in a circle."""
    waiting = {shape.name: shape for shape in sorted(tables, key=lambda shape: shape.name)}
    passes: list[Pass] = []
    again: list[Pass] = []
    while waiting:
        ready = [shape for shape in waiting.values() if not _blocking(shape, waiting)]
        if ready:
            passes += [Pass(shape) for shape in ready]
        else:
            broken = min(waiting.values(), key=lambda shape: _cost(shape, _blocking(shape, waiting)))
            passes.append(_opened(broken, _blocking(broken, waiting)))
            if passes[-1].half:
                again.append(Pass(broken))
            ready = [broken]
        for shape in ready:
            del waiting[shape.name]
    return passes + again


def _blocking(shape: Shape, waiting: dict[str, Shape]) -> list[Key]:
    return [key for key in shape.keys if key.parent in waiting and key.parent != shape.name]


def _is_nullable(shape: Shape, key: Key) -> bool:
    return any(shape.fields[name].nullable for name in key.columns)


def _cost(shape: Shape, keys: Sequence[Key]) -> tuple[int, int, str]:
    """Best opened where all is nullable, then where what is not is deferrable."""
    required = [key for key in keys if not _is_nullable(shape, key)]
    return sum(1 if key.deferrable else 100 for key in required), len(keys), shape.name


def _opened(shape: Shape, keys: Sequence[Key]) -> Pass:
    required = [key for key in keys if not _is_nullable(shape, key)]
    hard = [key for key in required if not key.deferrable]
    reason = None
    if hard:
        circle = ", ".join(f"{key.name} to {key.parent}" for key in hard)
        reason = f"foreign keys in a circle that may neither be null nor be deferred: {circle}"
    later = frozenset(key.name for key in keys)
    return Pass(
        shape, later, half=not required, closing=tuple(key for key in required if key.deferrable), reason=reason
    )
