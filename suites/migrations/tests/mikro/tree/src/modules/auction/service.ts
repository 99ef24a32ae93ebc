import { MedusaService } from "@medusajs/framework/utils"
import Auction from "./models/auction"
import AuctionBid from "./models/auction-bid"

export default class AuctionModuleService extends MedusaService({ Auction, AuctionBid }) {}
