import { MedusaService } from "@medusajs/framework/utils"
import Warranty from "./models/warranty"

export default class WarrantyModuleService extends MedusaService({ Warranty }) {}
