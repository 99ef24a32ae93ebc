import { Migration } from "@medusajs/framework/mikro-orm/migrations";

const TABLE = "notification_log";

/** A mail that was sent may still bounce. */
export class Migration20250826120000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" drop constraint if exists "notification_log_status_check";`);
    this.addSql(`alter table if exists "${TABLE}" add constraint "notification_log_status_check" check("status" in ('queued', 'sent', 'failed', 'bounced'));`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "${TABLE}" drop constraint if exists "notification_log_status_check";`);
    this.addSql(`update "${TABLE}" set "status" = 'queued' where "status" in ('bounced');`);
    this.addSql(`alter table if exists "${TABLE}" add constraint "notification_log_status_check" check("status" in ('queued', 'sent', 'failed'));`);
  }
}
