import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250501161604 extends Migration {
  override async up(): Promise<void> {
    const statements = [
      `create table if not exists "quote" ("id" text not null, "customer_id" text not null, "quote_number" text not null, "total" numeric not null, "raw_total" jsonb not null, "currency_code" text not null, "status" text check ("status" in ('draft', 'sent', 'accepted', 'rejected')) not null default 'draft', "valid_until" timestamptz null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "quote_pkey" primary key ("id"));`,
      `CREATE UNIQUE INDEX IF NOT EXISTS "IDX_quote_quote_number_unique" ON "quote" ("quote_number") WHERE deleted_at IS NULL;`,
      `CREATE INDEX IF NOT EXISTS "IDX_quote_deleted_at" ON "quote" ("deleted_at") WHERE deleted_at IS NULL;`,
    ];
    for (const statement of statements) {
      this.addSql(statement);
    }
  }

  override async down(): Promise<void> {
    this.addSql(`drop table if exists "quote" cascade;`);
  }
}
