import { Migration } from "@medusajs/framework/mikro-orm/migrations";

const TABLE = "booking_resource";

/** Nobody is reminded twice. */
export class Migration20250903140000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "booking" add column if not exists "reminded_at" timestamptz null;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "booking" drop column if exists "reminded_at";`);
  }
}
