import { Migration } from "@mikro-orm/migrations";

/** Moderators look for what waits; shoppers for what helped. */
export class Migration20250821160000 extends Migration {
  override async up(): Promise<void> {
    this.addSql('alter table if exists "review" add column if not exists "helpful" integer not null default 0;');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_review_status" ON "review" ("status") WHERE deleted_at IS NULL;');
  }

  override async down(): Promise<void> {
    this.addSql('alter table if exists "review" drop column if exists "helpful";');
    this.addSql('drop index if exists "IDX_review_status";');
  }
}
