import { MedusaService } from "@medusajs/framework/utils"
import InsurancePolicy from "./models/insurance-policy"
import InsuranceClaim from "./models/insurance-claim"

export default class InsuranceModuleService extends MedusaService({ InsurancePolicy, InsuranceClaim }) {}
