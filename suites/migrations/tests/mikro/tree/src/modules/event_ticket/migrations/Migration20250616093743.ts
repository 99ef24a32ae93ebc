import { Migration } from "@mikro-orm/migrations";

export class Migration20250616093743 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "event" ("id" text not null, "tenant_id" text not null, "title" text not null, "venue" text null, "starts_at" timestamptz not null, "capacity" integer not null default 0, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "event_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_event_deleted_at" ON "event" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "event_ticket" ("id" text not null, "customer_id" text not null, "barcode" text not null, "price" numeric not null, "raw_price" jsonb not null, "scanned_at" timestamptz null, "event_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "event_ticket_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_event_ticket_barcode_unique" ON "event_ticket" ("barcode") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_event_ticket_event_id" ON "event_ticket" ("event_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_event_ticket_deleted_at" ON "event_ticket" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "event_ticket" drop constraint if exists "event_ticket_event_id_foreign";`);
    this.addSql(`alter table if exists "event_ticket" add constraint "event_ticket_event_id_foreign" foreign key ("event_id") references "event" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "event_ticket" drop constraint if exists "event_ticket_event_id_foreign";`);
    for (const table of ["event_ticket", "event"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
