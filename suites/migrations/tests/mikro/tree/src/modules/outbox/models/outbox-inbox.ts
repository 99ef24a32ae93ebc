import { model } from "@medusajs/framework/utils"

const OutboxInbox = model
  .define("outbox_inbox", {
    id: model.id({ prefix: "oinb" }).primaryKey(),
    handler: model.text(),
    event_id: model.text(),
  })
  .indexes([
    { on: ["handler", "event_id"], unique: true },
  ])

export default OutboxInbox
