import { MedusaService } from "@medusajs/framework/utils"
import TradeInRequest from "./models/trade-in-request"
import TradeInOffer from "./models/trade-in-offer"

export default class TradeInModuleService extends MedusaService({ TradeInRequest, TradeInOffer }) {}
