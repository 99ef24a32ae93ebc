export enum AuditAction {
  CREATED = "created",
  UPDATED = "updated",
  DELETED = "deleted",
}
