import { Migration } from "@mikro-orm/migrations";

export class Migration20250310113149 extends Migration {
  override async up(): Promise<void> {
    this.addSql(
      'create table if not exists "loyalty_tier" ("id" text not null, "name" text not null, "min_points" '
      + 'integer not null default 0, "benefits" jsonb null, "created_at" timestamptz not null default now(), '
      + '"updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint '
      + '"loyalty_tier_pkey" primary key ("id"));'
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_loyalty_tier_deleted_at" ON "loyalty_tier" ("deleted_at") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql(
      'create table if not exists "loyalty_perk" ("id" text not null, "code" text not null, "discount" '
      + 'real null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null '
      + 'default now(), "deleted_at" timestamptz null, constraint "loyalty_perk_pkey" primary key ("id"));'
    );
    this.addSql(
      'CREATE UNIQUE INDEX IF NOT EXISTS "IDX_loyalty_perk_code_unique" ON "loyalty_perk" ("code") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_loyalty_perk_deleted_at" ON "loyalty_perk" ("deleted_at") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql(
      'create table if not exists "loyalty_account" ("id" text not null, "customer_id" text not null, '
      + '"points" integer not null default 0, "tier_id" text null, "created_at" timestamptz not null default '
      + 'now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint '
      + '"loyalty_account_pkey" primary key ("id"));'
    );
    this.addSql(
      'CREATE UNIQUE INDEX IF NOT EXISTS "IDX_loyalty_account_customer_id_unique" ON "loyalty_account" '
      + '("customer_id") WHERE deleted_at IS NULL;'
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_loyalty_account_tier_id" ON "loyalty_account" ("tier_id") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_loyalty_account_deleted_at" ON "loyalty_account" ("deleted_at") '
      + "WHERE deleted_at IS NULL;"
    );
    this.addSql('alter table if exists "loyalty_account" drop constraint if exists "loyalty_account_tier_id_foreign";');
    this.addSql(
      'alter table if exists "loyalty_account" add constraint "loyalty_account_tier_id_foreign" foreign '
      + 'key ("tier_id") references "loyalty_tier" ("id") on update cascade on delete cascade;'
    );
    this.addSql(
      'create table if not exists "loyalty_tier_perk" ("loyalty_tier_id" text not null, "loyalty_perk_id" '
      + 'text not null, constraint "loyalty_tier_perk_pkey" primary key ("loyalty_tier_id", '
      + '"loyalty_perk_id"));'
    );
    this.addSql(
      'alter table if exists "loyalty_tier_perk" drop constraint if exists '
      + '"loyalty_tier_perk_loyalty_tier_id_foreign";'
    );
    this.addSql(
      'alter table if exists "loyalty_tier_perk" add constraint '
      + '"loyalty_tier_perk_loyalty_tier_id_foreign" foreign key ("loyalty_tier_id") references '
      + '"loyalty_tier" ("id") on update cascade on delete cascade;'
    );
    this.addSql(
      'alter table if exists "loyalty_tier_perk" drop constraint if exists '
      + '"loyalty_tier_perk_loyalty_perk_id_foreign";'
    );
    this.addSql(
      'alter table if exists "loyalty_tier_perk" add constraint '
      + '"loyalty_tier_perk_loyalty_perk_id_foreign" foreign key ("loyalty_perk_id") references '
      + '"loyalty_perk" ("id") on update cascade on delete cascade;'
    );
  }

  override async down(): Promise<void> {
    this.addSql('alter table if exists "loyalty_account" drop constraint if exists "loyalty_account_tier_id_foreign";');
    this.addSql('drop table if exists "loyalty_tier_perk" cascade;');
    this.addSql('drop table if exists "loyalty_account" cascade;');
    this.addSql('drop table if exists "loyalty_perk" cascade;');
    this.addSql('drop table if exists "loyalty_tier" cascade;');
  }
}
