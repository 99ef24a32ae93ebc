import { Migration } from "@mikro-orm/migrations";

/** What is done is completed, not merely approved. */
export class Migration20250816093000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "trade_in_request" drop constraint if exists "trade_in_request_status_check";`);
    this.addSql(`alter table if exists "trade_in_request" add constraint "trade_in_request_status_check" check("status" in ('submitted', 'evaluated', 'approved', 'rejected', 'completed'));`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "trade_in_request" drop constraint if exists "trade_in_request_status_check";`);
    this.addSql(`update "trade_in_request" set "status" = 'submitted' where "status" in ('completed');`);
    this.addSql(`alter table if exists "trade_in_request" add constraint "trade_in_request_status_check" check("status" in ('submitted', 'evaluated', 'approved', 'rejected'));`);
  }
}
