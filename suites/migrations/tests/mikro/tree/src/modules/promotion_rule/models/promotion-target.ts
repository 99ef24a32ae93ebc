import { model } from "@medusajs/framework/utils"
import PromotionCampaign from "./promotion-campaign"

const PromotionTarget = model
  .define("promotion_target", {
    id: model.id({ prefix: "ptar" }).primaryKey(),
    kind: model.enum(["vendor", "category", "product"]),
    reference: model.text(),
    campaign: model.belongsTo(() => PromotionCampaign, { mappedBy: "targets" }),
  })
  .indexes([
    { on: ["campaign_id", "kind", "reference"], unique: true },
  ])

export default PromotionTarget
