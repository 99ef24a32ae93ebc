import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250121122852 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "customer_profile" ("id" text not null, "customer_id" text not null, "phone" text null, "birth_date" timestamptz null, "marketing" boolean not null default false, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "customer_profile_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_customer_profile_customer_id_unique" ON "customer_profile" ("customer_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_customer_profile_deleted_at" ON "customer_profile" ("deleted_at") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop table if exists "customer_profile" cascade;`);
  }
}
