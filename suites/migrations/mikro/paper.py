"""What is wrong with migrations of MikroORM, in words: found on paper, and when PostgreSQL refuses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.migrations.histories.base import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

    from suites.migrations.histories.base import Revision
    from suites.migrations.mikro.source import MigrationClass
    from suites.migrations.mikro.typescript import Unread


def on_paper(revision: Revision, found: Sequence[MigrationClass], unread: Sequence[Unread]) -> Iterator[Finding]:
    """Of one file: what can't be read, no class or one too many, no way down."""
    for each in unread:
        yield not_read(revision, each)
    if not found and not unread:
        says = "there is no class in this file that extends Migration; MikroORM would fail on it"
        remedy = "write the migration, or move the file out of `migrations`"
        yield Finding("no-migration", revision.title, revision.file, says, remedy)
    for other in found[1:]:
        says = f"{other.name} never runs: of a file's classes MikroORM takes one, and {found[0].name} is the first"
        yield Finding("class-never-runs", revision.title, revision.file, says, "give it a file of its own", other.line)
    for migration in found[:1]:
        if migration.down is None:
            yield no_down(revision, migration)
        for part in migration.all_unread:
            yield not_read(revision, part)


def same_names(revisions: Sequence[Revision], tables: Mapping[str, str]) -> Iterator[Finding]:
    """Migrations of one name in one table: the second is taken for done."""
    first: dict[tuple[str, str], Revision] = {}
    for revision in sorted(revisions, key=lambda each: (each.order, each.module)):
        other = first.setdefault((tables[revision.module], revision.id), revision)
        if other is not revision:
            says = (
                f"{other.title} has the same name and the same table of migrations ({tables[revision.module]}): "
                "which of them comes second is taken for done and never runs"
            )
            yield Finding("same-name", revision.title, revision.file, says, "give it a name, or a table, of its own")


def not_read(revision: Revision, unread: Unread, count: int = 1) -> Finding:
    """A place that can't be read; count: how many there are."""
    more = f" ({count} such places)" if count > 1 else ""
    says = f"`{unread.expression}` can't be read: {unread.why}{more}"
    remedy = "write the statement out: texts, constants of the file, and lists of them"
    return Finding("unread", revision.title, unread.file, says, remedy, unread.line)


def not_read_of_config(unread: Unread) -> Finding:
    """An entry of a medusa-config that can't be read."""
    says = f"`{unread.expression}` can't be read: {unread.why}"
    remedy = "write the path of the module out, or give the order of modules yourself"
    return Finding("unread", unread.file.name, unread.file, says, remedy, unread.line)


def no_down(revision: Revision, read_class: MigrationClass) -> Finding:
    """A migration that can't be taken back."""
    says = f"{read_class.name} has no down(): MikroORM stops here with “This migration cannot be reverted”"
    remedy = "write what takes its up() back"
    return Finding("missing-down", revision.title, revision.file, says, remedy, read_class.line)


def refused(revision: Revision, line: int, what: str, error: psycopg.Error) -> Finding:
    """A statement, or the end of a transaction, that PostgreSQL refuses; line: where it is written."""
    words = str(error).strip().partition("\n")[0]
    says = f"{what} is refused: {words} ({error.sqlstate or 'no code'})"
    remedy = "correct the statement, or what has to be there before it"
    return Finding("refused", revision.title, revision.file, says, remedy, line)
