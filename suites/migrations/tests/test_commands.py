"""`cityos migrations replay` and `lint` as a user meets them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from fixtures.exits import Exit
from suites.cli import app
from suites.migrations.commands.sources import Source, opened, reference
from suites.migrations.tests.bad import GOOD, NEXT_UP, second
from suites.migrations.tests.mikro_tree import TREE

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.postgres import PostgresServer

LOSES = second(
    "ALTER TABLE wallet ALTER COLUMN balance TYPE bigint USING balance::bigint;",
    "ALTER TABLE wallet ALTER COLUMN balance TYPE numeric(14, 3) USING balance % 1000;",
)


def written(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def cityos(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    told = CliRunner().invoke(app, ["migrations", *map(str, arguments)])
    return told.exit_code, told.stdout, told.stderr


def test_replay(tmp_path: Path, postgres: PostgresServer) -> None:
    """A history that loses data ends with 1; the finding is told with its file, in the terminal, JSON and page."""
    folder = written(tmp_path / "sql", {**GOOD, **LOSES})
    code, out, err = cityos(
        "replay", "--sql", folder, "--rows", 50, "--database-url", postgres.url(), "--report-dir", tmp_path, "--json"
    )
    told = json.loads(out)
    assert code == Exit.BLOCKED
    assert [(each["rule"], each["revision"]) for each in told["findings"]] == [("data-changed", "0002_next")]
    assert told["complete"]
    assert str(folder / NEXT_UP) in err
    assert json.loads((tmp_path / "migrations.json").read_text()) == told
    assert "<svg" in (tmp_path / "migrations.html").read_text()


def test_a_good_replay(tmp_path: Path, postgres: PostgresServer) -> None:
    """It ends with 0 and names each revision as it goes."""
    folder = written(tmp_path / "sql", GOOD)
    code, out, _ = cityos(
        "replay", "--sql", folder, "--rows", 50, "--database-url", postgres.url(), "--report-dir", tmp_path
    )
    assert code == Exit.RELEASE, out
    assert "0001_wallet up" in out
    assert "0 findings" in out


def test_waived(tmp_path: Path, postgres: PostgresServer) -> None:
    """A waived finding is told as that and does not count."""
    folder = written(tmp_path / "sql", {**GOOD, **LOSES})
    known = tmp_path / "waivers.toml"
    known.write_text(
        '[[waiver]]\nrule = "data-changed"\nrevision = "0002_next"\nowner = "wallets"\nreason = "whole coins"\n'
        "expires = 2999-01-01\n",
        encoding="utf-8",
    )
    code, out, _ = cityos(
        "replay", "--sql", folder, "--rows", 50, "--database-url", postgres.url(), "--report-dir", tmp_path,
        "--waivers", known,
    )  # fmt: skip
    assert code == Exit.RELEASE, out
    assert "waived by wallets" in out
    assert "1 waived" in out


def test_lint(tmp_path: Path, postgres: PostgresServer) -> None:
    """A statement that blocks a table ends lint with 1; the same history without it with 0."""
    code, out, _ = cityos("lint", "--sql", written(tmp_path / "good", GOOD), "--database-url", postgres.url())
    assert code == Exit.RELEASE, out
    code, out, _ = cityos(
        "lint", "--sql", written(tmp_path / "bad", {**GOOD, **LOSES}), "--database-url", postgres.url(), "--json"
    )
    assert code == Exit.BLOCKED
    assert "lint/changing-column-type" in {each["rule"] for each in json.loads(out)["findings"]}


def test_a_history_that_cannot_be_read(tmp_path: Path) -> None:
    """What cannot be read is a finding: it blocks, and is no mistake of the user."""
    folder = written(tmp_path / "sql", {"0001_a.down.sql": "SELECT 1;", **GOOD})
    code, out, _ = cityos("replay", "--sql", folder, "--report-dir", tmp_path)
    assert code == Exit.BLOCKED
    assert "down-alone" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--sql", "nowhere"], "there is no such folder"),
        (["--sql", "."], "there is no SQL file with a way up"),
        (["--alembic", "."], "there is no env.py"),
        (["--mikro-orm", "."], "no folder `migrations`"),
        (["--sql", ".", "--alembic", "."], "leave all but one of them out"),
        (["--sql", ".", "--order", "time"], "--mikro-orm DIR"),
        (["--sql", ".", "--all-orders", "3"], "--mikro-orm DIR"),
        (["--mikro-orm", str(TREE), "--order", "moon"], "no module of"),
        (["--mikro-orm", str(TREE), "--order", "config,time"], "no module of"),
        (["--waivers", "no.toml", "--sql", "nowhere"], "there is no such folder"),
        (["--rows", "0"], "greater than or equal to 1"),
    ],
)
def test_a_users_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str) -> None:
    """It ends with 4 and one sentence that says what to do."""
    monkeypatch.chdir(tmp_path)
    code, _, err = cityos("replay", *arguments)
    assert code == Exit.USAGE
    assert says in err.replace("\n", " ")


def test_the_default_is_the_references_history() -> None:
    """Without a folder it is about the reference implementation, which is found and not imported."""
    assert opened(Source()).name.endswith("reference_impl/migrations")
    assert (reference() / "env.py").is_file()


def test_orders_of_modules() -> None:
    """MikroORM modules run as named on the command line, by time, or as a config has them."""
    names = {
        how: [each.title for each in opened(Source(mikro_orm=TREE, order=how)).revisions] for how in (None, "time")
    }
    assert sorted(names[None]) == sorted(names["time"])
    chosen = opened(Source(mikro_orm=TREE, order="wallet,tenant")).revisions
    assert list(dict.fromkeys(each.module for each in chosen)) == ["wallet", "tenant"]


def test_an_address_where_no_server_is() -> None:
    """An address that does not answer is the user's, in one sentence."""
    code, _, err = cityos("lint", "--database-url", "postgresql://postgres@127.0.0.1:1/postgres")
    assert code == Exit.USAGE
    assert "127.0.0.1" in err
