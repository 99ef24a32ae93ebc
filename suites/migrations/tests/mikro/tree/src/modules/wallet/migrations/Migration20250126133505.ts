import { Migration } from "@mikro-orm/migrations";

const TABLE = "wallet";

export class Migration20250126133505 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "${TABLE}" ("id" text not null, "tenant_id" text not null, "customer_id" text not null, "currency_code" text not null, "balance" numeric not null default 0, "raw_balance" jsonb not null default '{"value": "0", "precision": 20}', "status" text check ("status" in ('active', 'frozen')) not null default 'active', "freeze_reason" text null, "metadata" jsonb null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "wallet_pkey" primary key ("id"), constraint "wallet_balance_check" check (balance >= 0));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_wallet_deleted_at" ON "${TABLE}" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_wallet_customer_id_currency_code_unique" ON "${TABLE}" ("customer_id", "currency_code") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "wallet_transaction" ("id" text not null, "type" text check ("type" in ('credit', 'debit')) not null, "amount" numeric not null, "raw_amount" jsonb not null, "balance_after" numeric not null, "raw_balance_after" jsonb not null, "reference_id" text null, "description" text null, "wallet_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "wallet_transaction_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_wallet_transaction_wallet_id" ON "wallet_transaction" ("wallet_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_wallet_transaction_deleted_at" ON "wallet_transaction" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_wallet_transaction_wallet_id_type_reference_id_unique" ON "wallet_transaction" ("wallet_id", "type", "reference_id") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "wallet_transaction" drop constraint if exists "wallet_transaction_wallet_id_foreign";`);
    this.addSql(`alter table if exists "wallet_transaction" add constraint "wallet_transaction_wallet_id_foreign" foreign key ("wallet_id") references "${TABLE}" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "wallet_transaction" drop constraint if exists "wallet_transaction_wallet_id_foreign";`);
    this.addSql(`drop table if exists "wallet_transaction" cascade;`);
    this.addSql(`drop table if exists "${TABLE}" cascade;`);
  }
}
