import { model } from "@medusajs/framework/utils"
import VendorMember from "./vendor-member"
import VendorOrder from "./vendor-order"

const Vendor = model
  .define("vendor", {
    id: model.id({ prefix: "ven" }).primaryKey(),
    tenant_id: model.text(),
    business_name: model.text(),
    handle: model.text().unique(),
    email: model.text(),
    status: model.enum(["pending", "approved", "rejected", "suspended"]).default("pending"),
    commission_rate: model.float().nullable(),
    approved_at: model.dateTime().nullable(),
    metadata: model.json().nullable(),
    members: model.hasMany(() => VendorMember, { mappedBy: "vendor" }),
    orders: model.hasMany(() => VendorOrder, { mappedBy: "vendor" }),
  })
  .indexes([
    { on: ["tenant_id", "status"] },
  ])

export default Vendor
