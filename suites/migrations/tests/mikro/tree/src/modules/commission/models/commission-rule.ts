import { model } from "@medusajs/framework/utils"
import CommissionLine from "./commission-line"

const CommissionRule = model
  .define("commission_rule", {
    id: model.id({ prefix: "crul" }).primaryKey(),
    tenant_id: model.text(),
    name: model.text(),
    type: model.enum(["percentage", "fixed", "tiered"]).default("percentage"),
    rate: model.float().nullable(),
    amount: model.bigNumber().nullable(),
    priority: model.number().default(0),
    conditions: model.json().nullable(),
    lines: model.hasMany(() => CommissionLine, { mappedBy: "rule" }),
  })

export default CommissionRule
