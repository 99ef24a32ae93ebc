import { model } from "@medusajs/framework/utils"
import GiftCardCode from "./gift-card-code"

const GiftCardBatch = model
  .define("gift_card_batch", {
    id: model.id({ prefix: "gcb" }).primaryKey(),
    name: model.text(),
    expires_at: model.dateTime().nullable(),
    codes: model.hasMany(() => GiftCardCode, { mappedBy: "batch" }),
  })

export default GiftCardBatch
