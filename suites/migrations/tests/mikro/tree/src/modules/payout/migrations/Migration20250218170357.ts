import { Migration } from "@mikro-orm/migrations";

export class Migration20250218170357 extends Migration {
  async up(): Promise<void> {
    await this.execute(`create table if not exists "payout" ("id" text not null, "vendor_id" text not null, "amount" numeric not null, "raw_amount" jsonb not null, "fee" numeric not null default 0, "raw_fee" jsonb not null default '{"value": "0", "precision": 20}', "currency_code" text not null, "status" text check ("status" in ('pending', 'processing', 'paid', 'failed')) not null default 'pending', "period_start" timestamptz not null, "period_end" timestamptz not null, "paid_at" timestamptz null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "payout_pkey" primary key ("id"));`);
    await this.execute(`CREATE INDEX IF NOT EXISTS "IDX_payout_deleted_at" ON "payout" ("deleted_at") WHERE deleted_at IS NULL;`);
    await this.execute(`CREATE INDEX IF NOT EXISTS "IDX_payout_vendor_id_status" ON "payout" ("vendor_id", "status") WHERE deleted_at IS NULL;`);
  }

  async down(): Promise<void> {
    await this.execute(`drop table if exists "payout" cascade;`);
  }
}
