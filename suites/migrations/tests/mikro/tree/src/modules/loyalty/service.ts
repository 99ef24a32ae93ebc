import { MedusaService } from "@medusajs/framework/utils"
import LoyaltyTier from "./models/loyalty-tier"
import LoyaltyPerk from "./models/loyalty-perk"
import LoyaltyAccount from "./models/loyalty-account"

export default class LoyaltyModuleService extends MedusaService({ LoyaltyTier, LoyaltyPerk, LoyaltyAccount }) {}
