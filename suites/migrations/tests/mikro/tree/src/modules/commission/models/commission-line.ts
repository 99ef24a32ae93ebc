import { model } from "@medusajs/framework/utils"
import CommissionRule from "./commission-rule"

const CommissionLine = model
  .define("commission_line", {
    id: model.id({ prefix: "clin" }).primaryKey(),
    order_id: model.text(),
    vendor_id: model.text(),
    base: model.bigNumber(),
    commission: model.bigNumber(),
    settled_at: model.dateTime().nullable(),
    rule: model.belongsTo(() => CommissionRule, { mappedBy: "lines" }).nullable(),
  })
  .indexes([
    { on: ["order_id"] },
    { on: ["vendor_id"] },
  ])

export default CommissionLine
