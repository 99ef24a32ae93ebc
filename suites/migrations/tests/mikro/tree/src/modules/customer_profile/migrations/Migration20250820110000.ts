import { Migration } from "@medusajs/framework/mikro-orm/migrations";

const TABLE = "customer_profile";

/** Mail that bounced is not sent again. */
export class Migration20250820110000 extends Migration {
  async up(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" add column if not exists "email_bounced_at" timestamptz null;`);
  }

  async down(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" drop column if exists "email_bounced_at";`);
  }
}
