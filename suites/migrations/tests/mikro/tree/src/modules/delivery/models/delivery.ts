import { model } from "@medusajs/framework/utils"
import DeliveryZone from "./delivery-zone"

const Delivery = model
  .define("delivery", {
    id: model.id({ prefix: "deli" }).primaryKey(),
    order_id: model.text(),
    external_id: model.text().nullable(),
    tracking_number: model.text().nullable(),
    status: model.enum(["created", "dispatched", "completed", "returned"]).default("created"),
    dispatched_at: model.dateTime().nullable(),
    delivered_at: model.dateTime().nullable(),
    zone: model.belongsTo(() => DeliveryZone, { mappedBy: "deliveries" }).nullable(),
  })
  .indexes([
    { on: ["order_id"] },
  ])

export default Delivery
