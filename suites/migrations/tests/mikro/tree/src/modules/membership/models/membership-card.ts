import { model } from "@medusajs/framework/utils"
import Membership from "./membership"

const MembershipCard = model
  .define("membership_card", {
    id: model.id({ prefix: "mcar" }).primaryKey(),
    token: model.text().unique(),
    printed_at: model.dateTime().nullable(),
    membership: model.belongsTo(() => Membership, { mappedBy: "card" }),
  })

export default MembershipCard
