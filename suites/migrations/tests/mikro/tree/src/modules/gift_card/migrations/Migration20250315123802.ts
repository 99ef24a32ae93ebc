import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250315123802 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "gift_card_batch" ("id" text not null, "name" text not null, "expires_at" timestamptz null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "gift_card_batch_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_gift_card_batch_deleted_at" ON "gift_card_batch" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "gift_card_code" ("id" text not null, "code" text not null, "value" numeric not null, "raw_value" jsonb not null, "balance" numeric not null, "raw_balance" jsonb not null, "currency_code" text not null, "is_disabled" boolean not null default false, "batch_id" text null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "gift_card_code_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_gift_card_code_code_unique" ON "gift_card_code" ("code") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_gift_card_code_batch_id" ON "gift_card_code" ("batch_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_gift_card_code_deleted_at" ON "gift_card_code" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "gift_card_code" drop constraint if exists "gift_card_code_batch_id_foreign";`);
    this.addSql(`alter table if exists "gift_card_code" add constraint "gift_card_code_batch_id_foreign" foreign key ("batch_id") references "gift_card_batch" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "gift_card_code" drop constraint if exists "gift_card_code_batch_id_foreign";`);
    for (const table of ["gift_card_code", "gift_card_batch"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
