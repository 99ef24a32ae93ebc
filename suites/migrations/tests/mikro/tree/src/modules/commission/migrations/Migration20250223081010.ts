import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250223081010 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "commission_rule" ("id" text not null, "tenant_id" text not null, "name" text not null, "type" text check ("type" in ('percentage', 'fixed', 'tiered')) not null default 'percentage', "rate" real null, "amount" numeric null, "raw_amount" jsonb null, "priority" integer not null default 0, "conditions" jsonb null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "commission_rule_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_commission_rule_deleted_at" ON "commission_rule" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "commission_line" ("id" text not null, "order_id" text not null, "vendor_id" text not null, "base" numeric not null, "raw_base" jsonb not null, "commission" numeric not null, "raw_commission" jsonb not null, "rule_id" text null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "commission_line_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_commission_line_rule_id" ON "commission_line" ("rule_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_commission_line_deleted_at" ON "commission_line" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_commission_line_order_id" ON "commission_line" ("order_id") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "commission_line" drop constraint if exists "commission_line_rule_id_foreign";`);
    this.addSql(`alter table if exists "commission_line" add constraint "commission_line_rule_id_foreign" foreign key ("rule_id") references "commission_rule" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "commission_line" drop constraint if exists "commission_line_rule_id_foreign";`);
    for (const table of ["commission_line", "commission_rule"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
