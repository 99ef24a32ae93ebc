import { model } from "@medusajs/framework/utils"
import TradeInRequest from "./trade-in-request"

const TradeInOffer = model
  .define("trade_in_offer", {
    id: model.id({ prefix: "tio" }).primaryKey(),
    offer_amount: model.bigNumber(),
    credit_type: model.enum(["wallet", "bank"]).default("wallet"),
    expires_at: model.dateTime().nullable(),
    status: model.enum(["open", "accepted", "declined", "expired"]).default("open"),
    request: model.belongsTo(() => TradeInRequest, { mappedBy: "offers" }),
  })

export default TradeInOffer
