import { Entity, PrimaryKey, Property } from "@mikro-orm/core"

@Entity({ tableName: "audit_actor" })
export class AuditActor {
  @PrimaryKey({ columnType: "text" })
  id!: string

  @Property({ columnType: "text" })
  name!: string

  @Property({ type: "boolean", default: false })
  isSystem = false
}
