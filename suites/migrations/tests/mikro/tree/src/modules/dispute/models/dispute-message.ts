import { model } from "@medusajs/framework/utils"
import Dispute from "./dispute"

const DisputeMessage = model
  .define("dispute_message", {
    id: model.id({ prefix: "dmsg" }).primaryKey(),
    author_id: model.text(),
    body: model.text(),
    attachments: model.array().nullable(),
    dispute: model.belongsTo(() => Dispute, { mappedBy: "messages" }),
  })

export default DisputeMessage
