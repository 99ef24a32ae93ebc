import { MedusaService } from "@medusajs/framework/utils"
import PromotionCampaign from "./models/promotion-campaign"
import PromotionTarget from "./models/promotion-target"

export default class PromotionRuleModuleService extends MedusaService({ PromotionCampaign, PromotionTarget }) {}
