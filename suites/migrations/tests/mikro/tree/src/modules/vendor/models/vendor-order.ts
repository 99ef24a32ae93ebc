import { model } from "@medusajs/framework/utils"
import Vendor from "./vendor"

const VendorOrder = model
  .define("vendor_order", {
    id: model.id({ prefix: "vord" }).primaryKey(),
    order_id: model.text(),
    total: model.bigNumber(),
    currency_code: model.text(),
    status: model.enum(["pending", "shipped", "delivered", "cancelled"]).default("pending"),
    vendor: model.belongsTo(() => Vendor, { mappedBy: "orders" }),
  })
  .indexes([
    { on: ["order_id"] },
  ])

export default VendorOrder
