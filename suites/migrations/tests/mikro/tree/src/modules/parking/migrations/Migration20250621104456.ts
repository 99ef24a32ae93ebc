import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250621104456 extends Migration {
  override async up(): Promise<void> {
    this.addSql('create table if not exists "parking_zone" ("id" text not null, "code" text not null, "hourly_rate" numeric not null, "raw_hourly_rate" jsonb not null, "spaces" integer not null default 0, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "parking_zone_pkey" primary key ("id"));');
    this.addSql('CREATE UNIQUE INDEX IF NOT EXISTS "IDX_parking_zone_code_unique" ON "parking_zone" ("code") WHERE deleted_at IS NULL;');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_parking_zone_deleted_at" ON "parking_zone" ("deleted_at") WHERE deleted_at IS NULL;');
    this.addSql('create table if not exists "parking_session" ("id" text not null, "plate" text not null, "started_at" timestamptz not null, "ended_at" timestamptz null, "paid" numeric not null default 0, "raw_paid" jsonb not null default \'{"value": "0", "precision": 20}\', "zone_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "parking_session_pkey" primary key ("id"));');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_parking_session_zone_id" ON "parking_session" ("zone_id") WHERE deleted_at IS NULL;');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_parking_session_deleted_at" ON "parking_session" ("deleted_at") WHERE deleted_at IS NULL;');
    this.addSql('alter table if exists "parking_session" drop constraint if exists "parking_session_zone_id_foreign";');
    this.addSql('alter table if exists "parking_session" add constraint "parking_session_zone_id_foreign" foreign key ("zone_id") references "parking_zone" ("id") on update cascade on delete cascade;');
  }

  override async down(): Promise<void> {
    this.addSql('alter table if exists "parking_session" drop constraint if exists "parking_session_zone_id_foreign";');
    this.addSql('drop table if exists "parking_session" cascade;');
    this.addSql('drop table if exists "parking_zone" cascade;');
  }
}
