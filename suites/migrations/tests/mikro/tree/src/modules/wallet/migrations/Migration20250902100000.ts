import { Migration } from "@medusajs/framework/mikro-orm/migrations";

/** What an order moved is looked up by the order. */
export class Migration20250902100000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "wallet_transaction" add column if not exists "order_id" text null;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_wallet_transaction_order_id" ON "wallet_transaction" ("order_id") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "wallet_transaction" drop column if exists "order_id";`);
    this.addSql(`drop index if exists "IDX_wallet_transaction_order_id";`);
  }
}
