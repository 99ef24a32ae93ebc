import { model } from "@medusajs/framework/utils"
import Vendor from "./vendor"

const VendorMember = model
  .define("vendor_member", {
    id: model.id({ prefix: "vmem" }).primaryKey(),
    customer_id: model.text(),
    role: model.enum(["owner", "admin", "staff"]).default("staff"),
    vendor: model.belongsTo(() => Vendor, { mappedBy: "members" }),
  })
  .indexes([
    { on: ["vendor_id", "customer_id"], unique: true },
  ])

export default VendorMember
