import { model } from "@medusajs/framework/utils"

const NotificationLog = model
  .define("notification_log", {
    id: model.id({ prefix: "nlog" }).primaryKey(),
    customer_id: model.text().nullable(),
    channel: model.enum(["email", "sms", "push"]),
    template: model.text(),
    receiver: model.text(),
    payload: model.json().nullable(),
    status: model.enum(["queued", "sent", "failed", "bounced"]).default("queued"),
    error: model.text().nullable(),
  })
  .indexes([
    { on: ["status"] },
  ])

export default NotificationLog
