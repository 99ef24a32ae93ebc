import { model } from "@medusajs/framework/utils"
import Auction from "./auction"

const AuctionBid = model
  .define("auction_bid", {
    id: model.id({ prefix: "abid" }).primaryKey(),
    customer_id: model.text(),
    amount: model.bigNumber(),
    placed_at: model.dateTime(),
    auction: model.belongsTo(() => Auction, { mappedBy: "bids" }),
  })

export default AuctionBid
