import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250407160654 extends Migration {
  async up(): Promise<void> {
    const statements = [
      `create table if not exists "invoice" ("id" text not null, "order_id" text not null, "invoice_number" text not null, "total" numeric not null, "raw_total" jsonb not null, "tax_total" numeric not null default 0, "raw_tax_total" jsonb not null default '{"value": "0", "precision": 20}', "currency_code" text not null, "status" text check ("status" in ('draft', 'submitted', 'paid', 'cancelled')) not null default 'draft', "erp_name" text null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "invoice_pkey" primary key ("id"));`,
      `CREATE UNIQUE INDEX IF NOT EXISTS "IDX_invoice_invoice_number_unique" ON "invoice" ("invoice_number") WHERE deleted_at IS NULL;`,
      `CREATE INDEX IF NOT EXISTS "IDX_invoice_deleted_at" ON "invoice" ("deleted_at") WHERE deleted_at IS NULL;`,
      `CREATE INDEX IF NOT EXISTS "IDX_invoice_order_id" ON "invoice" ("order_id") WHERE deleted_at IS NULL;`,
      `create table if not exists "invoice_line" ("id" text not null, "title" text not null, "quantity" integer not null default 1, "unit_price" numeric not null, "raw_unit_price" jsonb not null, "invoice_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "invoice_line_pkey" primary key ("id"));`,
      `CREATE INDEX IF NOT EXISTS "IDX_invoice_line_invoice_id" ON "invoice_line" ("invoice_id") WHERE deleted_at IS NULL;`,
      `CREATE INDEX IF NOT EXISTS "IDX_invoice_line_deleted_at" ON "invoice_line" ("deleted_at") WHERE deleted_at IS NULL;`,
      `alter table if exists "invoice_line" drop constraint if exists "invoice_line_invoice_id_foreign";`,
      `alter table if exists "invoice_line" add constraint "invoice_line_invoice_id_foreign" foreign key ("invoice_id") references "invoice" ("id") on update cascade on delete cascade;`,
    ];
    for (const statement of statements) {
      this.addSql(statement);
    }
  }

  async down(): Promise<void> {
    this.addSql(`alter table if exists "invoice_line" drop constraint if exists "invoice_line_invoice_id_foreign";`);
    for (const table of ["invoice_line", "invoice"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
