import { Migration } from "@mikro-orm/migrations";

/** Mails go out in the customer's language. */
export class Migration20250704110000 extends Migration {
  override async up(): Promise<void> {
    this.addSql('alter table if exists "customer_profile" add column if not exists "language" text not null default \'ar\';');
  }

  override async down(): Promise<void> {
    this.addSql('alter table if exists "customer_profile" drop column if exists "language";');
  }
}
