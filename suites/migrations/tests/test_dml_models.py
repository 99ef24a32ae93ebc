"""Data models and entities read from source, and compared with a database."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg
import pytest

from suites.migrations.catalog import schema as catalog
from suites.migrations.mikro.dml_models import differences, expected, read_models
from suites.migrations.mikro.history import load
from suites.migrations.tests.mikro_tree import FAULTS, TREE, faulty

if TYPE_CHECKING:
    from pathlib import Path

    from suites.migrations.mikro.dml_models import ExpectedTable

pytest_plugins = ["fixtures.testing"]
HEAD = 'import { model } from "@medusajs/framework/utils"\n'


def write(folder: Path, name: str, text: str, module: str = "shop") -> Path:
    file = folder / "src" / "modules" / module / "models" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text))
    return file


def columns(table: ExpectedTable) -> dict[str, tuple[str | None, bool | None]]:
    added = {"created_at", "updated_at", "deleted_at"}
    return {column.name: (column.kind, column.nullable) for column in table.columns if column.name not in added}


def test_properties_become_columns(tmp_path: Path) -> None:
    """Each kind of property has its type; what is computed has no column, and a bigNumber has two."""
    text = """
        const Wallet = model.define("tradeIn", {
          id: model.id({ prefix: "wal" }).primaryKey(), name: model.text().searchable().index("by_name"),
          count: model.number().default(0), balance: model.bigNumber().nullable(), rate: model.float(),
          number: model.autoincrement(), open: model.boolean(), at: model.dateTime().nullable(), data: model.json(),
          tags: model.array(), total: model.bigNumber().computed(), createdBy: model.text().unique(),
        }).cascades({ delete: [] })
    """
    write(tmp_path, "wallet.ts", HEAD + textwrap.dedent(text))
    (table,) = expected(tmp_path)
    assert (table.name, table.model, table.module, table.primary_key) == ("trade_in", "TradeIn", "shop", ("id",))
    assert columns(table) == {
        "id": ("text", False),
        "name": ("text", False),
        "count": ("integer", False),
        "balance": ("numeric", True),
        "raw_balance": ("json", True),
        "rate": ("float", False),
        "number": ("integer", False),
        "open": ("boolean", False),
        "at": ("timestamptz", True),
        "data": ("json", False),
        "tags": ("array", False),
        "createdBy": ("text", False),
    }
    assert {column.name: column.nullable for column in table.columns[-3:]} == {
        "created_at": False,
        "updated_at": False,
        "deleted_at": True,
    }
    assert [(index.name, index.unique) for index in table.indexes] == [
        ("by_name", False),
        ("IDX_trade_in_createdBy_unique", True),
        ("IDX_trade_in_deleted_at", False),
    ]


def test_relations_become_columns_and_tables(tmp_path: Path) -> None:
    """belongsTo is a column with key and index, unique towards a hasOne; manyToMany is a table between two."""
    write(
        tmp_path,
        "all.ts",
        HEAD
        + """
        export const Shop = model.define({ name: "shop", tableName: "city.shop" }, {
          id: model.id().primaryKey(), items: model.hasMany(() => Item), owner: model.hasOne(() => Owner),
          seal: model.hasOne(() => Owner, { foreignKey: true, mappedBy: undefined }).nullable(),
        })
        export const Owner = model.define("owner", {
          id: model.id().primaryKey(), shop: model.belongsTo(() => Shop, { mappedBy: "owner" }),
        })
        export const Item = model.define("item", { id: model.id().primaryKey(),
          shop: model.belongsTo(() => Shop, { mappedBy: "items", foreignKeyName: "shop_key" }).nullable(),
          tags: model.manyToMany(() => ItemTag, { mappedBy: "items" }),
        })
          .indexes([{ on: ["shop_key", "id"], unique: true, where: "id is not null" }])
          .checks([{ name: "c", expression: "true" }])
        export const ItemTag = model.define("item_category", {
          id: model.id().primaryKey(), items: model.manyToMany(() => Item, { mappedBy: "tags" }),
        })
        """,
    )
    models = read_models(tmp_path)
    assert models.unread == ()
    by_name = {table.name: table for table in models.tables}
    assert columns(by_name["city.shop"]) == {"id": ("text", False), "seal_id": ("text", True)}
    owner, item = by_name["owner"], by_name["item"]
    assert [(index.columns, index.unique) for index in owner.indexes] == [
        (("shop_id",), True),
        (("deleted_at",), False),
    ]
    assert [(column.name, column.references) for column in item.columns[1:2]] == [("shop_key", "city.shop")]
    assert item.indexes[-1].name == "IDX_item_shop_key_id_unique"
    assert item.checks == ("c",)
    assert set(columns(by_name["item_item_categories"])) == {"item_id", "item_category_id"}


def test_enums_of_every_form(tmp_path: Path) -> None:
    """The values of an enum come from a list, an enum or an object, of this file or an imported one."""
    write(tmp_path, "types.ts", 'export enum Status { OPEN = "open", SHUT = "shut" }\n')
    write(
        tmp_path,
        "a.ts",
        HEAD
        + """
        import { Status } from "./types"
        const KINDS = ["a", "b"] as const
        export default model.define("a", {
          id: model.id().primaryKey(), one: model.enum(Status), two: model.enum([...KINDS, "c"]),
          three: model.enum(Object.values(Status)).default(Status.OPEN) })
        """,
    )
    (table,) = expected(tmp_path)
    choices = {column.name: column.choices for column in table.columns if column.choices}
    assert choices == {"one": ("open", "shut"), "two": ("a", "b", "c"), "three": ("open", "shut")}


def test_spread_members_are_read_where_they_are_written(tmp_path: Path) -> None:
    """What a schema spreads from another file is read with the names of that file."""
    write(
        tmp_path,
        "common.ts",
        HEAD + 'const KINDS = ["a"]\nexport const common = { kind: model.enum(KINDS) } as const\n',
    )
    text = """
        import { common } from "./common"
        export const A = model.define("a", { id: model.id().primaryKey(), ...common })
    """
    write(tmp_path, "a.ts", HEAD + textwrap.dedent(text))
    (table,) = expected(tmp_path)
    assert [column.choices for column in table.columns if column.name == "kind"] == [("a",)]


def test_what_cannot_be_read_of_a_model_is_named(tmp_path: Path) -> None:
    """Spreads, unknown properties and modifiers are named with their line, and the model is not complete."""
    text = """
        export const A = model.define("a", {
          ...common,
          b: model.vector(3),
          c: model.text().encrypted(),
          d: makeProperty(),
          e: model.enum(load()),
          f: model.belongsTo(() => Elsewhere),
        })
        export const B = model.define(nameOf(), {})
    """
    write(tmp_path, "a.ts", HEAD + textwrap.dedent(text))
    models = read_models(tmp_path)
    assert sorted(each.line for each in models.unread) == [4, 5, 6, 7, 8, 9, 11]
    (table,) = models.tables
    assert table.complete is False
    assert set(columns(table)) == {"c", "e", "f_id"}


ENTITY = """
    import { Entity, Enum, Index, ManyToOne, OneToMany, OneToOne, PrimaryKey, Property } from "@mikro-orm/core"
    import { BeforeCreate, Unique } from "@mikro-orm/core"
    enum Kind { A = "a", B = "b" }
    abstract class Base {
      @PrimaryKey({ columnType: "uuid" }) id!: string
      @Property({ columnType: "timestamptz", defaultRaw: "now()" }) createdAt: Date = new Date()
    }
    @Entity({ tableName: "vendor" })
    export class Vendor extends Base { @OneToMany(() => Order, (o) => o.vendor) orders = [] }
    @Entity()
    @Index({ properties: ["kind", "vendor"] })
    export class VendorOrder extends Base {
      @Property({ nullable: true }) note?: string
      @Property() title?: string
      @Property() count: number = 0
      @Property({ type: "json" }) data!: Record<string, unknown>
      @Property({ columnType: "varchar(10)", fieldName: "code" }) shortCode!: string
      @Property({ persist: false }) total!: number
      @Enum({ items: () => Kind, default: Kind.A }) kind!: Kind
      @ManyToOne(() => Vendor, { columnType: "uuid", nullable: true }) vendor?: Vendor
      @OneToOne(() => Seal, { mappedBy: "order" }) seal?: Seal
      @Unique() @Property() number!: string
      @Property() when!: Moment
      @BeforeCreate() fill() {}
    }
