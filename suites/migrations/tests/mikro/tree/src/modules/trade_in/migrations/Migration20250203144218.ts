import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250203144218 extends Migration {
  async up(): Promise<void> {
    this.addSql(`
      create table if not exists "trade_in_request" ("id" text not null, "tenant_id" text not null, "customer_id" text not null, "product_id" text not null, "trade_in_number" text not null, "condition" text check ("condition" in ('new', 'good', 'fair', 'poor')) not null, "status" text check ("status" in ('submitted', 'evaluated', 'approved', 'rejected')) not null default 'submitted', "estimated_value" numeric null, "raw_estimated_value" jsonb null, "final_value" numeric null, "raw_final_value" jsonb null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "trade_in_request_pkey" primary key ("id"));
      CREATE UNIQUE INDEX IF NOT EXISTS "IDX_trade_in_request_trade_in_number_unique" ON "trade_in_request" ("trade_in_number") WHERE deleted_at IS NULL;
      CREATE INDEX IF NOT EXISTS "IDX_trade_in_request_deleted_at" ON "trade_in_request" ("deleted_at") WHERE deleted_at IS NULL;
      CREATE INDEX IF NOT EXISTS "IDX_trade_in_request_customer_id" ON "trade_in_request" ("customer_id") WHERE deleted_at IS NULL;
      create table if not exists "trade_in_offer" ("id" text not null, "offer_amount" numeric not null, "raw_offer_amount" jsonb not null, "credit_type" text check ("credit_type" in ('wallet', 'bank')) not null default 'wallet', "expires_at" timestamptz null, "status" text check ("status" in ('open', 'accepted', 'declined', 'expired')) not null default 'open', "request_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "trade_in_offer_pkey" primary key ("id"));
      CREATE INDEX IF NOT EXISTS "IDX_trade_in_offer_request_id" ON "trade_in_offer" ("request_id") WHERE deleted_at IS NULL;
      CREATE INDEX IF NOT EXISTS "IDX_trade_in_offer_deleted_at" ON "trade_in_offer" ("deleted_at") WHERE deleted_at IS NULL;
      alter table if exists "trade_in_offer" drop constraint if exists "trade_in_offer_request_id_foreign";
      alter table if exists "trade_in_offer" add constraint "trade_in_offer_request_id_foreign" foreign key ("request_id") references "trade_in_request" ("id") on update cascade on delete cascade;
    `);
  }

  async down(): Promise<void> {
    this.addSql(`
      alter table if exists "trade_in_offer" drop constraint if exists "trade_in_offer_request_id_foreign";
    `);
    this.addSql(`drop table if exists "trade_in_offer" cascade;`);
    this.addSql(`drop table if exists "trade_in_request" cascade;`);
  }
}
