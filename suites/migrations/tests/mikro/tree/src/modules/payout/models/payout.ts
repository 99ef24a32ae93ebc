import { model } from "@medusajs/framework/utils"

const Payout = model
  .define("payout", {
    id: model.id({ prefix: "pout" }).primaryKey(),
    vendor_id: model.text(),
    amount: model.bigNumber(),
    fee: model.bigNumber().default(0),
    currency_code: model.text(),
    status: model.enum(["pending", "processing", "paid", "failed"]).default("pending"),
    period_start: model.dateTime(),
    period_end: model.dateTime(),
    paid_at: model.dateTime().nullable(),
    failure_reason: model.text().nullable(),
  })
  .indexes([
    { on: ["vendor_id", "status"] },
  ])

export default Payout
