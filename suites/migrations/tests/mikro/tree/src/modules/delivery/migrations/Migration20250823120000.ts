import { Migration } from "@mikro-orm/migrations";

/** Some parcels come back. */
export class Migration20250823120000 extends Migration {
  override async up(): Promise<void> {
    this.addSql('alter table if exists "delivery" drop constraint if exists "delivery_status_check";');
    this.addSql('alter table if exists "delivery" add constraint "delivery_status_check" check("status" in (\'created\', \'dispatched\', \'completed\', \'returned\'));');
  }

  override async down(): Promise<void> {
    this.addSql('alter table if exists "delivery" drop constraint if exists "delivery_status_check";');
    this.addSql('update "delivery" set "status" = \'created\' where "status" in (\'returned\');');
    this.addSql('alter table if exists "delivery" add constraint "delivery_status_check" check("status" in (\'created\', \'dispatched\', \'completed\'));');
  }
}
