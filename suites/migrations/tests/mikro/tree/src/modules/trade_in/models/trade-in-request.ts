import { model } from "@medusajs/framework/utils"
import TradeInOffer from "./trade-in-offer"

const TradeInRequest = model
  .define("trade_in_request", {
    id: model.id({ prefix: "tir" }).primaryKey(),
    tenant_id: model.text(),
    customer_id: model.text(),
    product_id: model.text(),
    trade_in_number: model.text().unique(),
    condition: model.enum(["new", "good", "fair", "poor"]),
    status: model.enum(["submitted", "evaluated", "approved", "rejected", "completed"]).default("submitted"),
    estimated_value: model.bigNumber().nullable(),
    final_value: model.bigNumber().nullable(),
    offers: model.hasMany(() => TradeInOffer, { mappedBy: "request" }),
  })
  .indexes([
    { on: ["customer_id"] },
  ])

export default TradeInRequest
