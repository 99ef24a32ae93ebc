import { Migration } from "@mikro-orm/migrations";

export class Migration20250506172317 extends Migration {
  override async up(): Promise<void> {
    await this.execute(`create table if not exists "dispute" ("id" text not null, "order_id" text not null, "customer_id" text not null, "vendor_id" text not null, "reason" text not null, "status" text check ("status" in ('open', 'answered', 'resolved', 'escalated')) not null default 'open', "refund_amount" numeric null, "raw_refund_amount" jsonb null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "dispute_pkey" primary key ("id"));`);
    await this.execute(`CREATE INDEX IF NOT EXISTS "IDX_dispute_deleted_at" ON "dispute" ("deleted_at") WHERE deleted_at IS NULL;`);
    await this.execute(`CREATE INDEX IF NOT EXISTS "IDX_dispute_vendor_id_status" ON "dispute" ("vendor_id", "status") WHERE deleted_at IS NULL;`);
    await this.execute(`create table if not exists "dispute_message" ("id" text not null, "author_id" text not null, "body" text not null, "attachments" text[] null, "dispute_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "dispute_message_pkey" primary key ("id"));`);
    await this.execute(`CREATE INDEX IF NOT EXISTS "IDX_dispute_message_dispute_id" ON "dispute_message" ("dispute_id") WHERE deleted_at IS NULL;`);
    await this.execute(`CREATE INDEX IF NOT EXISTS "IDX_dispute_message_deleted_at" ON "dispute_message" ("deleted_at") WHERE deleted_at IS NULL;`);
    await this.execute(`alter table if exists "dispute_message" drop constraint if exists "dispute_message_dispute_id_foreign";`);
    await this.execute(`alter table if exists "dispute_message" add constraint "dispute_message_dispute_id_foreign" foreign key ("dispute_id") references "dispute" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    await this.execute(`alter table if exists "dispute_message" drop constraint if exists "dispute_message_dispute_id_foreign";`);
    await this.execute(`drop table if exists "dispute_message" cascade;`);
    await this.execute(`drop table if exists "dispute" cascade;`);
  }
}
