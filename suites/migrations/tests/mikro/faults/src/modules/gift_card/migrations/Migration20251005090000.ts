import { Migration } from "@medusajs/framework/mikro-orm/migrations";

/** The till asks for cards that still have something on them. */
export class Migration20251005090000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_gift_card_code_is_disabled" ON "gift_card_code" ("is_disabled") WHERE deleted_at IS NULL;`);
  }
}
