import { model } from "@medusajs/framework/utils"

const OutboxEvent = model
  .define("outbox_event", {
    id: model.id({ prefix: "oevt" }).primaryKey(),
    topic: model.text(),
    payload: model.json(),
    attempts: model.number().default(0),
    available_at: model.dateTime(),
    processed_at: model.dateTime().nullable(),
    dead_at: model.dateTime().nullable(),
  })
  .indexes([
    { on: ["available_at"] },
  ])

export default OutboxEvent
