import { Migration } from "@mikro-orm/migrations";

export class Migration20250106090713 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "city_node" ("id" text not null, "tenant_id" text not null, "name" text not null, "name_ar" text null, "slug" text not null, "type" text check ("type" in ('country', 'region', 'city', 'district', 'zone')) not null default 'city', "parent_id" text null, "path" text null, "latitude" real null, "longitude" real null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "city_node_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_city_node_deleted_at" ON "city_node" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_city_node_tenant_id_slug_unique" ON "city_node" ("tenant_id", "slug") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop table if exists "city_node" cascade;`);
  }
}
