"""Random orders of modules show what one module needs of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from suites.migrations.mikro.history import load
from suites.migrations.orders import compared
from suites.migrations.tests.mikro_tree import TREE, faulty

if TYPE_CHECKING:
    from pathlib import Path

    from fixtures.postgres import PostgresServer
    from suites.migrations.histories.base import Finding

ORDERS = 6
CUSTOMER = 'create table "customer" (id text primary key);'
VENDOR = 'create table "vendor" (id text primary key, customer_id text);'
KEY = 'alter table "vendor" add constraint "vendor_customer" foreign key ("customer_id") references "customer" ("id");'


def write(folder: Path, module: str, day: int, *statements: str) -> Path:
    """A migration of a module."""
    name = f"Migration202501{day:02d}000000"
    file = folder / module / "migrations" / f"{name}.ts"
    file.parent.mkdir(parents=True, exist_ok=True)
    up = "\n".join(f"this.addSql(`{statement}`);" for statement in statements)
    file.write_text(
        'import { Migration } from "@mikro-orm/migrations";\n'
        f"export class {name} extends Migration {{\nasync up() {{\n{up}\n}}\nasync down() {{}}\n}}\n"
    )
    return file


def told(folder: Path, postgres: PostgresServer) -> list[Finding]:
    return compared(load(folder), postgres, ORDERS, seed=1)


def test_modules_that_know_nothing_of_each_other(tmp_path: Path, postgres: PostgresServer) -> None:
    """Where every order comes to the same schema, nothing is found."""
    write(tmp_path, "customer", 1, CUSTOMER)
    write(tmp_path, "vendor", 2, VENDOR)
    write(tmp_path, "vendor", 4, 'alter table "vendor" add column name text;')
    assert told(tmp_path, postgres) == []


def test_a_step_that_needs_the_table_of_another_module(tmp_path: Path, postgres: PostgresServer) -> None:
    """It is told once, with its line, PostgreSQL's words and the one revision that has to come before it."""
    write(tmp_path, "bonus", 1, 'create table "bonus" (id int);')
    write(tmp_path, "customer", 2, CUSTOMER)
    write(tmp_path, "customer", 5, 'alter table "customer" add column name text;')
    write(tmp_path, "vendor", 3, VENDOR)
    file = write(tmp_path, "vendor", 4, "select 1;", KEY)
    write(tmp_path, "vendor", 6, 'create table "vendor_note" (id int);')
    (finding,) = told(tmp_path, postgres)
    assert (finding.rule, finding.revision, finding.file, finding.line) == (
        "depends-on-order", "vendor/Migration20250104000000", file, 5,
    )  # fmt: skip
    assert 'relation "customer" does not exist' in finding.says
    assert "when customer/Migration20250102000000 has not run yet" in finding.says


def test_a_step_that_finds_nothing_to_do(tmp_path: Path, postgres: PostgresServer) -> None:
    """What nothing refuses and what is missing in the end is told too."""
    write(tmp_path, "customer", 1, CUSTOMER)
    file = write(tmp_path, "vendor", 2, VENDOR, 'alter table if exists "customer" add column vendor_id text;')
    (finding,) = told(tmp_path, postgres)
    assert (finding.rule, finding.file) == ("depends-on-order", file)
    assert "column customer.vendor_id is gone" in finding.says
    assert "it has to come after customer/Migration20250101000000" in finding.says


def test_an_order_that_gets_nowhere(tmp_path: Path, postgres: PostgresServer) -> None:
    """A step that no later one helps is told as such; the one that the history's own order shows is not."""
    first = write(tmp_path, "vendor", 2, 'create table "zone" (id int);')
    write(tmp_path, "zone", 4, 'create table "zone" (name text);')
    (finding,) = told(tmp_path, postgres)
    assert (finding.rule, finding.file) == ("depends-on-order", first)
    assert 'relation "zone" already exists' in finding.says
    assert "nothing that comes later helps" in finding.says


@pytest.mark.parametrize("with_faults", [False, True])
def test_the_tree_in_random_orders(tmp_path: Path, postgres: PostgresServer, *, with_faults: bool) -> None:
    """All modules of the tree run in any order; what the replay tells of its own order is not told again."""
    assert compared(load(faulty(tmp_path / "tree") if with_faults else TREE), postgres, 3, seed=0) == []
