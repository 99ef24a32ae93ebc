import { MedusaService } from "@medusajs/framework/utils"
import Payout from "./models/payout"

export default class PayoutModuleService extends MedusaService({ Payout }) {}
