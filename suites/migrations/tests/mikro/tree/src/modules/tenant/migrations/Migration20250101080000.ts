import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250101080000 extends Migration {
  async up(): Promise<void> {
    this.addSql(`create table if not exists "tenant" ("id" text not null, "name" text not null, "slug" text not null, "domain" text null, "status" text check ("status" in ('active', 'suspended')) not null default 'active', "locale" text not null default 'ar', "metadata" jsonb null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "tenant_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_tenant_slug_unique" ON "tenant" ("slug") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_tenant_deleted_at" ON "tenant" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "tenant_setting" ("id" text not null, "key" text not null, "value" jsonb null, "tenant_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "tenant_setting_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_tenant_setting_tenant_id" ON "tenant_setting" ("tenant_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_tenant_setting_deleted_at" ON "tenant_setting" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_tenant_setting_tenant_id_key_unique" ON "tenant_setting" ("tenant_id", "key") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "tenant_setting" drop constraint if exists "tenant_setting_tenant_id_foreign";`);
    this.addSql(`alter table if exists "tenant_setting" add constraint "tenant_setting_tenant_id_foreign" foreign key ("tenant_id") references "tenant" ("id") on update cascade on delete cascade;`);
  }

  async down(): Promise<void> {
    this.addSql(`alter table if exists "tenant_setting" drop constraint if exists "tenant_setting_tenant_id_foreign";`);
    for (const table of ["tenant_setting", "tenant"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
