import { Migration } from "@mikro-orm/migrations";

const ENTRY = "audit_entry";
const ACTIONS = ["created", "updated", "deleted"];

export class Migration20250605103000_InitialSetup extends Migration {
  async up(): Promise<void> {
    this.makeActors();
    this.addSql(
      `create table if not exists "${ENTRY}" ("id" text not null, "entity" text not null, "entity_id" text not null, ` +
        `"action" text check ("action" in (${ACTIONS.map((action) => `'${action}'`).join(", ")})) not null, ` +
        '"before" jsonb null, "after" jsonb null, "actor_id" text null, "hash" text not null, ' +
        '"created_at" timestamptz not null default now(), constraint "audit_entry_pkey" primary key ("id"));'
    );
    // The actor may go; what was done stays.
    this.addSql(`
      alter table if exists "${ENTRY}" drop constraint if exists "audit_entry_actor_id_foreign";
      alter table if exists "${ENTRY}" add constraint "audit_entry_actor_id_foreign"
        foreign key ("actor_id") references "audit_actor" ("id") on update cascade on delete set null;
      create index if not exists "IDX_audit_entry_entity" on "${ENTRY}" ("entity", "entity_id");
      create unique index if not exists "audit_entry_hash_unique" on "${ENTRY}" ("hash");
    `);
  }

  private makeActors(): void {
    this.addSql(
      'create table if not exists "audit_actor" ("id" text not null, "name" text not null, ' +
        "\"is_system\" boolean not null default false, constraint \"audit_actor_pkey\" primary key (\"id\"));"
    );
  }

  async down(): Promise<void> {
    [ENTRY, "audit_actor"].forEach((table) => {
      this.addSql(`drop table if exists "${table}" cascade;`);
    });
  }
}
