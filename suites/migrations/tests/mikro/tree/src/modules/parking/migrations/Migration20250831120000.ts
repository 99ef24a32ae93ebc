import { Migration } from "@mikro-orm/migrations";

/** Made without stopping anybody from parking. */
export class Migration20250831120000 extends Migration {
  override isTransactional(): boolean {
    return false;
  }

  async up(): Promise<void> {
    this.addSql(`CREATE INDEX CONCURRENTLY IF NOT EXISTS "IDX_parking_session_plate" ON "parking_session" ("plate") WHERE deleted_at IS NULL;`);
  }

  async down(): Promise<void> {
    this.addSql(`drop index concurrently if exists "IDX_parking_session_plate";`);
  }
}
