import { Migration } from "@mikro-orm/migrations";

const TABLE = "promotion_campaign";

export class Migration20250320134515 extends Migration {
  async up(): Promise<void> {
    this.addSql(`create table if not exists "${TABLE}" ("id" text not null, "name" text not null, "starts_at" timestamptz null, "ends_at" timestamptz null, "budget" numeric null, "raw_budget" jsonb null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "promotion_campaign_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_promotion_campaign_deleted_at" ON "${TABLE}" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "promotion_target" ("id" text not null, "kind" text check ("kind" in ('vendor', 'category', 'product')) not null, "reference" text not null, "campaign_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "promotion_target_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_promotion_target_campaign_id" ON "promotion_target" ("campaign_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_promotion_target_deleted_at" ON "promotion_target" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_promotion_target_campaign_id_kind_reference_unique" ON "promotion_target" ("campaign_id", "kind", "reference") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "promotion_target" drop constraint if exists "promotion_target_campaign_id_foreign";`);
    this.addSql(`alter table if exists "promotion_target" add constraint "promotion_target_campaign_id_foreign" foreign key ("campaign_id") references "${TABLE}" ("id") on update cascade on delete cascade;`);
  }

  async down(): Promise<void> {
    this.addSql(`alter table if exists "promotion_target" drop constraint if exists "promotion_target_campaign_id_foreign";`);
    this.addSql(`drop table if exists "promotion_target" cascade;`);
    this.addSql(`drop table if exists "${TABLE}" cascade;`);
  }
}
