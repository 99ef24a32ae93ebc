import { Migration } from "@mikro-orm/migrations";

/** Pages are ordered by when they went out. */
export class Migration20250825120000 extends Migration {
  async up(): Promise<void> {
    this.addSql('alter table if exists "cms_page" add column if not exists "published_at" timestamptz null;');
  }

  async down(): Promise<void> {
    this.addSql('alter table if exists "cms_page" drop column if exists "published_at";');
  }
}
