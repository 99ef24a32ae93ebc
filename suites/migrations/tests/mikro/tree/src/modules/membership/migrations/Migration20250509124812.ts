import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250509124812 extends Migration {
  async up(): Promise<void> {
    this.addSql(`create table if not exists "membership" ("id" text not null, "customer_id" text not null, "number" text not null, "joined_at" timestamptz not null, "ends_at" timestamptz null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "membership_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_membership_number_unique" ON "membership" ("number") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_membership_deleted_at" ON "membership" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "membership_card" ("id" text not null, "token" text not null, "printed_at" timestamptz null, "membership_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "membership_card_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_membership_card_token_unique" ON "membership_card" ("token") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_membership_card_membership_id_unique" ON "membership_card" ("membership_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_membership_card_deleted_at" ON "membership_card" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "membership_card" drop constraint if exists "membership_card_membership_id_foreign";`);
    this.addSql(`alter table if exists "membership_card" add constraint "membership_card_membership_id_foreign" foreign key ("membership_id") references "membership" ("id") on update cascade on delete cascade;`);
  }

  async down(): Promise<void> {
    this.addSql(`alter table if exists "membership_card" drop constraint if exists "membership_card_membership_id_foreign";`);
    for (const table of ["membership_card", "membership"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
