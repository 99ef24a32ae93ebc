import { Migration } from "@medusajs/framework/mikro-orm/migrations";

const TABLE = "tenant";

/** Bookings need to know whose midnight it is. */
export class Migration20250915090000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" add column if not exists "timezone" text not null default 'Asia/Riyadh';`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" drop column if exists "timezone";`);
  }
}
