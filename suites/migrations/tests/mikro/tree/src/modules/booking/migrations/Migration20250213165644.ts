import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250213165644 extends Migration {
  override async up(): Promise<void> {
    const statements = [
      `create table if not exists "booking_resource" ("id" text not null, "tenant_id" text not null, "vendor_id" text not null, "name" text not null, "capacity" integer not null default 1, "is_active" boolean not null default true, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "booking_resource_pkey" primary key ("id"));`,
      `CREATE INDEX IF NOT EXISTS "IDX_booking_resource_deleted_at" ON "booking_resource" ("deleted_at") WHERE deleted_at IS NULL;`,
      `create table if not exists "booking" ("id" text not null, "customer_id" text not null, "booking_number" text not null, "starts_at" timestamptz not null, "ends_at" timestamptz not null, "price" numeric not null, "raw_price" jsonb not null, "currency_code" text not null, "status" text check ("status" in ('requested', 'confirmed', 'cancelled')) not null default 'requested', "resource_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "booking_pkey" primary key ("id"), constraint "booking_ends_after_start" check (ends_at > starts_at));`,
      `CREATE UNIQUE INDEX IF NOT EXISTS "IDX_booking_booking_number_unique" ON "booking" ("booking_number") WHERE deleted_at IS NULL;`,
      `CREATE INDEX IF NOT EXISTS "IDX_booking_resource_id" ON "booking" ("resource_id") WHERE deleted_at IS NULL;`,
      `CREATE INDEX IF NOT EXISTS "IDX_booking_deleted_at" ON "booking" ("deleted_at") WHERE deleted_at IS NULL;`,
      `CREATE INDEX IF NOT EXISTS "IDX_booking_starts_at_ends_at" ON "booking" ("starts_at", "ends_at") WHERE deleted_at IS NULL;`,
      `create table if not exists "booking_slot" ("id" text not null, "weekday" integer not null, "opens_at" text not null, "closes_at" text not null, "resource_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "booking_slot_pkey" primary key ("id"));`,
      `CREATE INDEX IF NOT EXISTS "IDX_booking_slot_resource_id" ON "booking_slot" ("resource_id") WHERE deleted_at IS NULL;`,
      `CREATE INDEX IF NOT EXISTS "IDX_booking_slot_deleted_at" ON "booking_slot" ("deleted_at") WHERE deleted_at IS NULL;`,
      `alter table if exists "booking" drop constraint if exists "booking_resource_id_foreign";`,
      `alter table if exists "booking" add constraint "booking_resource_id_foreign" foreign key ("resource_id") references "booking_resource" ("id") on update cascade on delete cascade;`,
      `alter table if exists "booking_slot" drop constraint if exists "booking_slot_resource_id_foreign";`,
      `alter table if exists "booking_slot" add constraint "booking_slot_resource_id_foreign" foreign key ("resource_id") references "booking_resource" ("id") on update cascade on delete cascade;`,
    ];
    for (const statement of statements) {
      this.addSql(statement);
    }
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "booking" drop constraint if exists "booking_resource_id_foreign";`);
    this.addSql(`alter table if exists "booking_slot" drop constraint if exists "booking_slot_resource_id_foreign";`);
    for (const table of ["booking_slot", "booking", "booking_resource"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
