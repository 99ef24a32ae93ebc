import { Migration } from "@medusajs/framework/mikro-orm/migrations";

const TABLE = "payout";

/** Why a payout failed is told to the vendor. */
export class Migration20250719150000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" add column if not exists "failure_reason" text null;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" drop column if exists "failure_reason";`);
  }
}
