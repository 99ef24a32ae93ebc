import { Migration } from "@mikro-orm/migrations";

export class Migration20250412171307 extends Migration {
  override async up(): Promise<void> {
    await this.execute(`create table if not exists "tax_profile" ("id" text not null, "vendor_id" text not null, "vat_number" text null, "rate" real not null default 15, "is_exempt" boolean not null default false, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "tax_profile_pkey" primary key ("id"));`);
    await this.execute(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_tax_profile_vendor_id_unique" ON "tax_profile" ("vendor_id") WHERE deleted_at IS NULL;`);
    await this.execute(`CREATE INDEX IF NOT EXISTS "IDX_tax_profile_deleted_at" ON "tax_profile" ("deleted_at") WHERE deleted_at IS NULL;`);
  }

  override async down(): Promise<void> {
    await this.execute(`drop table if exists "tax_profile" cascade;`);
  }
}
