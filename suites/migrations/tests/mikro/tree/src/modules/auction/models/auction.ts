import { model } from "@medusajs/framework/utils"
import AuctionBid from "./auction-bid"

const Auction = model
  .define("auction", {
    id: model.id({ prefix: "auct" }).primaryKey(),
    product_id: model.text(),
    reserve_price: model.bigNumber().nullable(),
    starts_at: model.dateTime(),
    ends_at: model.dateTime(),
    status: model.enum(["scheduled", "open", "closed", "settled"]).default("scheduled"),
    bids: model.hasMany(() => AuctionBid, { mappedBy: "auction" }),
  })
  .indexes([
    { on: ["ends_at"] },
  ])

export default Auction