"""


def test_entities_with_decorators(tmp_path: Path) -> None:
    """MikroORM's decorators give columns by field name and type; what they leave open is not compared."""
    (tmp_path / "entities.ts").write_text(textwrap.dedent(ENTITY))
    models = read_models(tmp_path)
    vendor, order = models.tables
    assert (vendor.name, order.name, order.primary_key) == ("vendor", "vendor_order", ("id",))
    assert columns(order) == {
        "id": ("text", False),
        "note": ("text", True),
        "title": ("text", None),
        "count": ("integer", False),
        "data": ("json", False),
        "code": ("text", False),
        "kind": ("text", False),
        "vendor_id": ("text", True),
        "number": ("text", False),
        "when": (None, False),
    }
    assert {column.name: column.references for column in order.columns if column.references} == {"vendor_id": "vendor"}
    assert [(index.name, index.columns) for index in order.indexes] == [
        ("vendor_order_number_unique", ("number",)),
        ("vendor_order_kind_vendor_id_index", ("kind", "vendor_id")),
    ]
    assert [each.expression for each in models.unread] == ["@Property() when!: Moment"]


@dataclass
class Seen:
    """A column, constraint, index or table of a database that is not there."""

    type: str = "text"
    nullable: bool = False
    kind: str = ""
    definition: str = ""
    unique: bool = False
    columns: dict[str, Seen] = field(default_factory=dict)
    constraints: dict[str, Seen] = field(default_factory=dict)
    indexes: dict[str, Seen] = field(default_factory=dict)


