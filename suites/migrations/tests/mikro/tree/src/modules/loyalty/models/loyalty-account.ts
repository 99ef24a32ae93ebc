import { model } from "@medusajs/framework/utils"
import LoyaltyTier from "./loyalty-tier"

const LoyaltyAccount = model
  .define("loyalty_account", {
    id: model.id({ prefix: "lacc" }).primaryKey(),
    customer_id: model.text().unique(),
    points: model.number().default(0),
    tier: model.belongsTo(() => LoyaltyTier, { mappedBy: "accounts" }).nullable(),
  })

export default LoyaltyAccount
