"""The statements that ran, with the transaction of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable


class Executed(tuple[str, ...]):  # noqa: SLOT001 (a tuple can have none)
    """Texts. transactions: for each a number, the same for all of one transaction; None when it ran in none."""

    transactions: tuple[int | None, ...]

    def __new__(cls, ran: Iterable[tuple[str, int | None]]) -> Self:
        """Texts, each with its transaction."""
        pairs = tuple(ran)
        made = super().__new__(cls, (text for text, _ in pairs))
        made.transactions = tuple(transaction for _, transaction in pairs)
        return made
