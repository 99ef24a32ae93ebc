import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250519140238 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`
      create table if not exists "auction" ("id" text not null, "product_id" text not null, "reserve_price" numeric null, "raw_reserve_price" jsonb null, "starts_at" timestamptz not null, "ends_at" timestamptz not null, "status" text check ("status" in ('scheduled', 'open', 'closed', 'settled')) not null default 'scheduled', "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "auction_pkey" primary key ("id"));
      CREATE INDEX IF NOT EXISTS "IDX_auction_deleted_at" ON "auction" ("deleted_at") WHERE deleted_at IS NULL;
      CREATE INDEX IF NOT EXISTS "IDX_auction_ends_at" ON "auction" ("ends_at") WHERE deleted_at IS NULL;
      create table if not exists "auction_bid" ("id" text not null, "customer_id" text not null, "amount" numeric not null, "raw_amount" jsonb not null, "placed_at" timestamptz not null, "auction_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "auction_bid_pkey" primary key ("id"));
      CREATE INDEX IF NOT EXISTS "IDX_auction_bid_auction_id" ON "auction_bid" ("auction_id") WHERE deleted_at IS NULL;
      CREATE INDEX IF NOT EXISTS "IDX_auction_bid_deleted_at" ON "auction_bid" ("deleted_at") WHERE deleted_at IS NULL;
      alter table if exists "auction_bid" drop constraint if exists "auction_bid_auction_id_foreign";
      alter table if exists "auction_bid" add constraint "auction_bid_auction_id_foreign" foreign key ("auction_id") references "auction" ("id") on update cascade on delete cascade;
    `);
  }

  override async down(): Promise<void> {
    this.addSql(`
      alter table if exists "auction_bid" drop constraint if exists "auction_bid_auction_id_foreign";
    `);
    this.addSql(`drop table if exists "auction_bid" cascade;`);
    this.addSql(`drop table if exists "auction" cascade;`);
  }
}
