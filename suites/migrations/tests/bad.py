"""Bad histories, each with one fault: as SQL files, since what is wrong with them has nothing to do with the tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

WALLET = """
CREATE TABLE wallet (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner text NOT NULL,
    balance numeric(14, 3) NOT NULL DEFAULT 0,
    note text,
    created_at timestamptz NOT NULL DEFAULT '2026-01-01 00:00Z'
);
"""
DROP_WALLET = "DROP TABLE wallet;\n"
GOOD = {"0001_wallet.up.sql": WALLET, "0001_wallet.down.sql": DROP_WALLET}


@dataclass(frozen=True)
class Bad:
    """One history. files: beside those of GOOD, or in their place. rule, file: what has to be found, and where.

    says: words that the finding must have.
    """

    name: str
    rule: str
    file: str
    files: dict[str, str] = field(default_factory=dict)
    says: str = ""

    def write(self, folder: Path) -> Path:
        """Put the files into a folder."""
        for name, text in {**GOOD, **self.files}.items():
            if text:
                (folder / name).write_text(text, encoding="utf-8")
        return folder


def second(up: str, down: str = "SELECT 1;\n") -> dict[str, str]:
    """A second revision."""
    return {"0002_next.up.sql": up, "0002_next.down.sql": down}


CARDS = {
    "0003_card.up.sql": "CREATE TABLE card (id int PRIMARY KEY, wallet_id bigint NOT NULL);",
    "0003_card.down.sql": "DROP TABLE card;",
}
CARD_KEY = "ALTER TABLE card ADD CONSTRAINT card_wallet FOREIGN KEY (wallet_id) REFERENCES wallet (id);\n"
DROP_CARD_KEY = "ALTER TABLE card DROP CONSTRAINT card_wallet;\n"
NEXT_UP, NEXT_DOWN = "0002_next.up.sql", "0002_next.down.sql"
HISTORIES = (
    Bad("cast to whole numbers", "data-changed", NEXT_UP,
        second("ALTER TABLE wallet ALTER COLUMN balance TYPE bigint USING balance::bigint;",
               "ALTER TABLE wallet ALTER COLUMN balance TYPE numeric(14, 3) USING balance % 1000;"), "wallet.balance"),
    Bad("text cut off", "data-changed", NEXT_UP,
        second("ALTER TABLE wallet ALTER COLUMN owner TYPE varchar(3) USING left(owner, 3);",
               "ALTER TABLE wallet ALTER COLUMN owner TYPE text;"), "wallet.owner"),
    Bad("column dropped with values in it", "data-dropped", NEXT_UP,
        second("ALTER TABLE wallet DROP COLUMN note;", "ALTER TABLE wallet ADD COLUMN note text;"), "wallet.note"),
    Bad("rows deleted", "rows-lost", NEXT_UP, second("DELETE FROM wallet WHERE note IS NULL;"), "wallet"),
    Bad("table replaced by an empty one", "rows-lost", NEXT_UP,
        second(DROP_WALLET + WALLET), "wallet"),
    Bad("values mapped wrongly", "data-changed", NEXT_UP,
        second("UPDATE wallet SET owner = lower(owner);"), "wallet.owner"),
    Bad("down leaves a table", "down-leaves", NEXT_DOWN,
        second("CREATE TABLE bonus (id int PRIMARY KEY);"), "bonus"),
    Bad("down leaves an index", "down-leaves", NEXT_DOWN,
        second("CREATE INDEX ix_wallet_owner ON wallet (owner);"), "ix_wallet_owner"),
    Bad("down leaves a type", "down-leaves", NEXT_DOWN,
        second("CREATE TYPE mood AS ENUM ('good', 'bad'); ALTER TABLE wallet ADD COLUMN mood mood;",
               "ALTER TABLE wallet DROP COLUMN mood;"), "mood"),
    Bad("down drops what another revision made", "down-drops-other", NEXT_DOWN,
        second("CREATE TABLE bonus (id int PRIMARY KEY);", "DROP TABLE bonus; DROP TABLE wallet;"), "wallet"),
    Bad("down forgets a default", "down-not-inverse", NEXT_DOWN,
        second("ALTER TABLE wallet ALTER COLUMN balance DROP DEFAULT;"), "wallet.balance"),
    Bad("seed runs each time", "not-repeatable", NEXT_UP,
        {**second("SELECT 1;"), "R__seed.sql": "INSERT INTO wallet (owner) VALUES ('platform');"}, "wallet"),
    Bad("table made twice", "made-twice", NEXT_UP, second(WALLET), "wallet"),
    Bad("foreign key to a table made later", "made-too-late", NEXT_UP,
        {**second("ALTER TABLE wallet ADD COLUMN customer_id int REFERENCES customer (id);",
                  "ALTER TABLE wallet DROP COLUMN customer_id;"),
         "0003_customer.up.sql": "CREATE TABLE customer (id int PRIMARY KEY);",
         "0003_customer.down.sql": "DROP TABLE customer;"}, "customer"),
    Bad("NOT NULL without a default", "not-null-over-rows", NEXT_UP,
        second("ALTER TABLE wallet ADD COLUMN version int NOT NULL;", "ALTER TABLE wallet DROP COLUMN version;"),
        "version"),
    Bad("NOT NULL over nulls", "not-null-over-rows", NEXT_UP,
        second("ALTER TABLE wallet ALTER COLUMN note SET NOT NULL;",
               "ALTER TABLE wallet ALTER COLUMN note DROP NOT NULL;"), "note"),
    Bad("unique index over duplicates", "unique-over-duplicates", NEXT_UP,
        second("CREATE UNIQUE INDEX uq_wallet_note ON wallet ((note IS NULL));", "DROP INDEX uq_wallet_note;"),
        "uq_wallet_note"),
    Bad("check that rows break", "check-over-rows", NEXT_UP,
        second("ALTER TABLE wallet ADD CONSTRAINT ck_wallet_new CHECK (created_at < '1990-01-01');",
               "ALTER TABLE wallet DROP CONSTRAINT ck_wallet_new;"), "ck_wallet_new"),
    Bad("foreign key over orphans", "foreign-key-over-orphans", "0004_key.up.sql",
        {**CARDS, "0004_key.up.sql": CARD_KEY, "0004_key.down.sql": DROP_CARD_KEY}, "card_wallet"),
    Bad("cast that some values have not", "cast-fails", NEXT_UP,
        second("ALTER TABLE wallet ALTER COLUMN owner TYPE int USING owner::int;",
               "ALTER TABLE wallet ALTER COLUMN owner TYPE text;"), "integer"),
    Bad("no way down", "no-down", NEXT_UP, {NEXT_UP: "ALTER TABLE wallet ADD COLUMN x int;"}, "no way down"),
    Bad("two with one number", "two-heads", "0002_other.up.sql",
        {**second("SELECT 1;"), "0002_other.up.sql": "SELECT 2;", "0002_other.down.sql": "SELECT 2;"}, "0002_next"),
    Bad("no SQL", "no-sql", NEXT_UP, second("CREATE TABEL bonus (id int);"), "TABEL"),
    Bad("way down without a way up", "down-alone", "0003_gone.down.sql", {"0003_gone.down.sql": "SELECT 1;"}),
    Bad("way down that others depend on", "others-depend-on-it", NEXT_DOWN,
        {**second("CREATE TABLE bonus (id int PRIMARY KEY);", "DROP TABLE bonus;"),
         "0003_view.up.sql": "CREATE VIEW bonuses AS SELECT id FROM bonus;", "0003_view.down.sql": "SELECT 1;"},
        "bonus"),
    Bad("index left invalid", "index-invalid", NEXT_UP,
        second("CREATE INDEX ix_wallet_owner ON wallet (owner);"
               " UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_wallet_owner'::regclass;",
               "DROP INDEX ix_wallet_owner;"), "ix_wallet_owner"),
    Bad("depends on the clock", "depends-on-clock", NEXT_UP,
        second("ALTER TABLE wallet ADD COLUMN seen_at timestamptz NOT NULL DEFAULT '2026-01-01 00:00Z';"
               " UPDATE wallet SET seen_at = clock_timestamp();", "ALTER TABLE wallet DROP COLUMN seen_at;"),
        "wallet.seen_at"),
    Bad("depends on the time zone", "depends-on-locale", NEXT_UP,
        second("ALTER TABLE wallet ADD COLUMN day date; UPDATE wallet SET day = created_at::date;",
               "ALTER TABLE wallet DROP COLUMN day;"), "wallet.day"),
)  # fmt: skip
