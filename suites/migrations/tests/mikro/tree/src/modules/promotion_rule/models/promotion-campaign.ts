import { model } from "@medusajs/framework/utils"
import PromotionTarget from "./promotion-target"

const PromotionCampaign = model
  .define("promotion_campaign", {
    id: model.id({ prefix: "pcam" }).primaryKey(),
    name: model.text(),
    starts_at: model.dateTime().nullable(),
    ends_at: model.dateTime().nullable(),
    budget: model.bigNumber().nullable(),
    spent: model.bigNumber().default(0),
    targets: model.hasMany(() => PromotionTarget, { mappedBy: "campaign" }),
  })

export default PromotionCampaign
