"""What a history of migrations is to the replayer: revisions that go up and down, and the statements that they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from suites.migrations.catalog.schema import Schema


@dataclass(frozen=True)
class Revision:
    """One step. module: "" where a history has only one. order: what it is sorted by within its module.

    down: the file of the way down, where that is another one.
    """

    id: str
    module: str
    file: Path
    order: str
    down: Path | None = None

    @property
    def title(self) -> str:
        """As it is named in reports."""
        return f"{self.module}/{self.id}" if self.module else self.id


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a revision: which rule says so, what happened, and what to do."""

    rule: str
    revision: str
    file: Path
    says: str
    remedy: str
    line: int | None = None


class HistoryError(Exception):
    """A history that cannot be read, or a step that PostgreSQL refuses; `finding` says where and why.

    sqlstate: PostgreSQL's code of the refusal (its documentation, appendix A), None where it refused nothing.
    """

    def __init__(self, finding: Finding, sqlstate: str | None = None) -> None:
        self.finding = finding
        self.sqlstate = sqlstate
        where = f"{finding.file}:{finding.line}" if finding.line else str(finding.file)
        super().__init__(f"{where}: {finding.revision}: {finding.says}")


class History(Protocol):
    """Revisions in the order in which they run."""

    @property
    def name(self) -> str:
        """What it is, for a reader: its kind and folder."""
        ...

    @property
    def revisions(self) -> Sequence[Revision]: ...

    @property
    def findings(self) -> Sequence[Finding]:
        """What is wrong already on paper."""
        ...

    @property
    def ours(self) -> frozenset[str]:
        """Tables in which the tool itself keeps what has run; no schema of anybody's."""
        ...

    def connected(self, url: str) -> AbstractContextManager[None]:
        """For the length of a block, steps on this database may share a connection."""
        ...

    def up(self, url: str, revision: Revision) -> Sequence[str]:
        """Run a step on a database that has all before it; the statements that it executed. Raises HistoryError."""
        ...

    def down(self, url: str, revision: Revision) -> Sequence[str]:
        """Take a step back, from a database at that step. Raises HistoryError, also where there is no way down."""
        ...

    def again(self, url: str) -> Sequence[str]:
        """Bring a database that is at the end to the end once more, as every deployment does: nothing may change."""
        ...

    def differences(self, url: str, schema: Schema) -> list[Finding]:
        """What the project's models say otherwise than a database at the end; none where there are no models."""
        ...
