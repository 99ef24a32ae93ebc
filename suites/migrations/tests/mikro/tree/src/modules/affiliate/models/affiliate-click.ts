import { model } from "@medusajs/framework/utils"
import Affiliate from "./affiliate"

const AffiliateClick = model
  .define("affiliate_click", {
    id: model.id({ prefix: "acli" }).primaryKey(),
    landing: model.text(),
    agent: model.text().nullable(),
    order_id: model.text().nullable(),
    affiliate: model.belongsTo(() => Affiliate, { mappedBy: "clicks" }),
  })

export default AffiliateClick
