"""Two releases on each other's schema: what is found, what may be, and where the release before is taken from."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures.exits import CommandError, Exit, UsageError
from suites.gate.options import ROOT
from suites.migrations.commands.compat import run
from suites.migrations.compat.compare import (
    BEFORE_ON_NOW,
    BESIDE,
    GONE,
    NOT_CARRIED,
    NOW_ON_BEFORE,
    REWRITTEN,
    Compat,
    compare,
)
from suites.migrations.compat.releases import checkout_of, notes, release_before, taken_out, this_release
from suites.migrations.tests.tiny_release import WALLET, Step, Tiny

if TYPE_CHECKING:
    from fixtures.postgres import PostgresServer

RENAMED = "ALTER TABLE wallet RENAME COLUMN name TO title"

BEHIND = {"asks": "SELECT title FROM wallet", "seeds": "INSERT INTO wallet (title) VALUES ('one')"}
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")


def _compared(postgres: PostgresServer, folder: Path, before: Tiny, now: Tiny) -> Compat:
    trees = [this_release(tiny.write(folder / name)) for name, tiny in (("before", before), ("now", now))]
    return compare(trees[0], trees[1], postgres, lambda line: None)


def _rules(seen: Compat) -> list[str]:
    return [each.rule for each in seen.findings]


class TestPairings:
    def test_an_expanding_step(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """A column more that nobody has to fill harms neither release, alone or side by side."""
        more = Step("ALTER TABLE wallet ADD COLUMN title text")
        seen = _compared(postgres, tmp_path, Tiny(), Tiny({"0002_title": more}))
        assert not seen.findings
        assert seen.carried
        assert [each.rule for each in seen.pairings] == [BEFORE_ON_NOW, BESIDE, BESIDE, NOW_ON_BEFORE]
        assert all(each.good for each in seen.pairings)

    def test_a_rename(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """A column renamed at once breaks both ways, and each finding has PostgreSQL's words and the revision."""
        seen = _compared(postgres, tmp_path, Tiny(), Tiny({"0002_title": Step(RENAMED)}, **BEHIND))
        assert _rules(seen) == [BEFORE_ON_NOW, NOW_ON_BEFORE]
        for finding, column in zip(seen.findings, ("name", "title"), strict=True):
            assert f'test_balance: column "{column}" does not exist' in finding.says
            assert "revisions between: 0002_title" in finding.says

    def test_a_rename_that_says_so(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """What a revision says of itself is no finding, and stays to be seen."""
        said = (
            "replay: releases before 0002_title can't run on it: they say name\n"
            "replay: its release needs 0002_title: it says title"
        )
        seen = _compared(postgres, tmp_path, Tiny(), Tiny({"0002_title": Step(RENAMED, said)}, **BEHIND))
        assert not seen.findings
        assert [(each.good, each.notes) for each in seen.pairings] == [
            (False, ("0002_title: they say name",)),
            (False, ("0002_title: it says title",)),
        ]

    def test_what_fails_at_home_too(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """A check that fails on its code's own schema as well says nothing against the other schema."""
        broken = Tiny(asks="SELECT nothing FROM wallet")
        with pytest.raises(CommandError, match="does not run on its own schema either"):
            _compared(postgres, tmp_path, broken, Tiny({"0002_title": Step(RENAMED)}, **BEHIND))

    def test_a_history_that_was_rewritten(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """A revision that makes something else than it did is found; the two still meet on a schema from nothing."""
        other = Tiny({"0001_wallet": Step(WALLET.replace("numeric", "float8"))})
        seen = _compared(postgres, tmp_path, Tiny(), other)
        assert _rules(seen) == [REWRITTEN]
        assert "balance" in seen.findings[0].says
        assert not seen.carried
        assert len(seen.pairings) == 4

    def test_a_revision_that_is_gone(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """A database can't be migrated on from a revision that today's history does not have."""
        seen = _compared(postgres, tmp_path, Tiny({"0002_more": Step("SELECT 1")}), Tiny())
        assert _rules(seen) == [GONE]

    def test_a_seed_that_is_refused(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """Where rows can't be carried over and the release before can't write new ones, that is the finding."""
        other = Tiny({"0001_wallet": Step(WALLET.replace("name text", "title text"))}, **BEHIND)
        seen = _compared(postgres, tmp_path, Tiny(), other)
        assert _rules(seen)[:2] == [REWRITTEN, BEFORE_ON_NOW]
        assert "`seed` of" in seen.findings[1].says
        assert 'column "name" of relation "wallet" does not exist' in seen.findings[1].says

    def test_rows_that_can_not_be_carried_over(self, postgres: PostgresServer, tmp_path: Path) -> None:
        """Rows of the release before that stop a revision are a finding, with PostgreSQL's words."""
        refused = Step("ALTER TABLE wallet ADD CHECK (name <> 'one')")
        seen = _compared(postgres, tmp_path, Tiny(), Tiny({"0002_check": refused}, seeds="SELECT 1"))
        assert _rules(seen)[0] == NOT_CARRIED
        assert "is violated by some row" in seen.findings[0].says


class TestNotes:
    def test_earlier_releases(self, tmp_path: Path) -> None:
        """A note holds for a release that lacks the revision it names, and for no other."""
        note = "replay: releases before 0002_b can't run on it: they are old"
        steps = {"0002_b": Step("SELECT 1"), "0003_c": Step("SELECT 1", note)}
        now = this_release(Tiny(steps).write(tmp_path / "now"))
        old = this_release(Tiny().write(tmp_path / "old"))
        newer = this_release(Tiny({"0002_b": steps["0002_b"]}).write(tmp_path / "newer"))
        assert notes(old, now).before_on_now == ("0003_c: they are old",)
        assert notes(newer, now).before_on_now == ()
        assert notes(now, now).before_on_now == ()

    def test_a_note_about_nothing(self, tmp_path: Path) -> None:
        """A note that names no revision is a mistake, told with its file."""
        wrong = Tiny({"0002_b": Step("SELECT 1", "replay: its release needs 0009_z: for fun")})
        now, old = this_release(wrong.write(tmp_path / "now")), this_release(Tiny().write(tmp_path / "old"))
        with pytest.raises(UsageError, match=r"0002_b\.py: a note names 0009_z, and there is no such revision"):
            notes(old, now)

    def test_the_reference_has_read_its_notes(self) -> None:
        """Each note in the reference's own history names a revision of it."""
        now = this_release()
        first = dict([next(iter(now.revisions.items()))])
        assert notes(type(now)("first", now.root, first), now).before_on_now


class Repository:
    """A git repository of tiny releases."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "commit.gpgsign=false")
        done = subprocess.run(
            ["git", "-C", str(self.root), *who, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, tiny: Tiny) -> str:
        tiny.write(self.root)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "a release")
        return self.git("rev-parse", "--short", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """An empty repository."""
    return Repository(tmp_path / "repository")


TWO = {"0002_title": Step("ALTER TABLE wallet ADD COLUMN title text")}


@needs_git
class TestWhichRelease:
    def test_the_newest_tag(self, repository: Repository) -> None:
        """The release before is the newest tag before this commit; a tag on the commit itself is this release."""
        repository.commit(Tiny())
        repository.git("tag", "v1")
        repository.commit(Tiny(TWO))
        repository.git("tag", "v2")
        assert release_before(repository.root, this_release(repository.root)) == "v1"

    def test_without_tags(self, repository: Repository) -> None:
        """Without tags it is the last commit whose newest revision was another one."""
        before = repository.commit(Tiny())
        repository.commit(Tiny(TWO))
        repository.commit(Tiny(TWO, asks="SELECT id FROM wallet"))
        assert release_before(repository.root, this_release(repository.root)) == before

    def test_a_revision_that_is_not_committed(self, repository: Repository) -> None:
        """While the newest revision is being written, the last commit is the release before."""
        before = repository.commit(Tiny())
        Tiny(TWO).write(repository.root)
        assert release_before(repository.root, this_release(repository.root)) == before

    def test_nothing_before(self, repository: Repository) -> None:
        """The first release of all has none before it."""
        repository.commit(Tiny())
        with pytest.raises(UsageError, match=r"git knows no release before this one .* --with REF"):
            release_before(repository.root, this_release(repository.root))

    def test_a_shallow_clone(self, repository: Repository, tmp_path: Path) -> None:
        """In a clone without its history that is said, with what brings it."""
        old = repository.commit(Tiny())
        repository.commit(Tiny(TWO))
        clone = tmp_path / "clone"
        subprocess.run(["git", "clone", "--quiet", "--depth=1", repository.root.as_uri(), str(clone)], check=True)
        with pytest.raises(UsageError, match="this clone is shallow"):
            release_before(clone, this_release(clone))
        with pytest.raises(UsageError, match="git fetch --unshallow"):
            taken_out(clone, old).__enter__()

    @pytest.mark.parametrize("ref", ["nothing", "--all", "HEAD:suites", "", "main~7"])
    def test_no_such_ref(self, repository: Repository, ref: str) -> None:
        """A ref that is no commit is named, and nothing that looks like an option becomes one."""
        repository.commit(Tiny())
        with pytest.raises(UsageError, match=f"--with {ref}: git knows no such commit"):
            taken_out(repository.root, ref).__enter__()

    def test_a_ref_without_the_reference(self, repository: Repository) -> None:
        """A commit from before there was a reference is refused."""
        repository.git("commit", "--quiet", "--allow-empty", "-m", "nothing yet")
        with pytest.raises(UsageError, match="there is no reference_impl/migrations/versions at that commit"):
            taken_out(repository.root, "HEAD").__enter__()

    def test_no_checkout(self, tmp_path: Path) -> None:
        """Without a git checkout there is nothing to take a release from."""
        with pytest.raises(UsageError, match="there is no git checkout of the reference here"):
            checkout_of(tmp_path, tmp_path)

    def test_it_leaves_nothing(self, repository: Repository) -> None:
        """The tree of the release before goes with its block, and git has no second checkout."""
        commit = repository.commit(Tiny())
        with taken_out(repository.root, "main") as release:
            assert release.name == f"main ({commit})"
            assert release.head == "0001_wallet"
        assert not release.root.exists()
        assert repository.git("worktree", "list").count("\n") == 0
        assert repository.git("status", "--porcelain") == ""


@needs_git
def test_the_command(repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes the release before out of git, prints JSON alone on standard output, and keeps the reports."""
    repository.commit(Tiny())
    repository.commit(Tiny({"0002_title": Step(RENAMED)}, **BEHIND))
    code = run(ref=None, database_url=None, as_json=True, report_dir=tmp_path / "reports", root=repository.root)
    assert code == Exit.BLOCKED
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "reports/compat.json").read_text("utf-8"))
    assert [each["rule"] for each in printed["findings"]] == [BEFORE_ON_NOW, NOW_ON_BEFORE]
    assert printed["new"] == ["0002_title"]
    assert (tmp_path / "reports/compat/before-on-now-before/smoke.json").exists()


def test_a_column_that_the_reference_reads(postgres: PostgresServer, tmp_path: Path) -> None:
    """A revision that drops a column is caught by the smoke checks of the real release before it."""
    for package in ("contracts", "fixtures", "load", "reference_impl", "suites"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("tests", "__pycache__"))
    before, now = this_release(), tmp_path
    revision = now / "reference_impl/migrations/versions/9999_no_descriptions.py"
    revision.write_text(
        '"""Descriptions go."""\n\nfrom alembic import op\n\nrevision = "9999_no_descriptions"\n'
        f'down_revision = "{before.head}"\n\n\ndef upgrade() -> None:\n'
        '    op.execute("ALTER TABLE wallet_transaction DROP COLUMN description")\n'
    )
    seen = compare(before, this_release(now), postgres, lambda line: None)
    assert {each.rule for each in seen.findings} == {BEFORE_ON_NOW}
    assert any("test_money_comes_and_goes" in each.says for each in seen.findings)
    assert seen.pairings[-1].good
