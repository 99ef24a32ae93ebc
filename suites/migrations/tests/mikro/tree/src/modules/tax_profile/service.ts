import { MedusaService } from "@medusajs/framework/utils"
import TaxProfile from "./models/tax-profile"

export default class TaxProfileModuleService extends MedusaService({ TaxProfile }) {}
