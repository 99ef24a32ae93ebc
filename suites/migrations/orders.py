"""``--all-orders N``: whether the order of modules matters, which nobody may rely upon (mikro.history says why).

Each random order goes from nothing to the end. A step that is refused waits, with what comes behind it in its module,
and is tried again behind each later step: the one behind which it runs is what it needs. An order that gets to its end
must come to the schema of the first one: a step that finds nothing to do says nothing (ALTER TABLE IF EXISTS).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import psycopg

from suites.migrations.catalog.difference import differences
from suites.migrations.catalog.schema import read
from suites.migrations.histories.base import Finding, HistoryError
from suites.migrations.mikro.history import interleavings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.postgres import PostgresServer
    from suites.migrations.catalog.schema import Schema
    from suites.migrations.histories.base import Revision
    from suites.migrations.mikro.history import MikroHistory

RULE = "depends-on-order"
_REMEDY = "keep modules apart (an id and a link, no foreign key), or let one module make both"
_AT_ONCE = 2


def compared(history: MikroHistory, server: PostgresServer, n: int, seed: int) -> list[Finding]:
    """Run `n` random orders beside the history's own; a finding for each dependency that they show, told once.

    What the history's own order shows is not told here: the replay does that.
    """
    first = _Run(history, server, noting=True)
    first.run()
    told = set(first.needs)
    found: list[Finding] = []
    runs = [_Run(mixed, server) for mixed in interleavings(history, n, seed)]
    with ThreadPoolExecutor(_AT_ONCE, "orders") as pool:
        for run, _ in zip(runs, pool.map(_Run.run, runs), strict=True):
            for needed, finding in [*run.needs.items(), *_differing(first, run)]:
                if needed not in told:
                    told.add(needed)
                    found.append(finding)
    return found


@dataclass
class _Run:
    """One order. needs: by revision and what has to come before it ("": nothing that comes later helps).

    noting: also which revision made what, and touched it last.
    """

    history: MikroHistory
    server: PostgresServer
    noting: bool = False
    needs: dict[tuple[str, str], Finding] = field(default_factory=dict)
    schema: Schema | None = None  # at the end; None where a step never ran
    makers: dict[str, Revision] = field(default_factory=dict)  # by the name of a thing
    lasts: dict[str, Revision] = field(default_factory=dict)
    waiting: dict[str, list[Revision]] = field(default_factory=dict)  # by module, the one that was refused first
    refusals: dict[str, Finding] = field(default_factory=dict)

    def run(self) -> None:
        with (
            self.server.fresh("replay_order") as self.url,
            psycopg.connect(self.url, autocommit=True) as self.connection,
            self.history.connected(self.url),
        ):
            self.before = read(self.connection, self.history.ours)
            for revision in self.history.revisions:
                if revision.module in self.waiting:
                    self.waiting[revision.module].append(revision)
                elif self.step(revision):
                    self.retry(revision)
            for module, revisions in self.waiting.items():
                refusal = self.refusals[module]
                says = f"{refusal.says}, in a random order of modules, and nothing that comes later helps"
                self.need(revisions[0], "", says, refusal)
            if not self.waiting:
                self.schema = read(self.connection, self.history.ours)

    def step(self, revision: Revision) -> bool:
        """Take a step; whether it ran."""
        try:
            self.history.up(self.url, revision)
        except HistoryError as refused:
            self.waiting.setdefault(revision.module, [revision])
            self.refusals[revision.module] = refused.finding
            return False
        if self.noting:
            after = read(self.connection, self.history.ours)
            for change in differences(self.before, after):
                self.makers.setdefault(change.name, revision)
                self.lasts[change.name] = revision
            self.before = after
        return True

    def retry(self, ran: Revision) -> None:
        """Try what waits; what runs now needed the step that has just run."""
        steps = [ran]
        while steps:
            after = steps.pop(0)
            for module in list(self.waiting):
                refused, *behind = self.waiting[module]
                said = self.refusals[module]
                if not self.step(refused):
                    continue
                says = f"{said.says}, when {after.title} has not run yet: that has to come before it"
                self.need(refused, after.title, says, said)
                steps.append(refused)
                del self.waiting[module]
                while behind and self.step(behind[0]):
                    steps.append(behind.pop(0))
                if behind:
                    self.waiting[module] = behind

    def need(self, revision: Revision, needed: str, says: str, refusal: Finding) -> None:
        finding = replace(refusal, rule=RULE, revision=revision.title, says=says, remedy=_REMEDY)
        self.needs.setdefault((revision.title, needed), finding)


def _differing(first: _Run, run: _Run) -> Iterator[tuple[tuple[str, str], Finding]]:
    """What the schema of an order has otherwise, by the revision that made it so in the first one."""
    if first.schema is None or run.schema is None:
        return
    for change in differences(first.schema, run.schema):
        maker = first.makers.get(change.table)
        # Nobody made it so in the first order: then whoever made its table may say why it is there in this one.
        revision = first.lasts.get(change.name) or maker or run.history.revisions[-1]
        after = maker.title if maker is not None and maker is not revision else ""
        says = f"in a random order of modules nothing refuses it, and in the end {change.says}"
        says += f"; it has to come after {after}" if after else ""
        yield (revision.title, after), Finding(RULE, revision.title, revision.file, says, _REMEDY)
