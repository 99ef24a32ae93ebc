import { model } from "@medusajs/framework/utils"
import LoyaltyAccount from "./loyalty-account"
import LoyaltyPerk from "./loyalty-perk"

const LoyaltyTier = model
  .define("loyalty_tier", {
    id: model.id({ prefix: "ltier" }).primaryKey(),
    name: model.text(),
    min_points: model.number().default(0),
    benefits: model.json().nullable(),
    accounts: model.hasMany(() => LoyaltyAccount, { mappedBy: "tier" }),
    perks: model.manyToMany(() => LoyaltyPerk, { pivotTable: "loyalty_tier_perk", mappedBy: "tiers" }),
  })

export default LoyaltyTier
