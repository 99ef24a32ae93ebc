import { Migration } from "@mikro-orm/migrations";

export class Migration20250404114159 extends Migration {
  override async up(): Promise<void> {
    this.addSql(
      'create table if not exists "webhook_delivery" ("id" text not null, "vendor" text not null, '
      + '"external_id" text not null, "headers" jsonb null, "body" text not null, "received_at" timestamptz '
      + 'not null, "applied_at" timestamptz null, "created_at" timestamptz not null default now(), '
      + '"updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint '
      + '"webhook_delivery_pkey" primary key ("id"));'
    );
    this.addSql(
      'CREATE INDEX IF NOT EXISTS "IDX_webhook_delivery_deleted_at" ON "webhook_delivery" ("deleted_at") '
      + "WHERE deleted_at IS NULL;"
    );
    this.addSql(
      'CREATE UNIQUE INDEX IF NOT EXISTS "IDX_webhook_delivery_vendor_external_id_unique" ON '
      + '"webhook_delivery" ("vendor", "external_id") WHERE deleted_at IS NULL;'
    );
  }

  override async down(): Promise<void> {
    this.addSql('drop table if exists "webhook_delivery" cascade;');
  }
}
