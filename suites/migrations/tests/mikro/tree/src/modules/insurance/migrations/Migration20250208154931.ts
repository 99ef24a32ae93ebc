import { Migration } from "@mikro-orm/migrations";

export class Migration20250208154931 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`create table if not exists "insurance_policy" ("id" text not null, "tenant_id" text not null, "customer_id" text not null, "product_id" text not null, "order_id" text null, "policy_number" text not null, "plan_type" text check ("plan_type" in ('basic', 'standard', 'premium')) not null, "coverage_amount" numeric not null, "raw_coverage_amount" jsonb not null, "premium" numeric not null, "raw_premium" jsonb not null, "status" text check ("status" in ('active', 'expired', 'cancelled')) not null default 'active', "starts_at" timestamptz not null, "ends_at" timestamptz not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "insurance_policy_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_insurance_policy_policy_number_unique" ON "insurance_policy" ("policy_number") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_insurance_policy_deleted_at" ON "insurance_policy" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`create table if not exists "insurance_claim" ("id" text not null, "claim_number" text not null, "claim_type" text check ("claim_type" in ('damage', 'theft', 'loss')) not null, "claim_amount" numeric not null, "raw_claim_amount" jsonb not null, "approved_amount" numeric null, "raw_approved_amount" jsonb null, "status" text check ("status" in ('filed', 'approved', 'rejected', 'paid')) not null default 'filed', "evidence" jsonb null, "policy_id" text not null, "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "insurance_claim_pkey" primary key ("id"));`);
    this.addSql(`CREATE UNIQUE INDEX IF NOT EXISTS "IDX_insurance_claim_claim_number_unique" ON "insurance_claim" ("claim_number") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_insurance_claim_policy_id" ON "insurance_claim" ("policy_id") WHERE deleted_at IS NULL;`);
    this.addSql(`CREATE INDEX IF NOT EXISTS "IDX_insurance_claim_deleted_at" ON "insurance_claim" ("deleted_at") WHERE deleted_at IS NULL;`);
    this.addSql(`alter table if exists "insurance_claim" drop constraint if exists "insurance_claim_policy_id_foreign";`);
    this.addSql(`alter table if exists "insurance_claim" add constraint "insurance_claim_policy_id_foreign" foreign key ("policy_id") references "insurance_policy" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "insurance_claim" drop constraint if exists "insurance_claim_policy_id_foreign";`);
    for (const table of ["insurance_claim", "insurance_policy"]) {
      this.addSql(`drop table if exists "${table}" cascade;`);
    }
  }
}
