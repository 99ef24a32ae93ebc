import { Migration } from "@medusajs/framework/mikro-orm/migrations";

/** A campaign ends when its budget is spent. */
export class Migration20250722100000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "promotion_campaign" add column if not exists "spent" numeric not null default 0, add column if not exists "raw_spent" jsonb not null default '{"value": "0", "precision": 20}';`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "promotion_campaign" drop column if exists "raw_spent", drop column if exists "spent";`);
  }
}
