import { Migration } from "@mikro-orm/migrations";

export class Migration20250228091723 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "subscription_plan" ("id" text not null, "tenant_id" text not null, "code" text not null, "name" text not null, "price" numeric not null, "raw_price" jsonb not null, "currency_code" text not null, "interval" text check ("interval" in ('day', 'week', 'month', 'year')) not null default 'month', "trial_days" integer not null default 0, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "subscription_plan_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_subscription_plan_code_unique" ON "subscription_plan" ("code") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_subscription_plan_deleted_at" ON "subscription_plan" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "subscription" ("id" text not null, "customer_id" text not null, "status" text check ("status" in ('trialing', 'active', 'past_due', 'cancelled')) not null default 'active', "current_period_end" timestamptz null, "cancelled_at" timestamptz null, "plan_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "subscription_pkey" primary key ("id"));`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_subscription_plan_id" ON "subscription" ("plan_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_subscription_deleted_at" ON "subscription" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_subscription_customer_id_status" ON "subscription" ("customer_id", "status") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "subscription" drop constraint if exists "subscription_plan_id_foreign";`);
    this.addSql(`alter table if exists "subscription" add constraint "subscription_plan_id_foreign" foreign key ("plan_id") references "subscription_plan" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "subscription" drop constraint if exists "subscription_plan_id_foreign";`);
    for (const table of ["subscription", "subscription_plan"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
