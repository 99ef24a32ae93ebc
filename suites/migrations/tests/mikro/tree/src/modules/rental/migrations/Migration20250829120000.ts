import { Migration } from "@medusajs/framework/mikro-orm/migrations";

const TABLE = "rental_asset";

/** Late is not free. */
export class Migration20250829120000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "rental_contract" add column if not exists "late_fee" numeric not null default 0, add column if not exists "raw_late_fee" jsonb not null default '{"value": "0", "precision": 20}';`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "rental_contract" drop column if exists "raw_late_fee", drop column if exists "late_fee";`);
  }
}
