import { Migration } from "@mikro-orm/migrations";

/** Every shop has a name in Arabic; those that had none are called “shop”. */
export class Migration20250703120000 extends Migration {
  async up(): Promise<void> {
    this.addSql(`alter table if exists "store_front" add column if not exists "name_ar" text not null default 'متجر';`);
  }

  async down(): Promise<void> {
    this.addSql(`alter table if exists "store_front" drop column if exists "name_ar";`);
  }
}
