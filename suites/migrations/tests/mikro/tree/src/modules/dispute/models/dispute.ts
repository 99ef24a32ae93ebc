import { model } from "@medusajs/framework/utils"
import DisputeMessage from "./dispute-message"

const Dispute = model
  .define("dispute", {
    id: model.id({ prefix: "disp" }).primaryKey(),
    order_id: model.text(),
    customer_id: model.text(),
    vendor_id: model.text(),
    reason: model.text(),
    status: model.enum(["open", "answered", "resolved", "escalated"]).default("open"),
    refund_amount: model.bigNumber().nullable(),
    messages: model.hasMany(() => DisputeMessage, { mappedBy: "dispute" }),
  })
  .indexes([
    { on: ["vendor_id", "status"] },
  ])

export default Dispute
