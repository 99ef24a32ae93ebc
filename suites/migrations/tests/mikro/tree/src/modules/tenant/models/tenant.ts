import { model } from "@medusajs/framework/utils"
import TenantSetting from "./tenant-setting"

const Tenant = model
  .define("tenant", {
    id: model.id({ prefix: "ten" }).primaryKey(),
    name: model.text(),
    slug: model.text().unique(),
    domain: model.text().nullable(),
    status: model.enum(["active", "suspended", "closed"]).default("active"),
    locale: model.text().default("ar"),
    timezone: model.text().default("Asia/Riyadh"),
    metadata: model.json().nullable(),
    settings: model.hasMany(() => TenantSetting, { mappedBy: "tenant" }),
  })

export default Tenant
