import { MedusaService } from "@medusajs/framework/utils"
import Affiliate from "./models/affiliate"
import AffiliateClick from "./models/affiliate-click"

export default class AffiliateModuleService extends MedusaService({ Affiliate, AffiliateClick }) {}
