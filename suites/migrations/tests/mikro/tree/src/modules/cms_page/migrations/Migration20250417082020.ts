import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250417082020 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "cms_page" ("id" text not null, "tenant_id" text not null, "slug" text not null, "locale" text not null default 'ar', "title" text not null, "layout" jsonb null, "status" text check ("status" in ('draft', 'published', 'archived')) not null default 'draft', "payload_id" text null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "cms_page_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_cms_page_deleted_at" ON "cms_page" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_cms_page_tenant_id_slug_locale_unique" ON "cms_page" ("tenant_id", "slug", "locale") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop table if exists "cms_page" cascade;`);
  }
}
