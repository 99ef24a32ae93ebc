import { Migration } from "@mikro-orm/migrations";

/** The tax office wants its own number and seal on every invoice. */
export class Migration20250801170000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "invoice" add column if not exists "zatca_uuid" text null;`);
    this.addSql(`alter table if exists "invoice" add column if not exists "zatca_hash" text null;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_invoice_zatca_uuid" ON "invoice" ("zatca_uuid") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "invoice" drop column if exists "zatca_uuid";`);
    this.addSql(`alter table if exists "invoice" drop column if exists "zatca_hash";`);
    this.addSql(`drop index if exists "IDX_invoice_zatca_uuid";`);
  }
}
