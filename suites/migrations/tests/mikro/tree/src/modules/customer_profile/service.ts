import { MedusaService } from "@medusajs/framework/utils"
import CustomerProfile from "./models/customer-profile"

export default class CustomerProfileModuleService extends MedusaService({ CustomerProfile }) {}
