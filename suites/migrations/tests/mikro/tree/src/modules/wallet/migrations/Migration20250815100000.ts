import { Migration } from "@mikro-orm/migrations";

/** A wallet can be closed. */
export class Migration20250815100000 extends Migration {
  override async up(): Promise<void> {
    this.addSql(`alter table if exists "wallet" drop constraint if exists "wallet_status_check";`);
    this.addSql(`alter table if exists "wallet" add constraint "wallet_status_check" check("status" in ('active', 'frozen', 'closed'));`);
  }

  override async down(): Promise<void> {
    this.addSql(`alter table if exists "wallet" drop constraint if exists "wallet_status_check";`);
    this.addSql(`update "wallet" set "status" = 'active' where "status" in ('closed');`);
    this.addSql(`alter table if exists "wallet" add constraint "wallet_status_check" check("status" in ('active', 'frozen'));`);
  }
}
