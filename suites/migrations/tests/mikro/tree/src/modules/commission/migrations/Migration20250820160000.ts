import { Migration } from "@mikro-orm/migrations";

/** Payouts sum up what is not settled yet. */
export class Migration20250820160000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "commission_line" add column if not exists "settled_at" timestamptz null;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_commission_line_vendor_id" ON "commission_line" ("vendor_id") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "commission_line" drop column if exists "settled_at";`);
    this.addSql(`drop index if exists "IDX_commission_line_vendor_id";`);
  }
}
