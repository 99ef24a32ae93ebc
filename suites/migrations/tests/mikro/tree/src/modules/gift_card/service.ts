import { MedusaService } from "@medusajs/framework/utils"
import GiftCardBatch from "./models/gift-card-batch"
import GiftCardCode from "./models/gift-card-code"

export default class GiftCardModuleService extends MedusaService({ GiftCardBatch, GiftCardCode }) {}
