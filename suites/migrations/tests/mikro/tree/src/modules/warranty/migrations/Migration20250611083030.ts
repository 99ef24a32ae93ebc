import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250611083030 extends Migration {
  async up(): Promise<void> {
    this.addSql(`create table if not exists "warranty" ("id" text not null, "product_id" text not null, "order_id" text not null, "serial" text null, "months" integer not null default 24, "starts_at" timestamptz not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "warranty_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_warranty_deleted_at" ON "warranty" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_warranty_product_id_order_id_unique" ON "warranty" ("product_id", "order_id") WHERE deleted_at IS NULL;`);
  }

  async down(): Promise<void> {
    this.addSql(`drop table if exists "warranty" cascade;`);
  }
}
