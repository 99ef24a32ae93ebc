import { Migration } from "@medusajs/framework/mikro-orm/migrations";

const TABLE = "wallet";

/** Two debits at once must not both win: writers compare the version. */
export class Migration20250801100000 extends Migration {
  async up(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" add column if not exists "version" integer not null default 0;`);
  }

  async down(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" drop column if exists "version";`);
  }
}
