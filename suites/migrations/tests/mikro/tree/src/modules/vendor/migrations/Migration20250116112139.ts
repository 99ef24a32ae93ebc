import { Migration } from "@mikro-orm/migrations";

export class Migration20250116112139 extends Migration {
  async up(): Promise<void> {
    this.addSql(
      'create table if not exists "vendor" ("id" text not null, "tenant_id" text not null, "business_name" '
      + 'text not null, "handle" text not null, "email" text not null, "status" text check ("status" in '
      + '(\'pending\', \'approved\', \'rejected\')) not null default \'pending\', "commission_rate" real null, '
      + '"approved_at" timestamptz null, "metadata" jsonb null, "created_at" timestamptz not null default '
      + 'now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint '
      + '"vendor_pkey" primary key ("id"));'
    );
    this.addSql('CREATE UNIQUE INDEX IF NOT EXISTS "IDX_vendor_handle_unique" ON "vendor" ("handle") WHERE deleted_at IS NULL;');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_vendor_deleted_at" ON "vendor" ("deleted_at") WHERE deleted_at IS NULL;');
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_vendor_tenant_id_status" ON "vendor" ("tenant_id", "status") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql(
      'create table if not exists "vendor_member" ("id" text not null, "customer_id" text not null, "role" '
      + 'text check ("role" in (\'owner\', \'admin\', \'staff\')) not null default \'staff\', "vendor_id" text not '
      + 'null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default '
      + 'now(), "deleted_at" timestamptz null, constraint "vendor_member_pkey" primary key ("id"));'
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_vendor_member_vendor_id" ON "vendor_member" ("vendor_id") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_vendor_member_deleted_at" ON "vendor_member" ("deleted_at") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql(
      'CREATE UNIQUE INDEX IF NOT EXISTS "IDX_vendor_member_vendor_id_customer_id_unique" ON '
      + '"vendor_member" ("vendor_id", "customer_id") WHERE deleted_at IS NULL;'
    );
    this.addSql(
      'create table if not exists "vendor_order" ("id" text not null, "order_id" text not null, "total" '
      + 'numeric not null, "raw_total" jsonb not null, "currency_code" text not null, "status" text check '
      + '("status" in (\'pending\', \'shipped\', \'delivered\', \'cancelled\')) not null default \'pending\', '
      + '"vendor_id" text not null, "created_at" timestamptz not null default now(), "updated_at" '
      + 'timestamptz not null default now(), "deleted_at" timestamptz null, constraint "vendor_order_pkey" '
      + 'primary key ("id"));'
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_vendor_order_vendor_id" ON "vendor_order" ("vendor_id") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_vendor_order_deleted_at" ON "vendor_order" ("deleted_at") WHERE '
      + "deleted_at IS NULL;"
    );
    this.addSql('alter table if exists "vendor_member" drop constraint if exists "vendor_member_vendor_id_foreign";');
    this.addSql(
      'alter table if exists "vendor_member" add constraint "vendor_member_vendor_id_foreign" foreign key '
      + '("vendor_id") references "vendor" ("id") on update cascade on delete cascade;'
    );
    this.addSql('alter table if exists "vendor_order" drop constraint if exists "vendor_order_vendor_id_foreign";');
    this.addSql(
      'alter table if exists "vendor_order" add constraint "vendor_order_vendor_id_foreign" foreign key '
      + '("vendor_id") references "vendor" ("id") on update cascade on delete cascade;'
    );
  }

  async down(): Promise<void> {
    this.addSql('alter table if exists "vendor_member" drop constraint if exists "vendor_member_vendor_id_foreign";');
    this.addSql('alter table if exists "vendor_order" drop constraint if exists "vendor_order_vendor_id_foreign";');
    this.addSql('drop table if exists "vendor_order" cascade;');
    this.addSql('drop table if exists "vendor_member" cascade;');
    this.addSql('drop table if exists "vendor" cascade;');
  }
}
