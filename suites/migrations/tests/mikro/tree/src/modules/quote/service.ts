import { MedusaService } from "@medusajs/framework/utils"
import Quote from "./models/quote"

export default class QuoteModuleService extends MedusaService({ Quote }) {}
