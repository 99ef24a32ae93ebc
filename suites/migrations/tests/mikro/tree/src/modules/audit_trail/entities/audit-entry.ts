import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from "@mikro-orm/core"
import { AuditActor } from "./audit-actor"
import { AuditAction } from "../types"

@Entity({ tableName: "audit_entry" })
@Index({ name: "IDX_audit_entry_entity", properties: ["entity", "entityId"] })
export class AuditEntry {
  @PrimaryKey({ columnType: "text" })
  id!: string

  @Property({ columnType: "text" })
  entity!: string

  @Property({ columnType: "text", fieldName: "entity_id" })
  entityId!: string

  @Enum(() => AuditAction)
  action!: AuditAction

  @Property({ columnType: "jsonb", nullable: true })
  before?: Record<string, unknown> | null

  @Property({ columnType: "jsonb", nullable: true })
  after?: Record<string, unknown> | null

  @ManyToOne(() => AuditActor, { columnType: "text", fieldName: "actor_id", nullable: true, deleteRule: "set null" })
  actor?: AuditActor | null

  @Unique({ name: "audit_entry_hash_unique" })
  @Property({ columnType: "text" })
  hash!: string

  @Property({ columnType: "timestamptz", defaultRaw: "now()" })
  createdAt: Date = new Date()
}
