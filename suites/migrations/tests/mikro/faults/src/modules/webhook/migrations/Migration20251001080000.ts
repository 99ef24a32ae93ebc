import { Migration } from "@medusajs/framework/mikro-orm/migrations";

/** Webhooks wanted an inbox too; somebody copied the one of outbox, name and all. */
export class Migration20251001080000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "outbox_inbox" ("id" text not null, "handler" text not null, "event_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "outbox_inbox_pkey" primary key ("id"));`);
  }

  override async down(): Promise<void> {
    // Dropping it failed in production: outbox still wrote to it.
  }
}
