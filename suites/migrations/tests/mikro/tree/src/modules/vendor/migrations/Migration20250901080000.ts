import { Migration } from "@mikro-orm/migrations";

/** Splitting an order looks its parts up. */
export class Migration20250901080000 extends Migration {
  override async up(): Promise<void> {
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_vendor_order_order_id" ON "vendor_order" ("order_id") WHERE deleted_at IS NULL;');
  }

  override async down(): Promise<void> {
    this.addSql('drop index if exists "IDX_vendor_order_order_id";');
  }
}
