import { Migration } from "@mikro-orm/migrations";

const TABLE = "rental_asset";

export class Migration20250514135525 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "${TABLE}" ("id" text not null, "vendor_id" text not null, "serial" text not null, "daily_rate" numeric not null, "raw_daily_rate" jsonb not null, "deposit" numeric not null default 0, "raw_deposit" jsonb not null default '{"value": "0", "precision": 20}', "status" text check ("status" in ('available', 'rented', 'maintenance')) not null default 'available', "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "rental_asset_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_rental_asset_serial_unique" ON "${TABLE}" ("serial") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_rental_asset_deleted_at" ON "${TABLE}" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "rental_contract" ("id" text not null, "customer_id" text not null, "starts_at" timestamptz not null, "due_at" timestamptz not null, "returned_at" timestamptz null, "asset_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "rental_contract_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_rental_contract_asset_id" ON "rental_contract" ("asset_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_rental_contract_deleted_at" ON "rental_contract" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "rental_contract" drop constraint if exists "rental_contract_asset_id_foreign";`);
    this.addSql(`alter table if exists "rental_contract" add constraint "rental_contract_asset_id_foreign" foreign key ("asset_id") references "${TABLE}" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "rental_contract" drop constraint if exists "rental_contract_asset_id_foreign";`);
    this.addSql(`drop table if exists "rental_contract" cascade;`);
    this.addSql(`drop table if exists "${TABLE}" cascade;`);
  }
}
