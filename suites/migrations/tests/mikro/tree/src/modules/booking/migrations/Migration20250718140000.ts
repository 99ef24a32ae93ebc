import { Migration } from "@mikro-orm/migrations";

/** Guests come, or do not. */
export class Migration20250718140000 extends Migration {
  async up(): Promise<void> {
    this.addSql('alter table if exists "booking" drop constraint if exists "booking_status_check";');
    this.addSql('alter table if exists "booking" add constraint "booking_status_check" check("status" in (\'requested\', \'confirmed\', \'cancelled\', \'completed\', \'no_show\'));');
  }

  async down(): Promise<void> {
    this.addSql('alter table if exists "booking" drop constraint if exists "booking_status_check";');
    this.addSql('update "booking" set "status" = \'requested\' where "status" in (\'completed\', \'no_show\');');
    this.addSql('alter table if exists "booking" add constraint "booking_status_check" check("status" in (\'requested\', \'confirmed\', \'cancelled\'));');
  }
}