@pytest.fixture
def wanted(tmp_path: Path) -> list[ExpectedTable]:
    text = """
        export default model.define("wallet", { id: model.id().primaryKey(), balance: model.bigNumber(),
          status: model.enum(["active", "it's"]), note: model.text().nullable(),
        }).indexes([{ on: ["status", "id"], unique: true }])
    """
    write(tmp_path, "wallet.ts", HEAD + textwrap.dedent(text))
    return expected(tmp_path)


def wallet() -> Seen:
    check = "CHECK (((status)::text = ANY ((ARRAY['active'::character varying, 'it''s'::character varying])::text[])))"
    time = {
        name: Seen("timestamp with time zone", name == "deleted_at")
        for name in ("created_at", "updated_at", "deleted_at")
    }
    return Seen(
        columns={
            "id": Seen("character varying(255)"),
            "balance": Seen("numeric(20,4)"),
            "raw_balance": Seen("jsonb"),
            "status": Seen("character varying(10)"),
            "note": Seen(nullable=True),
            **time,
        },
        constraints={"wallet_status_check": Seen(kind="check", definition=check)},
        indexes={
            "i": Seen(
                definition="CREATE UNIQUE INDEX i ON public.wallet USING btree (status, id) WHERE (x)", unique=True
            ),
            "IDX_wallet_deleted_at": Seen(definition="…"),
        },
    )


def test_agreement_is_no_difference(wanted: list[ExpectedTable]) -> None:
    """Types agree by class, an enum by its check, and an index by its columns."""
    assert differences(wanted, {"wallet": wallet(), "other": Seen()}) == []


def test_differences_are_told(wanted: list[ExpectedTable]) -> None:
    """A table, a column, a type, a null, a value, an index: each has a rule of its own and names what it is about."""
    assert [finding.rule for finding in differences(wanted, {})] == ["table-missing"]
    seen = wallet()
    del seen.columns["raw_balance"], seen.indexes["i"]
    seen.columns |= {"balance": Seen("double precision"), "note": Seen(), "extra": Seen()}
    seen.constraints["wallet_status_check"].definition = "CHECK ((status = ANY (ARRAY['active'::text, 'old'::text])))"
    told = {finding.rule: finding.says for finding in differences(wanted, {"wallet": seen})}
    assert told == {
        "column-missing": "the model Wallet wants the column wallet.raw_balance, which no migration makes",
        "type-differs": "wallet.balance is double precision, and the model Wallet wants numeric",
        "nullable-differs": "wallet.note may not be null; in the model Wallet it may",
        "enum-refused": "wallet.status refuses “it's”, which the model Wallet has",
        "enum-unknown": "wallet.status lets “old” in, which the model Wallet does not know",
        "column-unmodelled": "wallet.extra is in the database, and the model Wallet does not have it",
        "index-missing": "the model Wallet wants the unique index IDX_wallet_status_id_unique on wallet (status, id)",
    }
    seen.constraints.clear()
    assert "enum-unchecked" in {finding.rule for finding in differences(wanted, {"wallet": seen})}


def test_an_enum_type_of_postgresql(wanted: list[ExpectedTable]) -> None:
    """An enum may also be a type of its own, whose labels are what the column lets in."""
    seen = wallet()
    seen.columns["status"] = Seen("wallet_status")
    seen.constraints.clear()
    assert differences(wanted, {"wallet": seen}, {"wallet_status": ["active", "it's"]}) == []
    (finding,) = differences(wanted, {"wallet": seen}, {"wallet_status": ["active"]})
    assert finding.rule == "enum-refused"


def test_the_tree_agrees_with_its_models_but_for_the_fault(tmp_path: Path, database: str) -> None:
    """What the tree's migrations make is what its models want; the overlay's model wants one column more."""
    history = load(TREE)
    with history.connected(database):
        for revision in history.revisions:
            history.up(database, revision)
    with psycopg.connect(database) as connection:
        schema = catalog.read(connection, history.ours)
    models = read_models(TREE)
    assert models.unread == ()
    assert {table.name for table in models.tables} == set(schema.tables)
    assert differences(models.tables, schema.tables, schema.enums) == []
    root = faulty(tmp_path / "tree")
    (finding,) = differences(expected(root), schema.tables, schema.enums)
    assert (finding.rule, finding.revision) == ("column-missing", "booking/Booking")
    assert finding.file == root / FAULTS["a column in the model that no migration makes"]
    assert finding.line is not None
    assert "guest_note" in finding.file.read_text().splitlines()[finding.line - 1]
