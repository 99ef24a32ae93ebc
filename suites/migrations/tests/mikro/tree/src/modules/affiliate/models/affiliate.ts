import { model } from "@medusajs/framework/utils"
import AffiliateClick from "./affiliate-click"

const Affiliate = model
  .define("affiliate", {
    id: model.id({ prefix: "affi" }).primaryKey(),
    customer_id: model.text().unique(),
    code: model.text().unique(),
    rate: model.float().default(5),
    is_active: model.boolean().default(true),
    clicks: model.hasMany(() => AffiliateClick, { mappedBy: "affiliate" }),
  })

export default Affiliate
