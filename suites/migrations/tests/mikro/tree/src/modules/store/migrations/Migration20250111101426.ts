import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250111101426 extends Migration {
  override async up(): Promise<void> {
    this.addSql('create table if not exists "store_front" ("id" text not null, "tenant_id" text not null, "handle" text not null, "name" text not null, "is_open" boolean not null default true, "opening_hours" jsonb null, "tags" text[] null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "store_front_pkey" primary key ("id"));');
    this.addSql('CREATE UNIQUE INDEX IF NOT EXISTS "IDX_store_front_handle_unique" ON "store_front" ("handle") WHERE deleted_at IS NULL;');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_store_front_deleted_at" ON "store_front" ("deleted_at") WHERE deleted_at IS NULL;');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_store_front_tenant_id" ON "store_front" ("tenant_id") WHERE deleted_at IS NULL;');
  }

  override async down(): Promise<void> {
    this.addSql('drop table if exists "store_front" cascade;');
  }
}
