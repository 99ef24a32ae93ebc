import { Migration } from "@mikro-orm/migrations";

export class Migration20250524150951 extends Migration {
  async up(): Promise<void> {
    this.addSql(`create table if not exists "affiliate" ("id" text not null, "customer_id" text not null, "code" text not null, "rate" real not null default 5, "is_active" boolean not null default true, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "affiliate_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_affiliate_customer_id_unique" ON "affiliate" ("customer_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_affiliate_code_unique" ON "affiliate" ("code") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_affiliate_deleted_at" ON "affiliate" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "affiliate_click" ("id" text not null, "landing" text not null, "agent" text null, "order_id" text null, "affiliate_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "affiliate_click_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_affiliate_click_affiliate_id" ON "affiliate_click" ("affiliate_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_affiliate_click_deleted_at" ON "affiliate_click" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "affiliate_click" drop constraint if exists "affiliate_click_affiliate_id_foreign";`);
    this.addSql(`alter table if exists "affiliate_click" add constraint "affiliate_click_affiliate_id_foreign" foreign key ("affiliate_id") references "affiliate" ("id") on update cascade on delete cascade;`);
  }

  async down(): Promise<void> {
    this.addSql(`alter table if exists "affiliate_click" drop constraint if exists "affiliate_click_affiliate_id_foreign";`);
    for (const table of ["affiliate_click", "affiliate"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
