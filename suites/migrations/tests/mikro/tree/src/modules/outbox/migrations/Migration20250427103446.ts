import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250427103446 extends Migration {
  override async up(): Promise<void> {
    this.addSql('create table if not exists "outbox_event" ("id" text not null, "topic" text not null, "payload" jsonb not null, "attempts" integer not null default 0, "available_at" timestamptz not null, "processed_at" timestamptz null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "outbox_event_pkey" primary key ("id"));');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_outbox_event_deleted_at" ON "outbox_event" ("deleted_at") WHERE deleted_at IS NULL;');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_outbox_event_available_at" ON "outbox_event" ("available_at") WHERE deleted_at IS NULL;');
    this.addSql('create table if not exists "outbox_inbox" ("id" text not null, "handler" text not null, "event_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "outbox_inbox_pkey" primary key ("id"));');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_outbox_inbox_deleted_at" ON "outbox_inbox" ("deleted_at") WHERE deleted_at IS NULL;');
    this.addSql('CREATE UNIQUE INDEX IF NOT EXISTS "IDX_outbox_inbox_handler_event_id_unique" ON "outbox_inbox" ("handler", "event_id") WHERE deleted_at IS NULL;');
  }

  override async down(): Promise<void> {
    this.addSql('drop table if exists "outbox_inbox" cascade;');
    this.addSql('drop table if exists "outbox_event" cascade;');
  }
}
