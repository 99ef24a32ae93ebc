import { model } from "@medusajs/framework/utils"
import GiftCardBatch from "./gift-card-batch"

const GiftCardCode = model
  .define("gift_card_code", {
    id: model.id({ prefix: "gcc" }).primaryKey(),
    code: model.text().unique(),
    value: model.bigNumber(),
    balance: model.bigNumber(),
    currency_code: model.text(),
    is_disabled: model.boolean().default(false),
    batch: model.belongsTo(() => GiftCardBatch, { mappedBy: "codes" }).nullable(),
  })

export default GiftCardCode
