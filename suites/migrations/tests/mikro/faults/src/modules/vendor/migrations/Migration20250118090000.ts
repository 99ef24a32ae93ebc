import { Migration } from "@medusajs/framework/mikro-orm/migrations";

/** Who works for a vendor is one of our customers. */
export class Migration20250118090000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "vendor_member" add constraint "vendor_member_customer_id_foreign" foreign key ("customer_id") references "customer_profile" ("id") on update cascade on delete cascade;`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "vendor_member" drop constraint if exists "vendor_member_customer_id_foreign";`);
  }
}
