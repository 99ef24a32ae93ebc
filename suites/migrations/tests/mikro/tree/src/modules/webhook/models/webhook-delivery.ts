import { model } from "@medusajs/framework/utils"

const WebhookDelivery = model
  .define("webhook_delivery", {
    id: model.id({ prefix: "whd" }).primaryKey(),
    vendor: model.text(),
    external_id: model.text(),
    headers: model.json().nullable(),
    body: model.text(),
    received_at: model.dateTime(),
    applied_at: model.dateTime().nullable(),
  })
  .indexes([
    { on: ["vendor", "external_id"], unique: true },
  ])

export default WebhookDelivery
