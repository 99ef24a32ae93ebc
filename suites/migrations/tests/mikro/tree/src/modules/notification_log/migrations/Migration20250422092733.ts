import { Migration } from "@mikro-orm/migrations";

export class Migration20250422092733 extends Migration {
  async up(): Promise<void> {
    this.addSql(`create table if not exists "notification_log" ("id" text not null, "customer_id" text null, "channel" text check ("channel" in ('email', 'sms', 'push')) not null, "template" text not null, "receiver" text not null, "payload" jsonb null, "status" text check ("status" in ('queued', 'sent', 'failed')) not null default 'queued', "error" text null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "notification_log_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_notification_log_deleted_at" ON "notification_log" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_notification_log_status" ON "notification_log" ("status") WHERE deleted_at IS NULL;`);
  }

  async down(): Promise<void> {
    this.addSql(`drop table if exists "notification_log" cascade;`);
  }
}
