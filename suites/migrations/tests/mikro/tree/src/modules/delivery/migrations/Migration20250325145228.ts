import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250325145228 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      create table if not exists "delivery_zone" ("id" text not null, "tenant_id" text not null, "name" text not null, "polygon" jsonb null, "fee" numeric not null default 0, "raw_fee" jsonb not null default '{"value": "0", "precision": 20}', "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "delivery_zone_pkey" primary key ("id"));
      CREATE INDEX IF NOT EXISTS "IDX_delivery_zone_deleted_at" ON "delivery_zone" ("deleted_at") WHERE deleted_at IS NULL;
      create table if not exists "delivery" ("id" text not null, "order_id" text not null, "external_id" text null, "tracking_number" text null, "status" text check ("status" in ('created', 'dispatched', 'completed')) not null default 'created', "dispatched_at" timestamptz null, "delivered_at" timestamptz null, "zone_id" text null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "delivery_pkey" primary key ("id"));
      CREATE INDEX IF NOT EXISTS "IDX_delivery_zone_id" ON "delivery" ("zone_id") WHERE deleted_at IS NULL;
      CREATE INDEX IF NOT EXISTS "IDX_delivery_deleted_at" ON "delivery" ("deleted_at") WHERE deleted_at IS NULL;
      CREATE INDEX IF NOT EXISTS "IDX_delivery_order_id" ON "delivery" ("order_id") WHERE deleted_at IS NULL;
      alter table if exists "delivery" drop constraint if exists "delivery_zone_id_foreign";
      alter table if exists "delivery" add constraint "delivery_zone_id_foreign" foreign key ("zone_id") references "delivery_zone" ("id") on update cascade on delete cascade;
    `);
  }

  override async down(): Promise<void> {
    this.addSql(`
      alter table if exists "delivery" drop constraint if exists "delivery_zone_id_foreign";
    `);
    this.addSql(`drop table if exists "delivery" cascade;`);
    this.addSql(`drop table if exists "delivery_zone" cascade;`);
  }
}
