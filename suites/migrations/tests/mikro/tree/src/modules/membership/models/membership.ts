import { model } from "@medusajs/framework/utils"
import MembershipCard from "./membership-card"

const Membership = model
  .define("membership", {
    id: model.id({ prefix: "memb" }).primaryKey(),
    customer_id: model.text(),
    number: model.text().unique(),
    joined_at: model.dateTime(),
    ends_at: model.dateTime().nullable(),
    card: model.hasOne(() => MembershipCard, { mappedBy: "membership" }),
  })

export default Membership
