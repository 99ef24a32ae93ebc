import { Migration } from "@mikro-orm/migrations";

/** A tenant can be closed, not only suspended. */
export class Migration20250801090000 extends Migration {
  override async up(): Promise<void> {
    this.addSql('alter table if exists "tenant" drop constraint if exists "tenant_status_check";');
    this.addSql('alter table if exists "tenant" add constraint "tenant_status_check" check("status" in (\'active\', \'suspended\', \'closed\'));');
  }

  override async down(): Promise<void> {
    this.addSql('alter table if exists "tenant" drop constraint if exists "tenant_status_check";');
    this.addSql('update "tenant" set "status" = \'active\' where "status" in (\'closed\');');
    this.addSql('alter table if exists "tenant" add constraint "tenant_status_check" check("status" in (\'active\', \'suspended\'));');
  }
}
