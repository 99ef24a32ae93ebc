import { model } from "@medusajs/framework/utils"
import InsuranceClaim from "./insurance-claim"

const InsurancePolicy = model
  .define("insurance_policy", {
    id: model.id({ prefix: "ipol" }).primaryKey(),
    tenant_id: model.text(),
    customer_id: model.text(),
    product_id: model.text(),
    order_id: model.text().nullable(),
    policy_number: model.text().unique(),
    plan_type: model.enum(["basic", "standard", "premium"]),
    coverage_amount: model.bigNumber(),
    premium: model.bigNumber(),
    status: model.enum(["active", "expired", "cancelled"]).default("active"),
    starts_at: model.dateTime(),
    ends_at: model.dateTime(),
    claims: model.hasMany(() => InsuranceClaim, { mappedBy: "policy" }),
  })
  .indexes([
    { on: ["customer_id"] },
  ])

export default InsurancePolicy
