"""What a revision says that it does to data: one line each in its file, as a comment or in its docstring.

    replay: may change wallet.balance: float to numeric, the same amounts
    replay: may remove rows of wallet_transaction: duplicates, kept in wallet_transaction_duplicate
    replay: may drop customer.fax: unused since release 3
    replay: no orphans in card.customer_id: customers are never deleted

What a revision does and does not say is a finding; so is what it says and does not do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from suites.migrations.histories.base import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from suites.migrations.histories.base import Revision
    from suites.migrations.rows.kept import Changed

_LINE = re.compile(
    r"replay:\s+(?P<what>may change|may remove rows of|may drop|no orphans in)\s+(?P<name>[\w.]+)\s*:\s*(?P<why>\S.*)"
)
_REMEDIES = {
    "data-changed": "keep the values, or say in the file `replay: may change TABLE.COLUMN: why`",
    "rows-lost": "keep the rows, or say in the file `replay: may remove rows of TABLE: why`",
    "data-dropped": "carry the values elsewhere first, or say in the file `replay: may drop TABLE.COLUMN: why`",
}
_RULES = {
    "may change": "data-changed",
    "may remove rows of": "rows-lost",
    "may drop": "data-dropped",
    "no orphans in": "orphans",
}


@dataclass(frozen=True)
class Allowances:
    """By rule, the names for which a file has a reason."""

    names: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, file: Path) -> Allowances:
        """What a file says."""
        text = file.read_text(encoding="utf-8", errors="replace")
        return cls(frozenset((_RULES[found["what"]], found["name"]) for found in _LINE.finditer(text)))

    @property
    def certain(self) -> frozenset[str]:
        """Columns in which every value refers to a row already, before a foreign key says so."""
        return frozenset(name for rule, name in self.names if rule == "orphans")

    def judge(self, revision: Revision, changed: Iterable[Changed]) -> list[Finding]:
        """A finding for each change of data that the file has no reason for."""
        return [
            Finding(each.rule, revision.title, revision.file, each.says, _REMEDIES[each.rule])
            for each in changed
            if (each.rule, each.name) not in self.names
        ]
