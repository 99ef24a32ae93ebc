import { model } from "@medusajs/framework/utils"
import LoyaltyTier from "./loyalty-tier"

const LoyaltyPerk = model
  .define("loyalty_perk", {
    id: model.id({ prefix: "lperk" }).primaryKey(),
    code: model.text().unique(),
    discount: model.float().nullable(),
    tiers: model.manyToMany(() => LoyaltyTier, { mappedBy: "perks" }),
  })

export default LoyaltyPerk
