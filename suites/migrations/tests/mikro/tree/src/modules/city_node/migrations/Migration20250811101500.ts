import { Migration } from "@medusajs/framework/mikro-orm/migrations";

const TABLE = "city_node";

/** The tree is read from the leaves up. */
export class Migration20250811101500 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_city_node_parent_id" ON "${TABLE}" ("parent_id") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`drop index if exists "IDX_city_node_parent_id";`);
  }
}
