import { Migration } from "@medusajs/framework/mikro-orm/migrations";

/** A customer's policies are listed on every order page. */
export class Migration20250817093000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_insurance_policy_customer_id" ON "insurance_policy" ("customer_id") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index if exists "IDX_insurance_policy_customer_id";`);
  }
}
