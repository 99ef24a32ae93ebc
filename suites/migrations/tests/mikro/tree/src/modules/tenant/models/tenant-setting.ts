import { model } from "@medusajs/framework/utils"
import Tenant from "./tenant"

const TenantSetting = model
  .define("tenant_setting", {
    id: model.id({ prefix: "tset" }).primaryKey(),
    key: model.text(),
    value: model.json().nullable(),
    tenant: model.belongsTo(() => Tenant, { mappedBy: "settings" }),
  })
  .indexes([
    { on: ["tenant_id", "key"], unique: true },
  ])

export default TenantSetting
