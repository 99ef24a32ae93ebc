import { Migration } from "@mikro-orm/migrations";

/** What fails too often waits for an operator. */
export class Migration20250727120000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "outbox_event" add column if not exists "dead_at" timestamptz null;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "outbox_event" drop column if exists "dead_at";`);
  }
}
