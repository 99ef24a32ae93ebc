import { Migration } from "@mikro-orm/migrations";

export class Migration20250302155941 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "warehouse" ("id" text not null, "tenant_id" text not null, "code" text not null, "name" text not null, "address" jsonb null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "warehouse_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_warehouse_code_unique" ON "warehouse" ("code") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_warehouse_deleted_at" ON "warehouse" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "warehouse_bin" ("id" text not null, "label" text not null, "quantity" integer not null default 0, "warehouse_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "warehouse_bin_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_warehouse_bin_warehouse_id" ON "warehouse_bin" ("warehouse_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_warehouse_bin_deleted_at" ON "warehouse_bin" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_warehouse_bin_warehouse_id_label_unique" ON "warehouse_bin" ("warehouse_id", "label") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "warehouse_bin" drop constraint if exists "warehouse_bin_warehouse_id_foreign";`);
    this.addSql(`alter table if exists "warehouse_bin" add constraint "warehouse_bin_warehouse_id_foreign" foreign key ("warehouse_id") references "warehouse" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "warehouse_bin" drop constraint if exists "warehouse_bin_warehouse_id_foreign";`);
    for (const table of ["warehouse_bin", "warehouse"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
