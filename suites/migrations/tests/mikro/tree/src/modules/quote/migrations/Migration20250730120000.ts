import { Migration } from "@mikro-orm/migrations";

/** What was agreed on the telephone is written down. */
export class Migration20250730120000 extends Migration {
  override async up(): Promise<void> {
    this.addSql('alter table if exists "quote" add column if not exists "note" text null;');
  }

  override async down(): Promise<void> {
    this.addSql('alter table if exists "quote" drop column if exists "note";');
  }
}
