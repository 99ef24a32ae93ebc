import { model } from "@medusajs/framework/utils"
import InsurancePolicy from "./insurance-policy"

const InsuranceClaim = model
  .define("insurance_claim", {
    id: model.id({ prefix: "icla" }).primaryKey(),
    claim_number: model.text().unique(),
    claim_type: model.enum(["damage", "theft", "loss"]),
    claim_amount: model.bigNumber(),
    approved_amount: model.bigNumber().nullable(),
    status: model.enum(["filed", "approved", "rejected", "paid"]).default("filed"),
    evidence: model.json().nullable(),
    policy: model.belongsTo(() => InsurancePolicy, { mappedBy: "claims" }),
  })

export default InsuranceClaim
