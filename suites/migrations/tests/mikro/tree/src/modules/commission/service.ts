import { MedusaService } from "@medusajs/framework/utils"
import CommissionRule from "./models/commission-rule"
import CommissionLine from "./models/commission-line"

export default class CommissionModuleService extends MedusaService({ CommissionRule, CommissionLine }) {}
