import { Migration } from "@medusajs/framework/mikro-orm/migrations";

export class Migration20250305102436 extends Migration {
  async up(): Promise<void> {
    this.addSql('create table if not exists "review" ("id" text not null, "product_id" text not null, "customer_id" text not null, "rating" integer not null, "title" text null, "body" text null, "status" text check ("status" in (\'pending\', \'published\', \'hidden\')) not null default \'pending\', "created_at" timestamptz not null default now(), "updated_at" timestamptz not null default now(), "deleted_at" timestamptz null, constraint "review_pkey" primary key ("id"), constraint "review_rating_check" check (rating between 1 and 5));');
    this.addSql('CREATE INDEX IF NOT EXISTS "IDX_review_deleted_at" ON "review" ("deleted_at") WHERE deleted_at IS NULL;');
    this.addSql('CREATE UNIQUE INDEX IF NOT EXISTS "IDX_review_product_id_customer_id_unique" ON "review" ("product_id", "customer_id") WHERE deleted_at IS NULL;');
  }

  async down(): Promise<void> {
    this.addSql('drop table if exists "review" cascade;');
  }
}
